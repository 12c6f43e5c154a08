//! The backward pass: each chunk of samples from the last step to the first, then the gradients by the weights.
//!
//! What differs from `reference`, and why it may:
//!   1. Samples of a chunk take a step together, as in the forward pass.
//!   2. The gradients by z of a block of steps are kept, and those by the weights are a few large products over the steps
//!      and samples of a block, each sum in a fixed order; where memory allows it, each chunk has sums of its own, which are
//!      then added in the order of the chunks.
//!   3. That by the bias is summed in each chunk as the steps are taken, and then over the chunks in order.

mod by_blocks;
mod kept;
mod operand;
mod pointwise;
mod products;
mod run;
mod sums;
mod time_blocks;
mod weights;
mod whole_rows;

use super::{Gradients, Inputs, Layer, OutputGradients, Sizes};
use crate::matmul::{Matrix, Panels};
use crate::recurrent::chunks::{OWN_LINES, Samples, for_chunks, own_lines, split_wanted, take};
use crate::simd::{lanes, run};
use kept::GateGradients;
use run::{Call, ChunkRun};
use weights::WeightProducts;

/// Results and scratch of consecutive samples.
pub(super) struct BackwardSamples<'a> {
    /// The number of the first sample in the batch.
    first: usize,
    count: usize,
    /// `[count, T, F]`
    d_x: Option<&'a mut [f32]>,
    /// `[count, H]`
    d_h0: Option<&'a mut [f32]>,
    /// `[count, H]`
    d_c0: Option<&'a mut [f32]>,
    /// Chunks of [`GateGradients`].
    d_z: &'a mut [f32],
    /// The hidden states before the steps, in the same slots.
    previous_h: &'a mut [f32],
    /// The gradients by the weights, as `sums.rs` describes, and what their left operand is collected in: for each chunk,
    /// where [chunks have their own](GateGradients::has_own_sums).
    sums: &'a mut [f32],
    operands: &'a mut [f32],
    /// `[count, scratch_len]`, with the gradient by the bias `[blocks][4][lanes]` at the start of the [own
    /// lines](own_lines) of each chunk.
    scratch: &'a mut [f32],
    kept: GateGradients,
}

/// How many numbers of scratch a sample needs: the gradients by the bias, h, c and the output carried back, those by the
/// parts of a step and by its z, and values and slopes of the gates.
fn scratch_len(kept: GateGradients) -> usize {
    4 * kept.padded_units() + (7 + whole_rows::SCRATCH) * kept.sizes.units + OWN_LINES
}

/// The lengths of the parts of the scratch.
struct Parts {
    transposed_kernel: usize,
    transposed_recurrent_kernel: usize,
    d_z: usize,
    previous_h: usize,
    sums: usize,
    operands: usize,
    samples: usize,
}

impl Parts {
    fn new(kept: GateGradients) -> Self {
        let Sizes { batch, features, units, .. } = kept.sizes;
        let padded = |n| Panels { n, lanes: kept.lanes }.padded();
        Self {
            transposed_kernel: 4 * units * padded(features),
            transposed_recurrent_kernel: 4 * units * padded(units),
            d_z: kept.len(batch),
            previous_h: kept.h_len(batch),
            sums: kept.sums_len(batch),
            operands: weights::operands_len(kept, batch),
            samples: batch * scratch_len(kept),
        }
    }
}

/// See [`backward_workspace_len`](super::backward_workspace_len).
pub(super) fn workspace_len(sizes: &Sizes) -> usize {
    let Parts { transposed_kernel, transposed_recurrent_kernel, d_z, previous_h, sums, operands, samples } =
        Parts::new(GateGradients::roomy(sizes));
    transposed_kernel + transposed_recurrent_kernel + d_z + previous_h + sums + operands + samples
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
    let kept = GateGradients::new(&sizes, inputs);
    let parts = Parts::new(kept);
    let Gradients { d_x, d_kernel, d_recurrent_kernel, d_bias, d_h0, d_c0 } = gradients;
    let kernel = take(&mut workspace, parts.transposed_kernel);
    let recurrent_kernel = take(&mut workspace, parts.transposed_recurrent_kernel);
    let d_z = take(&mut workspace, parts.d_z);
    let previous_h = take(&mut workspace, parts.previous_h);
    let sums = take(&mut workspace, parts.sums);
    let operands = take(&mut workspace, parts.operands);
    let scratch = take(&mut workspace, parts.samples);
    if d_x.is_some() {
        pack_transposed(layer.kernel, sizes.features, sizes.units, kernel);
    }
    pack_transposed(layer.recurrent_kernel, sizes.units, sizes.units, recurrent_kernel);
    let call = Call { layer, inputs, record, d_outputs, kernel, recurrent_kernel };
    let mut samples = BackwardSamples {
        first: 0,
        count: sizes.batch,
        d_x,
        d_h0,
        d_c0,
        d_z,
        previous_h,
        sums,
        operands,
        scratch,
        kept,
    };
    let wanted = [d_kernel.is_some(), d_recurrent_kernel.is_some()];
    match kept.has_own_sums() {
        true => run_by_chunks(call, samples.reborrow(), wanted),
        false => run_by_steps(call, samples.reborrow(), wanted),
    }
    sums::add_up(kept, samples.sums, [d_kernel, d_recurrent_kernel]);
    if let Some(d_bias) = d_bias {
        add_chunks(&kept, samples.scratch, d_bias);
    }
}

