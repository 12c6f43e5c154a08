//! Distances between numbers.

use serde::{Deserialize, Serialize};

use super::wrapper::row_metric;
use super::{Direction, MeanMetricWrapper, MetricBatch, MetricFunction, Pair};
use crate::error::Result;

/// Keras's `epsilon`, below which a divisor or the argument of a logarithm is not let.
pub(super) const EPSILON: f64 = 1e-7;

/// The larger of both; NaN stays NaN, so that a training that has failed is seen.
pub(super) fn at_least(least: f64, x: f64) -> f64 {
    if x < least { least } else { x }
}

/// The mean of a function of both numbers over a row.
pub(super) fn mean_of(y: &[f32], p: &[f32], function: impl Fn(f64, f64) -> f64) -> f64 {
    let sum: f64 = y.iter().zip(p).map(|(y, p)| function(f64::from(*y), f64::from(*p))).sum();
    sum / p.len().max(1) as f64
}

row_metric! {
    /// The mean of (y_true − y_pred)².
    ///
    /// ```
    /// let compile = gatewise::Compile::new("adam", "mae").metrics([gatewise::metrics::MeanSquaredError::new()]);
    /// # let _ = compile;
    /// ```
    MeanSquaredError, SquaredError, "MeanSquaredError", "mean_squared_error", Some(Direction::Down),
    rows, |y, p| mean_of(y, p, |y, p| (y - p) * (y - p))
}

row_metric! {
    /// The mean of |y_true − y_pred|.
    ///
    /// ```
    /// let compile = gatewise::Compile::new("adam", "mse").metrics([gatewise::metrics::MeanAbsoluteError::new()]);
    /// # let _ = compile;
    /// ```
    MeanAbsoluteError, AbsoluteError, "MeanAbsoluteError", "mean_absolute_error", Some(Direction::Down),
    rows, |y, p| mean_of(y, p, |y, p| (y - p).abs())
}

row_metric! {
    /// The mean of 100 · |y_true − y_pred| / max(|y_true|, 10⁻⁷), in per cent.
    ///
    /// ```
    /// let metric = gatewise::metrics::MeanAbsolutePercentageError::new();
    /// let compile = gatewise::Compile::new("adam", "mse").metrics([metric]);
    /// # let _ = compile;
    /// ```
    MeanAbsolutePercentageError, PercentageError, "MeanAbsolutePercentageError", "mean_absolute_percentage_error",
    Some(Direction::Down), rows, |y, p| 100.0 * mean_of(y, p, |y, p| ((y - p) / at_least(EPSILON, y.abs())).abs())
}

row_metric! {
    /// The mean of (ln(max(y_true, 10⁻⁷) + 1) − ln(max(y_pred, 10⁻⁷) + 1))².
    ///
    /// ```
    /// let metric = gatewise::metrics::MeanSquaredLogarithmicError::new();
    /// let compile = gatewise::Compile::new("adam", "mse").metrics([metric]);
    /// # let _ = compile;
    /// ```
    MeanSquaredLogarithmicError, LogarithmicError, "MeanSquaredLogarithmicError", "mean_squared_logarithmic_error",
    Some(Direction::Down), rows, |y, p| mean_of(y, p, |y, p| {
        let difference = at_least(EPSILON, y).ln_1p() - at_least(EPSILON, p).ln_1p();
        difference * difference
    })
}

row_metric! {
    /// The mean of ln(cosh(y_pred − y_true)).
    ///
    /// ```
    /// let compile = gatewise::Compile::new("adam", "mse").metrics([gatewise::metrics::LogCoshError::new()]);
    /// # let _ = compile;
    /// ```
    LogCoshError, LogCosh, "LogCoshError", "logcosh", Some(Direction::Down),
    rows, |y, p| mean_of(y, p, |y, p| {
        // Symmetric, so the side is taken where the exponential is small.
        let distance = (p - y).abs();
        distance + (-2.0 * distance).exp().ln_1p() - std::f64::consts::LN_2
    })
}

/// The root of the mean of (y_true − y_pred)² over all numbers. Like Keras's, it does not leave out masked steps.
///
/// ```
/// let compile = gatewise::Compile::new("adam", "mse").metrics([gatewise::metrics::RootMeanSquaredError::new()]);
/// # let _ = compile;
/// ```
pub type RootMeanSquaredError = MeanMetricWrapper<RootSquaredError>;

/// The function of [`RootMeanSquaredError`].
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct RootSquaredError {}

impl MetricFunction for RootSquaredError {
    const CLASS_NAME: &'static str = "RootMeanSquaredError";
    const NAME: &'static str = "root_mean_squared_error";
    const DIRECTION: Option<Direction> = Some(Direction::Down);
    const HEEDS_MASK: bool = false;

    fn pair<'a>(&self, name: &str, batch: &'a MetricBatch<'_>) -> Result<Pair<'a>> {
        Pair::elements(name, batch)
    }

    fn value(&self, _name: &str, y_true: &[f32], y_pred: &[f32]) -> Result<Option<f64>> {
        Ok(Some(mean_of(y_true, y_pred, |y, p| (y - p) * (y - p))))
    }

    fn finish(&self, mean: f64) -> f64 {
        mean.sqrt()
    }
}
