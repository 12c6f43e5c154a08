//! The backward pass: each chunk of samples from the last step to the first, then the gradients by the weights.
//!
//! What differs from `reference`, and why it may:
//!   1. Samples of a chunk take a step together, as in the forward pass.
//!   2. The gradients by z of a block of steps are kept, and those by the weights are a few large products over the steps
//!      and samples of a block, each sum in a fixed order; where memory allows it, each chunk has sums of its own, which are
//!      then added in the order of the chunks.
//!   3. That by the bias is summed in each chunk as the steps are taken, and then over the chunks in order.

mod by_blocks;
mod carried;
mod pointwise;
mod whole_rows;

use super::record::{KEPT, recorded_work};
use super::{GATES, Gradients, Inputs, Layer, OutputGradients, Sizes};
use crate::matmul::Panels;
use crate::recurrent::backward::emitted::Emitted;
use crate::recurrent::backward::kept::GateGradients;
use crate::recurrent::backward::parts;
use crate::recurrent::backward::samples::{self, BackwardSamples, OfSamples, OfWeights};
use crate::recurrent::backward::{Chain, Layout, Operand, Product, Sequences, pack_transposed};
use crate::recurrent::chunks::{OWN_LINES, recorded_chunks, take};
use crate::recurrent::operand::is_zero;
use crate::simd::lanes;
use carried::Call;

/// All gates take x and h.
const CHAINS: &[Chain] = &[Chain { sum: 0, gate: 0, count: GATES }];

/// A slot has the gates of a vector of units.
const LAYOUT: Layout = Layout {
    gates: GATES,
    vectors_of_units: 1,
    recorded: KEPT,
    products: &[
        Product { operand: Operand::X, chains: CHAINS },
        Product { operand: Operand::H, chains: CHAINS },
    ],
};

/// How many numbers of scratch a sample needs: the gradients by the bias, h, c and the output carried back, those by the
/// parts of a step and by its z, and values and slopes of the gates; and what two threads need that may share the units.
fn scratch_len(kept: GateGradients, has_d_x: bool) -> usize {
    let of_pair = parts::scratch_len(kept, has_d_x);
    kept.slots_len() + (7 + whole_rows::SCRATCH) * kept.sizes.units + of_pair + OWN_LINES
}

/// How many numbers the transposed weights take: W is only needed for the gradient by x.
fn transposed_len(sizes: &Sizes, has_d_x: bool) -> [usize; 2] {
    [if has_d_x { sizes.features } else { 0 }, sizes.units]
        .map(|n| 4 * sizes.units * Panels { n, lanes: lanes() }.padded())
}

/// See [`backward_workspace_len`](super::backward_workspace_len).
pub(super) fn workspace_len(sizes: &Sizes, has_dropout: bool, has_d_x: bool) -> usize {
    let chunks = recorded_chunks(sizes, GATES);
    let samples_len =
        samples::roomy_workspace_len(sizes, LAYOUT, chunks, has_dropout, |kept| scratch_len(kept, has_d_x));
    transposed_len(sizes, has_d_x).iter().sum::<usize>() + samples_len
}

/// Writes the gradients; lengths have been checked.
pub(super) fn backward(
    layer: &Layer<f32>,
    inputs: &Inputs<f32>,
    record: &[f32],
    d_outputs: &OutputGradients<f32>,
    gradients: Gradients<f32>,
    mut workspace: &mut [f32],
) {
    let sizes = layer.sizes;
    let sequences = Sequences {
        sizes,
        go_backwards: layer.go_backwards,
        x: inputs.x,
        mask: inputs.mask,
        dropout: inputs.dropout,
        recurrent_dropout: inputs.recurrent_dropout,
        starts_from_zero: is_zero(inputs.h0),
    };
    let Gradients { d_x, d_kernel, d_recurrent_kernel, d_bias, d_h0, d_c0 } = gradients;
    let transposed_len = transposed_len(&sizes, d_x.is_some());
    let [kernel, recurrent_kernel] = transposed_len.map(|len| take(&mut workspace, len));
    if d_x.is_some() {
        pack_transposed(layer.kernel, sizes.features, 4 * sizes.units, kernel);
    }
    pack_transposed(layer.recurrent_kernel, sizes.units, 4 * sizes.units, recurrent_kernel);
    let emitted = Emitted { sequences, d_y: d_outputs.d_y, zero_output_for_mask: layer.zero_output_for_mask };
    let (has_d_x, has_d_h0) = (d_x.is_some(), d_h0.is_some());
    let call =
        Call { layer, inputs, sequences, emitted, record, d_outputs, kernel, recurrent_kernel, has_d_h0 };
    let chunks = recorded_chunks(&sizes, GATES).balance(inputs.mask, sizes.steps);
    let kept = GateGradients::new(&sequences, LAYOUT, chunks);
    let samples =
        BackwardSamples::new(kept, scratch_len(kept, has_d_x), OfSamples { d_x, d_h0, d_c0 }, workspace);
    let gradients = OfWeights { d_kernel, d_recurrent_kernel, d_bias: [d_bias, None] };
    let work = recorded_work(layer, inputs);
    samples.run(sequences, gradients, &|samples, steps| {
        parts::run_steps(call, sequences, work.as_ref(), samples, steps)
    });
}
