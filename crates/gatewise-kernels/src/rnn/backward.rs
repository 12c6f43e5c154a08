//! The backward pass: each chunk of samples from the last step to the first, then the gradients by the weights.
//!
//! What differs from `reference`, and why it may:
//!   1. Samples of a chunk take a step together, as in the forward pass.
//!   2. The gradients by the sums of a block of steps are kept, and those by the weights are a few large products over the
//!      steps and samples of a block, each sum in a fixed order; where memory allows it, each chunk has sums of its own,
//!      which are then added in the order of the chunks.
//!   3. That by the bias is summed in each chunk as the steps are taken, and then over the chunks in order.

mod by_blocks;
mod by_rows;
mod carried;
mod keep;
mod layout;
mod pointwise;
mod reset;

use super::record::{History, recorded_work};
use super::{Gradients, Inputs, Kind, Layer, OutputGradients, Sizes};
use crate::matmul::Panels;
use crate::recurrent::backward::emitted::Emitted;
use crate::recurrent::backward::kept::GateGradients;
use crate::recurrent::backward::parts;
use crate::recurrent::backward::samples::{self, BackwardSamples, OfSamples, OfWeights};
use crate::recurrent::backward::{Sequences, pack_transposed};
use crate::recurrent::chunks::{OWN_LINES, recorded_chunks, take};
use crate::recurrent::operand::is_zero;
use crate::simd::lanes;
use carried::Call;
use layout::layout;

/// How many numbers of scratch a sample needs: the gradients by the bias, by h, by the output carried back, by r ⊙ h and by
/// the sums of a step; and what two threads need that may share the units.
fn scratch_len(kept: GateGradients, has_d_x: bool) -> usize {
    let of_pair = parts::scratch_len(kept, has_d_x);
    kept.slots_len() + (3 + 4) * kept.sizes.units + of_pair + OWN_LINES
}

/// How many numbers the transposed weights take: W is only needed for the gradient by x.
fn transposed_len(kind: Kind, sizes: &Sizes, has_d_x: bool) -> [usize; 2] {
    let columns = kind.gates() * sizes.units;
    [if has_d_x { sizes.features } else { 0 }, sizes.units]
        .map(|n| columns * Panels { n, lanes: lanes() }.padded())
}

/// See [`backward_workspace_len`](super::backward_workspace_len).
pub(super) fn workspace_len(kind: Kind, sizes: &Sizes, has_dropout: bool, has_d_x: bool) -> usize {
    let chunks = recorded_chunks(sizes, kind.gates());
    let samples_len = samples::roomy_workspace_len(sizes, layout(kind), chunks, has_dropout, |kept| {
        scratch_len(kept, has_d_x)
    });
    transposed_len(kind, sizes, has_d_x).iter().sum::<usize>() + samples_len
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
    let (kind, sizes) = (layer.kind, layer.sizes);
    let sequences = Sequences {
        sizes,
        go_backwards: layer.go_backwards,
        x: inputs.x,
        mask: inputs.mask,
        dropout: inputs.dropout,
        recurrent_dropout: inputs.recurrent_dropout,
        starts_from_zero: is_zero(inputs.h0),
    };
    let Gradients { d_x, d_kernel, d_recurrent_kernel, d_bias, d_h0 } = gradients;
    let transposed_len = transposed_len(kind, &sizes, d_x.is_some());
    let [kernel, recurrent_kernel] = transposed_len.map(|len| take(&mut workspace, len));
    let columns = kind.gates() * sizes.units;
    if d_x.is_some() {
        pack_transposed(layer.kernel, sizes.features, columns, kernel);
    }
    pack_transposed(layer.recurrent_kernel, sizes.units, columns, recurrent_kernel);
    let history = History::new(layer, inputs, record);
    let emitted = Emitted { sequences, d_y: d_outputs.d_y, zero_output_for_mask: layer.zero_output_for_mask };
    let (has_d_x, has_d_h0) = (d_x.is_some(), d_h0.is_some());
    let call = Call { layer, sequences, emitted, history, d_outputs, kernel, recurrent_kernel, has_d_h0 };
    let chunks = recorded_chunks(&sizes, kind.gates()).balance(inputs.mask, sizes.steps);
    let kept = GateGradients::new(&sequences, layout(kind), chunks);
    let d_c0 = None;
    let scratch_len = scratch_len(kept, has_d_x);
    let samples = BackwardSamples::new(kept, scratch_len, OfSamples { d_x, d_h0, d_c0 }, workspace);
    // b, and a if there is one.
    let d_bias = match d_bias {
        Some(d_bias) if kind == Kind::ResetAfter => {
            let (d_b, d_a) = d_bias.split_at_mut(columns);
            [Some(d_b), Some(d_a)]
        }
        d_b => [d_b, None],
    };
    let gradients = OfWeights { d_kernel, d_recurrent_kernel, d_bias };
    let work = recorded_work(layer, inputs);
    samples.run(sequences, gradients, &|samples, steps| {
        parts::run_steps(call, sequences, work.as_ref(), samples, steps)
    });
}
