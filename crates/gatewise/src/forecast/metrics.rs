//! How far forecasts were off.

#[cfg(test)]
mod tests;

use serde::Serialize;

/// The errors of a forecasting method over all origins and steps of a backtest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Accuracy {
    /// Mean absolute error, in the unit of the series.
    pub mae: f64,
    /// Root of the mean squared error, in the unit of the series.
    pub rmse: f64,
    /// Mean absolute scaled error: `mae` by the error of the one-step (seasonal) naive forecast on the values
    /// before the backtest; below 1 is better than that. Source: R. J. Hyndman and A. B. Koehler, *Another
    /// look at measures of forecast accuracy*, 2006. `None` where that error is 0.
    pub mase: Option<f64>,
}

impl Accuracy {
    /// The accuracy of errors (forecast − actual) `[forecasts]`, at least one, for a MASE `scale`.
    pub(super) fn of(errors: &[f64], scale: f64) -> Self {
        let count = errors.len() as f64;
        let mae = errors.iter().map(|error| error.abs()).sum::<f64>() / count;
        let rmse = libm::sqrt(errors.iter().map(|error| error * error).sum::<f64>() / count);
        Self { mae, rmse, mase: (scale > 0.0).then_some(mae / scale) }
    }
}

/// The mean absolute difference of values `lag` steps apart: what MASE divides by.
pub(super) fn naive_scale(values: &[f64], lag: usize) -> f64 {
    let differences = values.iter().zip(&values[lag..]).map(|(before, after)| (after - before).abs());
    differences.sum::<f64>() / (values.len() - lag).max(1) as f64
}
