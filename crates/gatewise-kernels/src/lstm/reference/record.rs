//! What the reference keeps for its backward pass: rows of samples and times, no longer than the record has to be.
//!
//! ```text
//! gates [4H] │ c [H] │ previous h [H] │ z [4H]        z only with a custom activation
//! ```

use crate::lstm::record::row_len;
use crate::lstm::{Layer, Sizes};

/// What was kept of a sample and step.
pub(super) struct Row<'a, F> {
    pub gates: &'a [F],
    pub c: &'a [F],
    pub previous_h: &'a [F],
    /// Empty without a custom activation.
    pub z: &'a [F],
}

/// What is to be kept of a sample and step.
pub(super) struct RowMut<'a, F> {
    pub gates: &'a mut [F],
    pub c: &'a mut [F],
    pub previous_h: &'a mut [F],
    /// Empty without a custom activation.
    pub z: &'a mut [F],
}

/// Where the row of a sample and time starts, and its length.
fn place<F: crate::Real>(layer: &Layer<F>, sample: usize, time: usize) -> (usize, usize) {
    let Sizes { steps, .. } = layer.sizes;
    let len = row_len(&layer.sizes, layer.has_custom_activation());
    ((sample * steps + time) * len, len)
}

pub(super) fn view<'a, F: crate::Real>(
    layer: &Layer<F>,
    record: &'a [F],
    sample: usize,
    time: usize,
) -> Row<'a, F> {
    let ((first, len), units) = (place(layer, sample, time), layer.sizes.units);
    let (gates, rest) = record[first..][..len].split_at(4 * units);
    let (c, rest) = rest.split_at(units);
    let (previous_h, z) = rest.split_at(units);
    Row { gates, c, previous_h, z }
}

pub(super) fn view_mut<'a, F: crate::Real>(
    layer: &Layer<F>,
    record: &'a mut [F],
    sample: usize,
    time: usize,
) -> RowMut<'a, F> {
    let ((first, len), units) = (place(layer, sample, time), layer.sizes.units);
    let (gates, rest) = record[first..][..len].split_at_mut(4 * units);
    let (c, rest) = rest.split_at_mut(units);
    let (previous_h, z) = rest.split_at_mut(units);
    RowMut { gates, c, previous_h, z }
}
