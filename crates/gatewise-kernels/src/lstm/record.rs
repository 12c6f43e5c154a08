//! What the forward pass keeps for the backward pass: 24 bytes for each sample, step and unit.
//!
//! The chunks of samples come one after the other. In a chunk come the times of the input, at each time the blocks of
//! units, as wide as a vector (the last perhaps narrower), in a block the samples, for each sample
//!
//! ```text
//! i [w] │ f [w] │ g [w] │ o [w] │ c [w] │ φ(c) [w]          w units, the width of the block
//! ```
//!
//! so that both passes go through it from one end to the other. With a custom activation the rows z `[T, samples, 4H]`
//! of the chunk follow. `c` is the state after the step. Of a skipped step only `c`, `o` and `φ(c)` have a meaning: o is
//! one and φ(c) is the hidden state that was carried, so that `o ⊙ φ(c)` is h after every step.

use super::Sizes;
use crate::Real;
use crate::activation::Activation;
use crate::simd::lanes;

/// How many numbers of each unit are kept.
pub(super) const KEPT: usize = 6;

/// Where o, c and φ(c) are among them.
pub(super) const O: usize = 3;
pub(super) const C: usize = 4;
pub(super) const PHI_C: usize = 5;

/// How many numbers the forward pass keeps for the backward pass.
pub fn record_len<F: Real>(
    sizes: &Sizes,
    activation: &Activation<F>,
    recurrent_activation: &Activation<F>,
) -> usize {
    let custom = activation.is_custom() || recurrent_activation.is_custom();
    sizes.batch * sizes.steps * row_len(sizes, custom)
}

/// How many numbers are kept of a sample and step.
pub(super) fn row_len(sizes: &Sizes, custom: bool) -> usize {
    sizes.units * if custom { KEPT + 4 } else { KEPT }
}

/// Where the numbers of a chunk of `count` samples lie in its part of the record.
#[derive(Clone, Copy)]
pub(super) struct ChunkRecord {
    pub steps: usize,
    pub units: usize,
    pub lanes: usize,
    pub count: usize,
}

impl ChunkRecord {
    pub fn new(sizes: &Sizes, count: usize) -> Self {
        Self { steps: sizes.steps, units: sizes.units, lanes: lanes(), count }
    }

    /// The first number of the block of units from `unit` of a row, and how wide the block is.
    #[inline(always)]
    pub fn block(self, time: usize, row: usize, unit: usize) -> (usize, usize) {
        let width = self.lanes.min(self.units - unit);
        (KEPT * (self.count * (time * self.units + unit) + row * width), width)
    }

    /// What is kept of the block of units from `unit` of a row, `[6, w]`.
    #[inline(always)]
    pub fn view(self, record: &[f32], time: usize, row: usize, unit: usize) -> BlockView<'_> {
        let (first, width) = self.block(time, row, unit);
        BlockView { numbers: &record[first..][..KEPT * width], width }
    }

    /// The same, to be written.
    #[inline(always)]
    pub fn view_mut(self, record: &mut [f32], time: usize, row: usize, unit: usize) -> (&mut [f32], usize) {
        let (first, width) = self.block(time, row, unit);
        (&mut record[first..][..KEPT * width], width)
    }

    /// Where z of a row starts, with a custom activation.
    pub fn z(self, time: usize, row: usize) -> usize {
        self.count * self.steps * KEPT * self.units + (time * self.count + row) * 4 * self.units
    }
}

/// What is kept of a block of units of one sample and step.
#[derive(Clone, Copy)]
pub(super) struct BlockView<'a> {
    numbers: &'a [f32],
    width: usize,
}

impl<'a> BlockView<'a> {
    /// Number `which` of the six, `[w]`.
    #[inline(always)]
    pub fn part(self, which: usize) -> &'a [f32] {
        &self.numbers[which * self.width..][..self.width]
    }
}
