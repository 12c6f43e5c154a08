//! The forward pass: weights into blocks, then each chunk of samples through all steps.
//!
//! What differs from `reference`, and why it may:
//!   1. Samples of a chunk go through a step together, so that weights are read once for many rows; rows do not
//!      influence each other.
//!   2. Units go in blocks of a vector, with the four gates of a block in registers; each sum of (1) is still one
//!      chain in the order of k.
//!   3. Activations are polynomials over whole vectors.

mod finish;
mod pair;
mod per_gate;
mod run;
mod step;
mod whole_rows;

use super::record::row_len;
use super::tokens::Tokens;
use super::weights::{AnyWeights, PackedWeights, Weights};
use super::{GATES, Inputs, Layer, Output, Outputs, Sizes};
use crate::recurrent::chunks::{OWN_LINES, Samples, for_all_chunks, forward_chunks, take};
use crate::recurrent::pair::Sharing;
use crate::simd::{lanes, run};
use crate::tile::PanelNumber;
use run::{Call, ChunkRun};

/// Results and scratch of consecutive samples.
pub(super) struct ForwardSamples<'a> {
    /// The number of the first sample in the batch.
    first: usize,
    /// `[count, T or 1, H]`
    y: Output<'a, f32>,
    /// `[count, H]`
    h: &'a mut [f32],
    /// `[count, H]`
    c: &'a mut [f32],
    /// As `record.rs` describes, `[count, row_len]`.
    record: Option<&'a mut [f32]>,
    /// How many numbers of the record a sample and step have.
    row_len: usize,
    /// `[count, scratch_len]`
    scratch: &'a mut [f32],
    scratch_len: usize,
    sizes: Sizes,
}

/// How many numbers of scratch a sample needs: h before and after a step, c, with dropout x and h for each gate, and gates, states
/// and z where a step goes over whole rows.
fn scratch_len(sizes: &Sizes, has_dropout: bool) -> usize {
    let masked = if has_dropout { 4 * (sizes.features + sizes.units) } else { 0 };
    (3 + whole_rows::SCRATCH) * sizes.units + masked + OWN_LINES
}

/// See [`forward_workspace_len`](super::forward_workspace_len).
pub(super) fn workspace_len(sizes: &Sizes, has_dropout: bool) -> usize {
    Weights::len(sizes, lanes()) + sizes.batch * scratch_len(sizes, has_dropout) + pair::scratch_len(sizes)
}

/// Runs the layer over its input; lengths have been checked.
pub(super) fn forward(
    layer: &Layer<f32>,
    inputs: &Inputs<f32>,
    outputs: Outputs<f32>,
    mut workspace: &mut [f32],
) {
    let packed = take(&mut workspace, Weights::len(&layer.sizes, lanes()));
    let weights = Weights::new(layer, lanes(), packed);
    forward_with((weights, None), layer, inputs, outputs, workspace);
}

/// The same with weights that were packed before, and with tokens instead of x and the bias if there are any.
pub(super) fn forward_packed(
    packed: &PackedWeights,
    tokens: Option<Tokens>,
    layer: &Layer<f32>,
    inputs: &Inputs<f32>,
    outputs: Outputs<f32>,
    workspace: &mut [f32],
) {
    match packed.weights(&layer.sizes, lanes()) {
        AnyWeights::Float32(weights) => forward_with((weights, tokens), layer, inputs, outputs, workspace),
        AnyWeights::Bfloat16(weights) => forward_with((weights, tokens), layer, inputs, outputs, workspace),
    }
}

/// The same with weights that are ready.
fn forward_with(
    (weights, tokens): (Weights<impl PanelNumber>, Option<Tokens>),
    layer: &Layer<f32>,
    inputs: &Inputs<f32>,
    outputs: Outputs<f32>,
    mut workspace: &mut [f32],
) {
    let sizes = layer.sizes;
    let scratch_len = scratch_len(&sizes, inputs.has_dropout());
    let samples = ForwardSamples {
        first: 0,
        y: outputs.y,
        h: outputs.h,
        c: outputs.c,
        record: outputs.record,
        row_len: row_len(&sizes, &layer.recurrent_activation),
        scratch: take(&mut workspace, sizes.batch * scratch_len),
        scratch_len,
        sizes,
    };
    let call = Call { layer, inputs, weights, tokens };
    let has_record = samples.record.is_some();
    let sharing = Sharing::new(pair::work_to_share(layer, inputs, has_record), has_record);
    match sharing.on_two() {
        Some(work) => pair::run_on_two(work, call, samples, workspace),
        None => {
            let chunks = forward_chunks(&sizes, GATES, has_record).balance(inputs.mask, sizes.steps);
            for_all_chunks(samples, chunks, &|samples| {
                run(ChunkRun { call, samples, shares: sharing.shares_of_one(), pair: None });
            });
        }
    }
    sharing.end();
}

impl Samples for ForwardSamples<'_> {
    fn count(&self) -> usize {
        self.h.len() / self.sizes.units
    }

    fn split_at(self, count: usize) -> (Self, Self) {
        let Self { sizes, row_len, scratch_len, .. } = self;
        let (upper_y, y) = match self.y {
            Output::Last(y) => {
                let (upper, lower) = y.split_at_mut(count * sizes.units);
                (Output::Last(upper), Output::Last(lower))
            }
            Output::Sequence(y) => {
                let (upper, lower) = y.split_at_mut(count * sizes.steps * sizes.units);
                (Output::Sequence(upper), Output::Sequence(lower))
            }
        };
        let (upper_h, h) = self.h.split_at_mut(count * sizes.units);
        let (upper_c, c) = self.c.split_at_mut(count * sizes.units);
        let (upper_scratch, scratch) = self.scratch.split_at_mut(count * scratch_len);
        let record_len = count * sizes.steps * row_len;
        let (upper_record, record) = self.record.map(|record| record.split_at_mut(record_len)).unzip();
        let first = self.first + count;
        let lower = Self { first, y, h, c, record, row_len, scratch, scratch_len, sizes };
        let upper = Self {
            first: self.first,
            y: upper_y,
            h: upper_h,
            c: upper_c,
            record: upper_record,
            row_len,
            scratch: upper_scratch,
            scratch_len,
            sizes,
        };
        (upper, lower)
    }
}
