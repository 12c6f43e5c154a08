//! What an attention may look at.

use crate::builder::Builder;
use crate::error::Result;
use crate::graph::Value;
use crate::shape::{Dim, Shape};

/// What Keras puts in the place of scores that a mask excludes.
const EXCLUDED: f64 = -1e9;

/// The scores, and in the place of those that `mask` excludes a number that no softmax sees.
pub(super) fn masked(b: &Builder, scores: Value, mask: Option<Value>) -> Result<Value> {
    mask.map_or(Ok(scores), |mask| b.select(mask, scores, b.scalar(EXCLUDED)?))
}

/// 1 where both are, with broadcasting.
pub(super) fn both(b: &Builder, mask: Option<Value>, other: Value) -> Result<Option<Value>> {
    mask.map_or(Ok(other), |mask| b.mul(mask, other)).map(Some)
}

/// `[batch, time] → [batch, 1, time]`: which steps all others may look at.
pub(super) fn over_columns(b: &Builder, mask: Value) -> Result<Value> {
    b.expand_dims(mask, 1)
}

/// `[1, rows, columns]`: 1 where a step is not later than the one that looks.
pub(super) fn causal(b: &Builder, rows: Dim, columns: Dim) -> Result<Value> {
    as_one_batch(b, b.band(rows, columns, Some(0), None)?)
}

/// `[1, rows, columns]`: 1 where two steps are less than `window` apart.
pub(super) fn sliding(b: &Builder, rows: Dim, columns: Dim, window: usize) -> Result<Value> {
    let reach = window as i64 - 1;
    as_one_batch(b, b.band(rows, columns, Some(-reach), Some(reach))?)
}

fn as_one_batch(b: &Builder, band: Value) -> Result<Value> {
    let shape = b.shape(band);
    b.reshape(band, &Shape::new([Some(1), shape.dim(0), shape.dim(1)]))
}
