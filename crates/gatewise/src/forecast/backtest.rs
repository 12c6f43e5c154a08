//! Forecasts of values that are known, each made from what was known before it.

#[cfg(test)]
mod tests;

use super::Series;
use super::baselines::{naive, seasonal_naive};
use super::fitted::Fitted;
use super::intervals::{self, Intervals};
use super::layout::Layout;
use super::metrics::{Accuracy, naive_scale};
use super::progress::{FitProgress, Observer};
use super::recipe::Recipe;
use super::report::{Backtest, BacktestForecast};
use crate::{Error, Result};

/// Forecasts from every origin, transformed `[origin][step]`.
///
/// A network sees nothing at or after its own refit, a forecast nothing at or after its own origin.
pub(super) fn forecasts(
    recipe: &Recipe,
    layout: &Layout,
    values: &[f64],
    first_step: i64,
    observer: &Observer,
) -> Result<Vec<Vec<f64>>> {
    let mut forecasts = Vec::with_capacity(layout.origins.len());
    for (index, &refit) in layout.refits.iter().enumerate() {
        let fit = FitProgress { number: index + 1, of: layout.refits.len() + 1 };
        let fitted = Fitted::train(recipe, &values[..refit], first_step, fit, observer)?;
        for origin in layout.origins_of_refit(index) {
            forecasts.push(fitted.forecast(&values[..origin], first_step)?);
        }
    }
    Ok(forecasts)
}

/// Compares forecasts `[origin][step]` with what came, and with the baselines.
pub(super) fn assess(
    series: &Series,
    recipe: &Recipe,
    layout: &Layout,
    values: &[f64],
    forecasts: &[Vec<f64>],
) -> Result<(Backtest, Intervals)> {
    let residuals: Vec<Vec<f64>> = layout
        .origins
        .iter()
        .zip(forecasts)
        .map(|(&origin, own)| differences(own, &values[origin..]))
        .collect();
    let all: Vec<&[f64]> = residuals.iter().map(Vec::as_slice).collect();
    let intervals = Intervals::calibrate(&all)
        .ok_or_else(|| Error::data(series.name(), "the backtest is too short for intervals"))?;
    let lag = recipe.baseline_season.unwrap_or(1);
    let scale = naive_scale(&series.values()[..layout.head], lag);
    let accuracy = |forecast: &dyn Fn(usize, usize) -> Vec<f64>| {
        let of_origin = |(place, &origin): (usize, &usize)| {
            differences(&forecast(place, origin), &series.values()[origin..])
        };
        let errors: Vec<f64> = layout.origins.iter().enumerate().flat_map(of_origin).collect();
        Accuracy::of(&errors, scale)
    };
    let restored: Vec<Vec<f64>> =
        forecasts.iter().map(|own| own.iter().map(|value| recipe.restore(*value)).collect()).collect();
    let history = |origin: usize| &series.values()[..origin];
    let backtest = Backtest {
        tail: series.values().len() - layout.head,
        fits: layout.refits.len(),
        origins: layout.origins.len(),
        separate_origins: separate_origins(&layout.origins, layout.horizon).len(),
        mase_lag: lag,
        lstm: accuracy(&|place, _| restored[place].clone()),
        naive: accuracy(&|_, origin| naive(history(origin), layout.horizon)),
        seasonal_naive: recipe
            .baseline_season
            .map(|period| accuracy(&|_, origin| seasonal_naive(history(origin), period, layout.horizon))),
        coverage: intervals::coverage(&layout.origins, &residuals),
        forecasts: layout
            .origins
            .iter()
            .zip(restored.iter())
            .map(|(&origin, forecast)| BacktestForecast { origin, forecast: forecast.clone() })
            .collect(),
    };
    Ok((backtest, intervals))
}

/// Places of origins, from the latest back, whose forecasts share no value.
pub(super) fn separate_origins(origins: &[usize], horizon: usize) -> Vec<usize> {
    let mut places: Vec<usize> = Vec::new();
    for place in (0..origins.len()).rev() {
        if places.last().is_none_or(|&later| origins[later] - origins[place] >= horizon) {
            places.push(place);
        }
    }
    places.reverse();
    places
}

fn differences(forecast: &[f64], actual: &[f64]) -> Vec<f64> {
    forecast.iter().zip(actual).map(|(forecast, actual)| forecast - actual).collect()
}
