//! What the reference keeps for its backward pass: rows of samples and times, no longer than the record has to be.
//!
//! ```text
//! z [4H] │ c [H] │ previous h [H]
//! ```

use crate::lstm::record::row_len;
use crate::lstm::{Layer, Sizes};

/// What was kept of a sample and step.
pub(super) struct Row<'a, F> {
    pub z: &'a [F],
    pub c: &'a [F],
    pub previous_h: &'a [F],
}

/// What is to be kept of a sample and step.
pub(super) struct RowMut<'a, F> {
    pub z: &'a mut [F],
    pub c: &'a mut [F],
    pub previous_h: &'a mut [F],
}

/// Where the row of a sample and time starts, and its length.
fn place<F: crate::Real>(layer: &Layer<F>, sample: usize, time: usize) -> (usize, usize) {
    let Sizes { steps, .. } = layer.sizes;
    let len = row_len(&layer.sizes, &layer.recurrent_activation);
    ((sample * steps + time) * len, len)
}

pub(super) fn view<'a, F: crate::Real>(
    layer: &Layer<F>,
    record: &'a [F],
    sample: usize,
    time: usize,
) -> Row<'a, F> {
    let ((first, len), units) = (place(layer, sample, time), layer.sizes.units);
    let (z, rest) = record[first..][..len].split_at(4 * units);
    let (c, rest) = rest.split_at(units);
    Row { z, c, previous_h: &rest[..units] }
}

pub(super) fn view_mut<'a, F: crate::Real>(
    layer: &Layer<F>,
    record: &'a mut [F],
    sample: usize,
    time: usize,
) -> RowMut<'a, F> {
    let ((first, len), units) = (place(layer, sample, time), layer.sizes.units);
    let (z, rest) = record[first..][..len].split_at_mut(4 * units);
    let (c, rest) = rest.split_at_mut(units);
    RowMut { z, c, previous_h: &mut rest[..units] }
}
