//! What the forward pass keeps for the backward pass.
//!
//! A row for each sample and step, in the order in which the passes go through them: the chunks of samples one after
//! the other, in a chunk the times of the input, at each time the samples of the chunk.
//!
//! ```text
//! Simple         h [H]                        │ sums [H]
//! ResetAfter     z, r, g, n [4H] │ h [H]      │ sums of z, r, g [3H]
//! ResetBefore    z, r, g [3H]    │ h [H]      │ sums of z, r, g [3H]        sums only with a custom activation
//! ```
//!
//! Where two threads may share the units, the rows have those of the first one alone, and after all of them come rows with those
//! of the second.
//!
//! `h` is the state after the step; the one before is found in the row of the step before. Of a skipped step only `h` has
//! a meaning.

use std::ops::Range;

use super::{Inputs, Kind, Layer, Sizes, Way, chunk_len};
use crate::Real;
use crate::activation::Activation;
use crate::recurrent::pair::Work;
use crate::simd::lanes;
use crate::tile::MAX_VECTORS;

/// How many numbers the forward pass keeps for the backward pass.
pub fn record_len<F: Real>(
    kind: Kind,
    sizes: &Sizes,
    activation: &Activation<F>,
    recurrent_activation: &Activation<F>,
) -> usize {
    let custom = activation.is_custom() || kind != Kind::Simple && recurrent_activation.is_custom();
    sizes.batch * sizes.steps * RecordLayout::new(kind, sizes, custom).row_len()
}

/// What two threads may share in training, if they may: then the record has a part for the units of each. It does not depend on
/// how many threads there are.
pub(super) fn recorded_work(layer: &Layer<f32>, inputs: &Inputs<f32>) -> Option<Work> {
    let (sizes, gates) = (inputs.x.multiplied(&layer.sizes), layer.kind.gates());
    let work = Work { sizes, gates, block: MAX_VECTORS * lanes() };
    let may_share = layer.way() != Way::Rows && !inputs.has_dropout();
    (may_share && work.is_worth_waking()).then_some(work)
}

/// Where the rows of a record lie.
#[derive(Clone, Copy)]
pub(crate) struct RecordLayout {
    sizes: Sizes,
    chunk_len: usize,
    /// H-blocks of values before h.
    values: usize,
    /// H-blocks of sums after it.
    sums: usize,
}

impl RecordLayout {
    pub fn new(kind: Kind, sizes: &Sizes, custom: bool) -> Self {
        let values = if kind == Kind::Simple { 0 } else { kind.sums() };
        let sums = if custom { kind.gates() } else { 0 };
        Self { sizes: *sizes, chunk_len: chunk_len(kind, sizes), values, sums }
    }

    /// The same for rows with a share of the units.
    pub fn of_share(self, share: &Range<usize>) -> Self {
        Self { sizes: Sizes { units: share.len(), ..self.sizes }, ..self }
    }

    /// How many units a row has.
    pub fn units(self) -> usize {
        self.sizes.units
    }

    /// How many numbers all rows have.
    pub fn len(self) -> usize {
        self.sizes.batch * self.sizes.steps * self.row_len()
    }

    /// How many numbers a row has.
    pub fn row_len(self) -> usize {
        self.sizes.units * (self.values + 1 + self.sums)
    }

    /// How many numbers of a row come before h.
    pub fn row_len_before_h(self) -> usize {
        self.sizes.units * self.values
    }

    /// The number of the row of a sample and time.
    pub fn row(self, sample: usize, time: usize) -> usize {
        let first = sample / self.chunk_len * self.chunk_len;
        let count = self.chunk_len.min(self.sizes.batch - first);
        first * self.sizes.steps + time * count + sample - first
    }

    /// The row with number `row`.
    #[inline(always)]
    pub fn view<F>(self, record: &[F], row: usize) -> RecordRow<'_, F> {
        let (units, len) = (self.sizes.units, self.row_len());
        let (values, rest) = record[row * len..][..len].split_at(self.values * units);
        let (h, sums) = rest.split_at(units);
        RecordRow { values, h, sums }
    }

    /// The row with number `row`, to be written.
    #[inline(always)]
    pub fn view_mut<F>(self, record: &mut [F], row: usize) -> RecordRowMut<'_, F> {
        let (units, len) = (self.sizes.units, self.row_len());
        let (values, rest) = record[row * len..][..len].split_at_mut(self.values * units);
        let (h, sums) = rest.split_at_mut(units);
        RecordRowMut { values, h, sums }
    }
}

/// What was recorded of a sample and step.
#[derive(Clone, Copy)]
pub(crate) struct RecordRow<'a, F> {
    /// z, r, g and n, as far as there are such.
    pub values: &'a [F],
    pub h: &'a [F],
    /// Empty without a custom activation.
    pub sums: &'a [F],
}

/// What is to be recorded of a sample and step.
pub(crate) struct RecordRowMut<'a, F> {
    pub values: &'a mut [F],
    pub h: &'a mut [F],
    /// Empty without a custom activation.
    pub sums: &'a mut [F],
}

/// A record that is complete, with the state before its first step.
#[derive(Clone, Copy)]
pub(crate) struct History<'a, F> {
    record: &'a [F],
    layout: RecordLayout,
    /// The units, and how many there are in all.
    share: (usize, usize),
    h0: &'a [F],
    go_backwards: bool,
}

impl<'a, F: Real> History<'a, F> {
    pub fn new(layer: &Layer<F>, inputs: &Inputs<'a, F>, record: &'a [F]) -> Self {
        let (layout, go_backwards) = (layer.record_layout(), layer.go_backwards);
        Self { record, layout, share: (0, layer.sizes.units), h0: inputs.h0, go_backwards }
    }

    /// The parts of the units of two threads.
    pub fn split(self, [near, far]: [&Range<usize>; 2]) -> [Self; 2] {
        let (layout, of_far) = (self.layout.of_share(near), self.layout.of_share(far));
        let (record, far_record) = self.record.split_at(layout.len());
        let part = |record, layout, share: &Range<usize>| Self {
            record,
            layout,
            share: (share.start, self.share.1),
            ..self
        };
        [part(record, layout, near), part(far_record, of_far, far)]
    }

    /// What was recorded at `time` of sample `row` of the `count` samples of a chunk that begins with sample `first`.
    #[inline(always)]
    pub fn at(&self, (first, count): (usize, usize), row: usize, time: usize) -> RecordRow<'a, F> {
        self.layout.view(self.record, first * self.layout.sizes.steps + time * count + row)
    }

    /// The state before the step at `time` of sample `row` of such a chunk, as many units as a row has.
    #[inline(always)]
    pub fn before(&self, chunk: (usize, usize), row: usize, time: usize) -> &'a [F] {
        let Sizes { steps, units, .. } = self.layout.sizes;
        let (first_unit, all_units) = self.share;
        let is_first = time == if self.go_backwards { steps - 1 } else { 0 };
        if is_first {
            return &self.h0[(chunk.0 + row) * all_units + first_unit..][..units];
        }
        let previous = if self.go_backwards { time + 1 } else { time - 1 };
        self.at(chunk, row, previous).h
    }
}
