//! The backward pass: each chunk of samples from the last step to the first, then the gradients by the weights.
//!
//! What differs from `reference`, and why it may:
//!   1. Samples of a chunk take a step together, as in the forward pass.
//!   2. The gradients by z of all steps are kept, and those by the weights are a few large products over all
//!      steps and samples, each sum in the order of the record.
//!   3. That by the bias is summed in each chunk as the steps are taken, and then over the chunks in order.

mod pointwise;
mod products;
mod run;
mod weights;

use super::chunks::{Samples, chunk_len, for_chunks, take};
use super::{Gradients, Inputs, Layer, OutputGradients, Sizes};
use crate::matmul::{Matrix, Panels};
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
    /// `[count, H]`
    d_c0: Option<&'a mut [f32]>,
    /// A chunk of [`GateGradients`].
    d_z: &'a mut [f32],
    /// `[count, scratch_len]`, with the gradient by the bias `[4H]` at the start of each chunk.
    scratch: &'a mut [f32],
    kept: GateGradients,
}

/// How the gradients by z of all steps are kept: for each chunk of samples and each gate the [`Panels`] of a right
/// operand `[T · samples of the chunk, H]`, in the order of the record.
#[derive(Clone, Copy)]
pub(super) struct GateGradients {
    pub sizes: Sizes,
    pub chunk_len: usize,
    pub lanes: usize,
}

impl GateGradients {
    pub fn columns(self) -> Panels {
        Panels { n: self.sizes.units, lanes: self.lanes }
    }

    /// How many numbers one gate of `count` samples takes.
    pub fn gate_len(self, count: usize) -> usize {
        count * self.sizes.steps * self.columns().padded()
    }
}

/// How many numbers of scratch a sample needs: the gradients by the bias, z, h, c and the output carried back,
/// a row, and a row of a product.
fn scratch_len(sizes: &Sizes) -> usize {
    12 * sizes.units + sizes.units.max(sizes.features)
}

/// The lengths of the parts of the scratch.
struct Parts {
    transposed_kernel: usize,
    transposed_recurrent_kernel: usize,
    d_z: usize,
    samples: usize,
}

impl Parts {
    fn new(sizes: &Sizes) -> Self {
        let lanes = lanes();
        let Sizes { batch, steps, features, units } = *sizes;
        let padded = |n| Panels { n, lanes }.padded();
        Self {
            transposed_kernel: 4 * units * padded(features),
            transposed_recurrent_kernel: 4 * units * padded(units),
            d_z: batch * steps * 4 * padded(units),
            samples: batch * scratch_len(sizes),
        }
    }
}

/// See [`backward_workspace_len`](super::backward_workspace_len).
pub(super) fn workspace_len(sizes: &Sizes) -> usize {
    let Parts { transposed_kernel, transposed_recurrent_kernel, d_z, samples } = Parts::new(sizes);
    transposed_kernel + transposed_recurrent_kernel + d_z + samples
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
    let parts = Parts::new(&sizes);
    let Gradients { d_x, d_kernel, d_recurrent_kernel, d_bias, d_h0, d_c0 } = gradients;
    let kernel = take(&mut workspace, parts.transposed_kernel);
    let recurrent_kernel = take(&mut workspace, parts.transposed_recurrent_kernel);
    let d_z = take(&mut workspace, parts.d_z);
    let scratch = take(&mut workspace, parts.samples);
    if d_x.is_some() {
        pack_transposed(layer.kernel, sizes.features, sizes.units, kernel);
    }
    pack_transposed(layer.recurrent_kernel, sizes.units, sizes.units, recurrent_kernel);

    let kept = GateGradients { sizes, chunk_len: chunk_len(&sizes), lanes: lanes() };
    let call = Call { layer, inputs, record, d_outputs, kernel, recurrent_kernel };
    let samples = BackwardSamples {
        first: 0,
        count: sizes.batch,
        d_x,
        d_h0,
        d_c0,
        d_z: &mut *d_z,
        scratch: &mut *scratch,
        kept,
    };
    for_chunks(samples, kept.chunk_len, &|samples| run(ChunkRun { call, samples }));
    if let Some(d_bias) = d_bias {
        add_chunks(&kept, scratch, d_bias);
    }
    let products = WeightProducts { inputs, record, layout: layer.record_layout(), kept, d_z };
    products.run(d_kernel, d_recurrent_kernel);
}

/// Packs `weights` `[rows, 4H]` as the right operand `[4H, rows]`.
fn pack_transposed(weights: &[f32], rows: usize, units: usize, to: &mut [f32]) {
    let turned = Matrix { data: weights, row_stride: 1, column_stride: 4 * units };
    Panels { n: rows, lanes: lanes() }.pack(turned, 4 * units, to);
}

/// Writes the sum of what the chunks left for the bias to `d_bias` `[4H]`.
fn add_chunks(kept: &GateGradients, scratch: &[f32], d_bias: &mut [f32]) {
    d_bias.fill(0.0);
    for first in (0..kept.sizes.batch).step_by(kept.chunk_len) {
        let chunk = &scratch[first * scratch_len(&kept.sizes)..][..d_bias.len()];
        d_bias.iter_mut().zip(chunk).for_each(|(d_bias, chunk)| *d_bias += chunk);
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
        let (upper_d_z, d_z) = self.d_z.split_at_mut(4 * self.kept.gate_len(count));
        let (upper_scratch, scratch) = self.scratch.split_at_mut(count * scratch_len(&self.kept.sizes));
        let lower = Self {
            first: self.first + count,
            count: self.count - count,
            d_x,
            d_h0,
            d_c0,
            d_z,
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
            scratch: upper_scratch,
            kept: self.kept,
        };
        (upper, lower)
    }
}

type Wanted<'a> = Option<&'a mut [f32]>;

fn split_wanted(slice: Wanted, at: usize) -> (Wanted, Wanted) {
    slice.map(|slice| slice.split_at_mut(at)).unzip()
}
