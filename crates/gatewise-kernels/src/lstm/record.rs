//! What the forward pass keeps for the backward pass: 24 bytes for each sample, step and unit.
//!
//! The chunks of samples come one after the other. In a chunk come the times of the input, at each time the blocks of
//! units, as wide as a vector (the last perhaps narrower), in a block the samples, for each sample
//!
//! ```text
//! i [w] │ f [w] │ g [w] │ o [w] │ c [w] │ φ(c) [w]          w units, the width of the block
//! ```
//!
//! so that both passes go through it from one end to the other. Where two threads may share the units, those of the first one
//! come at all times, and then those of the second. With other activations than the default ones a step goes
//! over whole rows; then at each time of the input come, `[samples, H]` each, the parts
//!
//! ```text
//! i │ f │ g │ o │ c │ φ(c)          and, where the slope of σ needs its argument, z_o
//! ```
//!
//! A gate whose slope needs z has z in the place of i, f or g, whose value the backward pass computes again: as quick as
//! reading it from far memory. Of o it needs both at once, o for the hidden state before the step that follows.
//!
//! `c` is the state after the step. Of a skipped step only `c`, `o` and `φ(c)` have a meaning, if the sample uses the step
//! after it: o is one and φ(c) is the hidden state that was carried, so that `o ⊙ φ(c)` is h before every used step.

use std::ops::Range;

use super::{GATES, Inputs, Layer, Sizes};
use crate::Real;
use crate::activation::Activation;
use crate::recurrent::pair::Work;
use crate::simd::lanes;
use crate::tile::MAX_VECTORS;

/// How many numbers of each unit are kept.
pub(super) const KEPT: usize = 6;

/// Where o, c and φ(c) are among them.
pub(super) const O: usize = 3;
pub(super) const C: usize = 4;
pub(super) const PHI_C: usize = 5;

/// Where the z of o follows, if the slope of σ needs it.
const Z_O: usize = KEPT;

/// Which part of a step that goes over whole rows is z of a gate, if any is.
#[inline(always)]
pub(super) fn place_of_z(layer: &Layer<f32>, gate: usize) -> Option<usize> {
    let part = if gate == O { Z_O } else { gate };
    layer.gate_activation(gate).reads_x().then_some(part)
}

/// How many numbers the forward pass keeps for the backward pass.
pub fn record_len<F: Real>(sizes: &Sizes, recurrent_activation: &Activation<F>) -> usize {
    sizes.batch * sizes.steps * row_len(sizes, recurrent_activation)
}

/// What two threads may share in training, if they may: then the record has a part for the units of each. It does not depend on
/// how many threads there are.
pub(super) fn recorded_work(layer: &Layer<f32>, inputs: &Inputs<f32>) -> Option<Work> {
    let work = Work { sizes: inputs.x.multiplied(&layer.sizes), gates: GATES, block: MAX_VECTORS * lanes() };
    let may_share = layer.has_default_activations() && !inputs.has_dropout();
    (may_share && work.is_worth_waking()).then_some(work)
}

/// How many numbers are kept of a sample and step.
pub(super) fn row_len<F: Real>(sizes: &Sizes, recurrent_activation: &Activation<F>) -> usize {
    sizes.units * if recurrent_activation.reads_x() { KEPT + 1 } else { KEPT }
}

/// Where the numbers of some units of a chunk of `count` samples lie in their part of the record.
#[derive(Clone, Copy)]
pub(super) struct ChunkRecord {
    /// The first unit of the part, and how many it has.
    pub first: usize,
    pub units: usize,
    pub lanes: usize,
    pub count: usize,
    /// Whether a step goes over whole rows.
    pub has_rows: bool,
    /// How many parts there are then.
    pub parts: usize,
}

impl ChunkRecord {
    /// The part of a share of the units: of all, except where two threads may share them.
    pub fn new(layer: &Layer<f32>, count: usize, share: &Range<usize>) -> Self {
        let sizes = &layer.sizes;
        Self {
            first: share.start,
            units: share.len(),
            lanes: lanes(),
            count,
            has_rows: !layer.has_default_activations(),
            parts: row_len(sizes, &layer.recurrent_activation) / sizes.units,
        }
    }

    /// How many numbers all steps take, without whole rows.
    pub fn len(self, steps: usize) -> usize {
        KEPT * self.count * steps * self.units
    }

    /// The first number of the block of units from `unit` of a row, and how wide the block is.
    #[inline(always)]
    pub fn block(self, time: usize, row: usize, unit: usize) -> (usize, usize) {
        let before = unit - self.first;
        let width = self.lanes.min(self.units - before);
        (KEPT * (self.count * (time * self.units + before) + row * width), width)
    }

    /// Part `which` of the rows, where a step goes over whole ones, `[rows, H]`.
    #[inline(always)]
    pub fn rows(self, time: usize, which: usize, rows: Range<usize>) -> Range<usize> {
        let first = (time * self.parts + which) * self.count;
        (first + rows.start) * self.units..(first + rows.end) * self.units
    }

    /// Where part `which` of the units from `unit`, the start of a block, of a row lies.
    #[inline(always)]
    pub fn place(self, time: usize, which: usize, row: usize, unit: usize) -> usize {
        match self.has_rows {
            true => self.rows(time, which, row..row).start + unit,
            false => {
                let (first, width) = self.block(time, row, unit);
                first + which * width
            }
        }
    }
}