/// All steps and products of each chunk.
fn run_by_chunks(call: Call, samples: BackwardSamples, wanted: [bool; 2]) {
    let kept = samples.kept;
    for_chunks(samples, kept.chunk_len, &|mut samples: BackwardSamples| {
        samples.sums.fill(0.0);
        for steps in time_blocks::blocks(call.layer.sizes.steps, kept.steps) {
            run(ChunkRun { call, samples: samples.reborrow(), steps: steps.clone() });
            let (products, operands, sums) = samples.products(&call);
            products.run_chunk(&steps, operands, sums, wanted);
        }
    });
}

/// A block of steps of all chunks, and then its products, which are shared by rows of the weights.
fn run_by_steps(call: Call, mut samples: BackwardSamples, wanted: [bool; 2]) {
    let kept = samples.kept;
    samples.sums.fill(0.0);
    for steps in time_blocks::blocks(call.layer.sizes.steps, kept.steps) {
        let run_chunk = |samples| run(ChunkRun { call, samples, steps: steps.clone() });
        for_chunks(samples.reborrow(), kept.chunk_len, &run_chunk);
        let (products, operands, sums) = samples.products(&call);
        products.run(&steps, operands, sums, wanted);
    }
}

/// Packs `weights` `[rows, 4H]` as the right operand `[4H, rows]`.
fn pack_transposed(weights: &[f32], rows: usize, units: usize, to: &mut [f32]) {
    let turned = Matrix { data: weights, row_stride: 1, column_stride: 4 * units };
    Panels { n: rows, lanes: lanes() }.pack(turned, 4 * units, to);
}

/// Writes the sum of what the chunks left for the bias to `d_bias` `[4H]`.
fn add_chunks(kept: &GateGradients, scratch: &mut [f32], d_bias: &mut [f32]) {
    d_bias.fill(0.0);
    for first in (0..kept.sizes.batch).step_by(kept.chunk_len) {
        let count = kept.chunk_len.min(kept.sizes.batch - first);
        let chunk = own_lines(&mut scratch[first * scratch_len(*kept)..][..count * scratch_len(*kept)]);
        for (gate, d_bias) in d_bias.chunks_exact_mut(kept.sizes.units).enumerate() {
            for (to, block) in d_bias.chunks_mut(kept.lanes).zip(chunk.chunks_exact(kept.slot_len())) {
                let from = &block[gate * kept.lanes..];
                to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
            }
        }
    }
}

impl BackwardSamples<'_> {
    /// The products of what the samples have left, with scratch and the sums that they add to.
    fn products<'a>(&'a mut self, call: &Call<'a>) -> (WeightProducts<'a>, &'a mut [f32], &'a mut [f32]) {
        let Call { layer, inputs, .. } = *call;
        let products = WeightProducts {
            layer,
            inputs,
            kept: self.kept,
            samples: (self.first, self.count),
            d_z: self.d_z,
            previous_h: self.previous_h,
        };
        (products, self.operands, self.sums)
    }

    /// The same for a while.
    fn reborrow(&mut self) -> BackwardSamples<'_> {
        BackwardSamples {
            d_x: self.d_x.as_deref_mut(),
            d_h0: self.d_h0.as_deref_mut(),
            d_c0: self.d_c0.as_deref_mut(),
            d_z: self.d_z,
            previous_h: self.previous_h,
            sums: self.sums,
            operands: self.operands,
            scratch: self.scratch,
            ..*self
        }
    }
}

impl Samples for BackwardSamples<'_> {
    fn count(&self) -> usize {
        self.count
    }

    fn split_at(self, count: usize) -> (Self, Self) {
        let Sizes { steps, features, units, .. } = self.kept.sizes;
        let (upper_d_x, d_x) = split_wanted(self.d_x, count * steps * features);
        let (upper_d_h0, d_h0) = split_wanted(self.d_h0, count * units);
        let (upper_d_c0, d_c0) = split_wanted(self.d_c0, count * units);
        let (upper_d_z, d_z) = self.d_z.split_at_mut(self.kept.len(count));
        let (upper_h, previous_h) = self.previous_h.split_at_mut(self.kept.h_len(count));
        let [own_sums, own_operands] = match self.kept.has_own_sums() {
            true => [self.kept.sums_len(count), weights::operands_len(self.kept, count)],
            false => [0, 0],
        };
        let (upper_sums, sums) = self.sums.split_at_mut(own_sums);
        let (upper_operands, operands) = self.operands.split_at_mut(own_operands);
        let (upper_scratch, scratch) = self.scratch.split_at_mut(count * scratch_len(self.kept));
        let lower = Self {
            first: self.first + count,
            count: self.count - count,
            d_x,
            d_h0,
            d_c0,
            d_z,
            previous_h,
            sums,
            operands,
            scratch,
            kept: self.kept,
        };
        let upper = Self {
            first: self.first,
            count,
            d_x: upper_d_x,
            d_h0: upper_d_h0,
            d_c0: upper_d_c0,
            d_z: upper_d_z,
            previous_h: upper_h,
            sums: upper_sums,
            operands: upper_operands,
            scratch: upper_scratch,
            kept: self.kept,
        };
        (upper, lower)
    }
}
