//! What the forward pass keeps for the backward pass.
//!
//! A row for each sample and step, in the order in which the passes go through them: the chunks of samples one
//! after the other, in a chunk the times of the input, at each time the samples of the chunk.
//!
//! ```text
//! gates [4H] │ c [H] │ φ(c) [H] │ previous h [H] │ z [4H]        z only with a custom activation
//! ```
//!
//! `gates` are i, f, g, o; `c` is the state after the step and `previous h` the one before it, without dropout.
//! Of a skipped step only `c` and `previous h` have a meaning.

use super::Sizes;
use super::chunks::chunk_len;
use crate::Real;
use crate::activation::Activation;

/// How many numbers the forward pass keeps for the backward pass.
pub fn record_len<F: Real>(
    sizes: &Sizes,
    activation: &Activation<F>,
    recurrent_activation: &Activation<F>,
) -> usize {
    let custom = activation.is_custom() || recurrent_activation.is_custom();
    sizes.batch * sizes.steps * RecordLayout::new(sizes, custom).row_len()
}

/// Where the rows of a record lie.
#[derive(Clone, Copy)]
pub(crate) struct RecordLayout {
    sizes: Sizes,
    chunk_len: usize,
    custom: bool,
}

impl RecordLayout {
    pub fn new(sizes: &Sizes, custom: bool) -> Self {
        Self { sizes: *sizes, chunk_len: chunk_len(sizes), custom }
    }

    /// How many numbers a row has.
    pub fn row_len(self) -> usize {
        self.sizes.units * if self.custom { 11 } else { 7 }
    }

    /// Where the hidden state before the step lies in a row.
    pub fn previous_h(self) -> usize {
        6 * self.sizes.units
    }

    /// The number of the row of a sample and time.
    pub fn row(self, sample: usize, time: usize) -> usize {
        let first = sample / self.chunk_len * self.chunk_len;
        let count = self.chunk_len.min(self.sizes.batch - first);
        first * self.sizes.steps + time * count + sample - first
    }

    /// The row with number `row`.
    pub fn view<F>(self, record: &[F], row: usize) -> RecordRow<'_, F> {
        let (units, len) = (self.sizes.units, self.row_len());
        let (gates, rest) = record[row * len..][..len].split_at(4 * units);
        let (c, rest) = rest.split_at(units);
        let (phi_c, rest) = rest.split_at(units);
        let (previous_h, z) = rest.split_at(units);
        RecordRow { gates, c, phi_c, previous_h, z }
    }

    /// The row with number `row`, to be written.
    pub fn view_mut<F>(self, record: &mut [F], row: usize) -> RecordRowMut<'_, F> {
        let (units, len) = (self.sizes.units, self.row_len());
        let (gates, rest) = record[row * len..][..len].split_at_mut(4 * units);
        let (c, rest) = rest.split_at_mut(units);
        let (phi_c, rest) = rest.split_at_mut(units);
        let (previous_h, z) = rest.split_at_mut(units);
        RecordRowMut { gates, c, phi_c, previous_h, z }
    }
}

/// What was recorded of a sample and step.
#[derive(Clone, Copy)]
pub(crate) struct RecordRow<'a, F> {
    pub gates: &'a [F],
    pub c: &'a [F],
    pub phi_c: &'a [F],
    pub previous_h: &'a [F],
    /// Empty without a custom activation.
    pub z: &'a [F],
}

/// What is to be recorded of a sample and step.
pub(crate) struct RecordRowMut<'a, F> {
    pub gates: &'a mut [F],
    pub c: &'a mut [F],
    pub phi_c: &'a mut [F],
    pub previous_h: &'a mut [F],
    /// Empty without a custom activation.
    pub z: &'a mut [F],
}
