//! The backward pass: each chunk of samples from the last step to the first, then the gradients by the weights.
//!
//! What differs from `reference`, and why it may:
//!   1. Samples of a chunk take a step together, as in the forward pass.
//!   2. The gradients by the sums of all steps are kept, and those by the weights are a few large products over all steps
//!      and samples, each sum in the order of the record.
//!   3. That by the bias is summed in each chunk as the steps are taken, and then over the chunks in order.

mod pointwise;
mod products;
mod reset;
mod run;
mod weights;

use super::record::History;
use super::{Gradients, Inputs, Kind, Layer, OutputGradients, Sizes, chunk_len};
use crate::matmul::{Matrix, Panels};
use crate::recurrent::GateGradients;
use crate::recurrent::chunks::{OWN_LINES, Samples, for_chunks, own_lines, split_wanted, take};
use crate::simd::{lanes, run};
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
    /// A chunk of [`GateGradients`], one for each sum.
    d_sums: &'a mut [f32],
    /// `[count, scratch_len]`, with the gradients by the sums `[sums, H]` added up at the start of each chunk.
    scratch: &'a mut [f32],
    kind: Kind,
    kept: GateGradients,
}

/// How many numbers of scratch a sample needs: the gradients by sums of all steps and of one, by h and by the output
/// carried back, and a row of a product.
fn scratch_len(kind: Kind, sizes: &Sizes) -> usize {
    (2 * kind.sums() + 2) * sizes.units + sizes.units.max(sizes.features) + OWN_LINES
}

/// The lengths of the parts of the scratch.
struct Parts {
    transposed_kernel: usize,
    transposed_recurrent_kernel: usize,
    d_sums: usize,
    samples: usize,
}

impl Parts {
    fn new(kind: Kind, sizes: &Sizes) -> Self {
        let lanes = lanes();
        let (Sizes { batch, steps, features, units }, gates) = (*sizes, kind.gates());
        let padded = |n| Panels { n, lanes }.padded();
        Self {
            transposed_kernel: gates * units * padded(features),
            transposed_recurrent_kernel: gates * units * padded(units),
            d_sums: batch * steps * kind.sums() * padded(units),
            samples: batch * scratch_len(kind, sizes),
        }
    }
}

/// See [`backward_workspace_len`](super::backward_workspace_len).
pub(super) fn workspace_len(kind: Kind, sizes: &Sizes) -> usize {
    let Parts { transposed_kernel, transposed_recurrent_kernel, d_sums, samples } = Parts::new(kind, sizes);
    transposed_kernel + transposed_recurrent_kernel + d_sums + samples
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
    let parts = Parts::new(kind, &sizes);
    let Gradients { d_x, d_kernel, d_recurrent_kernel, d_bias, d_h0 } = gradients;
    let kernel = take(&mut workspace, parts.transposed_kernel);
    let recurrent_kernel = take(&mut workspace, parts.transposed_recurrent_kernel);
    let d_sums = take(&mut workspace, parts.d_sums);
    let scratch = take(&mut workspace, parts.samples);
    if d_x.is_some() {
        pack_transposed(layer.kernel, sizes.features, kind.gates() * sizes.units, kernel);
    }
    pack_transposed(layer.recurrent_kernel, sizes.units, kind.gates() * sizes.units, recurrent_kernel);

    let kept = GateGradients { sizes, chunk_len: chunk_len(kind, &sizes), lanes: lanes() };
    let history = History::new(layer, inputs, record);
    let call = Call { layer, inputs, history, d_outputs, kernel, recurrent_kernel };
    let samples = BackwardSamples {
        first: 0,
        count: sizes.batch,
        d_x,
        d_h0,
        d_sums: &mut *d_sums,
        scratch: &mut *scratch,
        kind,
        kept,
    };
    for_chunks(samples, kept.chunk_len, &|samples| run(ChunkRun { call, samples }));
    if let Some(d_bias) = d_bias {
        add_chunks(kind, &kept, scratch, d_bias);
    }
    let products = WeightProducts { kind, inputs, history, kept, d_sums };
    products.run(d_kernel, d_recurrent_kernel);
}

/// Packs `weights` `[rows, columns]` as the right operand `[columns, rows]`.
fn pack_transposed(weights: &[f32], rows: usize, columns: usize, to: &mut [f32]) {
    let turned = Matrix { data: weights, row_stride: 1, column_stride: columns };
    Panels { n: rows, lanes: lanes() }.pack(turned, columns, to);
}

/// Writes the sum of what the chunks left for the bias to `d_bias`, b and perhaps a.
fn add_chunks(kind: Kind, kept: &GateGradients, scratch: &mut [f32], d_bias: &mut [f32]) {
    let units = kept.sizes.units;
    d_bias.fill(0.0);
    let (d_b, d_a) = d_bias.split_at_mut(kind.gates() * units);
    for first in (0..kept.sizes.batch).step_by(kept.chunk_len) {
        let len = scratch_len(kind, &kept.sizes);
        let count = kept.chunk_len.min(kept.sizes.batch - first);
        let chunk = &own_lines(&mut scratch[first * len..][..count * len])[..kind.sums() * units];
        d_b.iter_mut().zip(chunk).for_each(|(d_b, chunk)| *d_b += chunk);
        for (d_a, &sum) in d_a.chunks_exact_mut(units).zip(kind.recurrent_sums()) {
            d_a.iter_mut().zip(&chunk[sum * units..]).for_each(|(d_a, chunk)| *d_a += chunk);
        }
    }
}

impl Samples for BackwardSamples<'_> {
    fn count(&self) -> usize {
        self.count
    }

    fn split_at(self, count: usize) -> (Self, Self) {
        let Self { first, kind, kept, .. } = self;
        let Sizes { steps, features, units, .. } = kept.sizes;
        let (upper_d_x, d_x) = split_wanted(self.d_x, count * steps * features);
        let (upper_d_h0, d_h0) = split_wanted(self.d_h0, count * units);
        let (upper_d_sums, d_sums) = self.d_sums.split_at_mut(kind.sums() * kept.gate_len(count));
        let (upper_scratch, scratch) = self.scratch.split_at_mut(count * scratch_len(kind, &kept.sizes));
        let lower =
            Self { first: first + count, count: self.count - count, d_x, d_h0, d_sums, scratch, kind, kept };
        let upper = Self {
            first,
            count,
            d_x: upper_d_x,
            d_h0: upper_d_h0,
            d_sums: upper_d_sums,
            scratch: upper_scratch,
            kind,
            kept,
        };
        (upper, lower)
    }
}
