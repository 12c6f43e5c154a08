//! Distances between numbers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::align::to_one_shape;
use super::function::{EPSILON, arguments_of, check_number, plain_loss};
use super::{LossBatch, LossFunction, Losses};
use crate::builder::Builder;
use crate::error::Result;
use crate::graph::Value;

/// The mean over the last axis of a function of targets and predictions of one shape.
pub(super) fn mean_of(
    b: &Builder,
    batch: &LossBatch,
    function: impl Fn(Value, Value) -> Result<Value>,
) -> Result<Losses> {
    let (y, p) = to_one_shape(b, batch)?;
    Ok(Losses::new(b.mean_last(function(y, p)?)?, batch))
}

plain_loss! {
    /// The mean of (y − p)² over the last axis.
    ///
    /// Targets and predictions `[batch, …, last]`, losses `[batch, …]`.
    /// Source: <https://keras.io/api/losses/regression_losses/#meansquarederror-class>.
    MeanSquaredError, "mean_squared_error",
    |b, batch| mean_of(b, batch, |y, p| b.square(b.sub(p, y)?))
}

plain_loss! {
    /// The mean of |y − p| over the last axis; the derivative at y = p is 0.
    ///
    /// Targets and predictions `[batch, …, last]`, losses `[batch, …]`.
    /// Source: <https://keras.io/api/losses/regression_losses/#meanabsoluteerror-class>.
    MeanAbsoluteError, "mean_absolute_error",
    |b, batch| mean_of(b, batch, |y, p| b.abs(b.sub(p, y)?))
}

plain_loss! {
    /// The mean of 100 · |y − p| / max(|y|, 10⁻⁷) over the last axis, in per cent; the derivative at y = p is 0.
    ///
    /// Targets and predictions `[batch, …, last]`, losses `[batch, …]`. A target of 0 makes the loss huge.
    /// Source: <https://keras.io/api/losses/regression_losses/#meanabsolutepercentageerror-class>.
    MeanAbsolutePercentageError, "mean_absolute_percentage_error",
    |b, batch| {
        let losses = mean_of(b, batch, |y, p| {
            b.abs(b.div(b.sub(y, p)?, b.maximum(b.abs(y)?, b.scalar(EPSILON)?)?)?)
        })?;
        Ok(Losses { values: b.scale(losses.values, 100.0)?, ..losses })
    }
}

plain_loss! {
    /// The mean of (ln(max(p, 10⁻⁷) + 1) − ln(max(y, 10⁻⁷) + 1))² over the last axis.
    ///
    /// Targets and predictions `[batch, …, last]`, losses `[batch, …]`. Where a prediction is below 10⁻⁷ the derivative
    /// is 0.
    /// Source: <https://keras.io/api/losses/regression_losses/#meansquaredlogarithmicerror-class>.
    MeanSquaredLogarithmicError, "mean_squared_logarithmic_error",
    |b, batch| {
        let log = |x| b.log(b.shift(b.maximum(x, b.scalar(EPSILON)?)?, 1.0)?);
        mean_of(b, batch, |y, p| b.square(b.sub(log(p)?, log(y)?)?))
    }
}

plain_loss! {
    /// The mean of ln(cosh(p − y)) over the last axis: near ½ e² for small errors and |e| − ln 2 for large ones.
    ///
    /// Targets and predictions `[batch, …, last]`, losses `[batch, …]`.
    /// Source: <https://keras.io/api/losses/regression_losses/#logcosh-class>.
    LogCosh, "log_cosh",
    |b, batch| mean_of(b, batch, |y, p| {
        // e + softplus(−2 e) − ln 2, which does not overflow.
        let error = b.sub(p, y)?;
        b.shift(b.add(error, b.softplus(b.scale(error, -2.0)?)?)?, -std::f64::consts::LN_2)
    })
}

/// The mean of ½ e² where |e| = |p − y| ≤ `delta`, else `delta` · |e| − ½ `delta`².
///
/// Targets and predictions `[batch, …, last]`, losses `[batch, …]`. Keras leaves `delta` out of its configuration though
/// it reads it back; here it is written where it is not 1.
/// Source: <https://keras.io/api/losses/regression_losses/#huber-class>.
///
/// ```
/// let compile = gatewise::Compile::new("adam", gatewise::losses::Huber { delta: 0.5 });
/// # let _ = compile;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Huber {
    /// The error from which on the loss grows linearly; finite, above 0 (default: 1).
    pub delta: f64,
}

impl Default for Huber {
    fn default() -> Self {
        Self { delta: 1.0 }
    }
}

impl LossFunction for Huber {
    fn name(&self) -> &str {
        "huber_loss"
    }

    fn losses(&self, b: &Builder, batch: &LossBatch) -> Result<Losses> {
        let delta = self.delta;
        mean_of(b, batch, |y, p| {
            let error = b.sub(p, y)?;
            let distance = b.abs(error)?;
            let inside = b.scale(b.square(error)?, 0.5)?;
            let outside = b.shift(b.scale(distance, delta)?, -0.5 * delta * delta)?;
            let is_outside = b.greater(distance, b.scalar(delta)?)?;
            b.select(is_outside, outside, inside)
        })
    }

    fn check(&self) -> Result<()> {
        check_number("huber", "delta", self.delta, self.delta > 0.0, "a finite number above 0")
    }

    fn class_name(&self) -> Option<&'static str> {
        Some("Huber")
    }

    fn config(&self) -> Map<String, Json> {
        arguments_of(self, &["delta"])
    }
}
