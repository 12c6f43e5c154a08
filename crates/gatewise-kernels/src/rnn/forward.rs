//! The forward pass: weights into blocks, then each chunk of samples through all steps.
//!
//! What differs from `reference`, and why it may:
//!   1. Samples of a chunk go through a step together, so that weights are read once for many rows; rows do not influence
//!      each other.
//!   2. Units go in blocks of a vector, with the sums of a block in registers; each sum is still one chain in the order of
//!      k, from b + a where both go into it.
//!   3. Activations are polynomials over whole vectors.
//!   4. Where the reset gate comes before the product of g, or an activation needs whole rows, the sums of a step go
//!      through memory; see `rows`.

mod gru;
mod pair;
mod results;
mod rows;
mod run;
mod simple;
mod step;

use std::marker::PhantomData;
use std::ops::Range;

use super::record::RecordLayout;
use super::weights::Weights;
use super::{Inputs, Kind, Layer, Output, Outputs, Sizes, Way};
use crate::recurrent::chunks::{OWN_LINES, Samples, for_all_chunks, forward_chunks, split_wanted, take};
use crate::recurrent::pair::Sharing;
use crate::simd::{lanes, run};
use run::{Call, ChunkRun};
use step::Compute;

/// Results and scratch of consecutive samples.
pub(super) struct ForwardSamples<'a> {
    /// The number of the first sample in the batch.
    first: usize,
    /// `[count, T or 1, H]`
    y: Output<'a, f32>,
    /// `[count, H]`
    h: &'a mut [f32],
    /// Rows of a record.
    record: Option<&'a mut [f32]>,
    layout: RecordLayout,
    /// `[count, scratch_len]`
    scratch: &'a mut [f32],
    scratch_len: usize,
    kind: Kind,
    sizes: Sizes,
}

/// How many numbers of scratch a sample needs: h before and after a step, with dropout x and h for each gate, sums, values, and
/// r ⊙ h.
fn scratch_len(kind: Kind, sizes: &Sizes, has_dropout: bool) -> usize {
    let masked = if has_dropout { kind.gates() * (sizes.features + sizes.units) } else { 0 };
    (3 + 2 * kind.sums()) * sizes.units + masked + OWN_LINES
}

/// See [`forward_workspace_len`](super::forward_workspace_len).
pub(super) fn workspace_len(layer: &Layer<f32>, has_dropout: bool) -> usize {
    Weights::len(layer, lanes()) + samples_len(layer, &layer.sizes, has_dropout)
}

/// How many numbers of scratch [`forward_with`] needs.
pub(super) fn packed_workspace_len(layer: &Layer<f32>, inputs: &Inputs<f32>) -> usize {
    samples_len(layer, &inputs.x.multiplied(&layer.sizes), inputs.has_dropout())
}

/// How many of them are not for the weights, for a layer of these sizes.
fn samples_len(layer: &Layer<f32>, sizes: &Sizes, has_dropout: bool) -> usize {
    sizes.batch * scratch_len(layer.kind, sizes, has_dropout) + pair::scratch_len(layer.kind, sizes)
}

/// Runs the layer over its input; lengths have been checked.
pub(super) fn forward(
    layer: &Layer<f32>,
    inputs: &Inputs<f32>,
    outputs: Outputs<f32>,
    mut workspace: &mut [f32],
) {
    let packed = take(&mut workspace, Weights::len(layer, lanes()));
    let weights = Weights::new(layer, inputs.x, lanes(), packed);
    forward_with(weights, layer, inputs, outputs, workspace);
}

/// The same with weights that are ready.
pub(super) fn forward_with(
    weights: Weights,
    layer: &Layer<f32>,
    inputs: &Inputs<f32>,
    outputs: Outputs<f32>,
    mut workspace: &mut [f32],
) {
    let (kind, sizes) = (layer.kind, layer.sizes);
    let scratch_len = scratch_len(kind, &sizes, inputs.has_dropout());
    let samples = ForwardSamples {
        first: 0,
        y: outputs.y,
        h: outputs.h,
        record: outputs.record,
        layout: layer.record_layout(),
        scratch: take(&mut workspace, sizes.batch * scratch_len),
        scratch_len,
        kind,
        sizes,
    };
    let call = Call { layer, inputs, weights };
    match layer.way() {
        Way::Simple => run_samples::<simple::InTiles>(call, samples, workspace),
        Way::Gru => run_samples::<gru::InBlocks>(call, samples, workspace),
        Way::Rows => run_chunks::<rows::InRows>(call, samples, &|| None),
    }
}

/// Runs all samples, whose steps are computed in the way C, which takes any share of the units: few samples on two threads, if
/// that is quicker.
fn run_samples<C: Compute>(call: Call, samples: ForwardSamples, workspace: &mut [f32]) {
    let has_record = samples.record.is_some();
    let sharing = Sharing::new(pair::work_to_share(call.layer, call.inputs, has_record), has_record);
    match sharing.on_two() {
        Some(work) => pair::run_on_two::<C>(work, call, samples, workspace),
        None => run_chunks::<C>(call, samples, &|| sharing.shares_of_one()),
    }
    sharing.end();
}

/// Runs all chunks, whose steps are computed in the way C, each in these shares of its units.
fn run_chunks<C: Compute>(
    call: Call,
    samples: ForwardSamples,
    shares: &(impl Fn() -> Option<[Range<usize>; 2]> + Sync),
) {
    let has_record = samples.record.is_some();
    // The way back cuts a batch that leaves a record by the sizes alone.
    let sizes = if has_record { samples.sizes } else { call.inputs.x.multiplied(&samples.sizes) };
    let chunks = forward_chunks(&sizes, samples.kind.gates(), has_record);
    let chunks = chunks.balance(call.inputs.mask, samples.sizes.steps);
    for_all_chunks(samples, chunks, &|samples| {
        run(ChunkRun::<C> { call, samples, shares: shares(), pair: None, way: PhantomData })
    });
}

impl Samples for ForwardSamples<'_> {
    fn count(&self) -> usize {
        self.h.len() / self.sizes.units
    }

    fn split_at(self, count: usize) -> (Self, Self) {
        let Self { first, layout, scratch_len, kind, sizes, .. } = self;
        let (upper_y, y) = self.y.split_at(count, &sizes);
        let (upper_h, h) = self.h.split_at_mut(count * sizes.units);
        let (upper_scratch, scratch) = self.scratch.split_at_mut(count * scratch_len);
        let (upper_record, record) = split_wanted(self.record, count * sizes.steps * layout.row_len());
        let lower = Self { first: first + count, y, h, record, layout, scratch, scratch_len, kind, sizes };
        let upper = Self {
            first,
            y: upper_y,
            h: upper_h,
            record: upper_record,
            layout,
            scratch: upper_scratch,
            scratch_len,
            kind,
            sizes,
        };
        (upper, lower)
    }
}
