//! Losses of numbers.

use super::align::to_predictions;
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;

/// y_pred − y_true.
fn error(b: &Builder, y_true: Value, y_pred: Value) -> Result<Value> {
    b.sub(y_pred, to_predictions(b, y_true, y_pred)?)
}

pub(super) fn mean_squared_error(b: &Builder, y_true: Value, y_pred: Value) -> Result<Value> {
    b.mean_last(b.square(error(b, y_true, y_pred)?)?)
}

pub(super) fn mean_absolute_error(b: &Builder, y_true: Value, y_pred: Value) -> Result<Value> {
    b.mean_last(b.abs(error(b, y_true, y_pred)?)?)
}

pub(super) fn huber(b: &Builder, y_true: Value, y_pred: Value, delta: f64) -> Result<Value> {
    if !(delta > 0.0 && delta.is_finite()) {
        return Err(Error::argument(
            "huber",
            format!("`delta` must be a finite number above 0, got {delta}"),
        ));
    }
    let error = error(b, y_true, y_pred)?;
    let distance = b.abs(error)?;
    let inside = b.scale(b.square(error)?, 0.5)?;
    let outside = b.shift(b.scale(distance, delta)?, -0.5 * delta * delta)?;
    let is_outside = b.greater(distance, b.scalar(delta)?)?;
    b.mean_last(b.select(is_outside, outside, inside)?)
}
