//! Forecasts that do not look ahead, and their assessment.

use super::{assess, forecasts, separate_origins};
use crate::forecast::layout::Layout;
use crate::forecast::recipe::Recipe;
use crate::forecast::{AIRLINE_PASSENGERS, Observer, Series, Settings};

fn small() -> Settings {
    Settings { horizon: Some(6), units: vec![3], epochs: 2, ..Settings::default() }
}

fn prepared(values: &[f64]) -> (Series, Layout, Recipe) {
    let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
    let series = Series::new("s", None, &values).unwrap();
    let layout = Layout::new("s", values.len(), 6, &small()).unwrap();
    let recipe = Recipe::decide(&series, &layout, &small());
    (series, layout, recipe)
}

fn backtest(values: &[f64]) -> (Layout, Vec<Vec<f64>>) {
    let (series, layout, recipe) = prepared(values);
    let transformed = recipe.transform(&series).unwrap();
    let made = forecasts(&recipe, &layout, &transformed, 0, &Observer::silent()).unwrap();
    (layout, made)
}

#[test]
fn forecast_of_the_past_does_not_change_by_a_bit_with_the_future() {
    let (layout, before) = backtest(&AIRLINE_PASSENGERS);
    for changed_from in [layout.refits[2], layout.origins[7], layout.origins[24]] {
        let mut changed = AIRLINE_PASSENGERS;
        changed[changed_from..].iter_mut().enumerate().for_each(|(row, value)| *value = 900.0 + row as f64);
        let (_, after) = backtest(&changed);
        for (place, &origin) in
            layout.origins.iter().enumerate().filter(|(_, origin)| **origin <= changed_from)
        {
            assert_eq!(before[place], after[place], "origin {origin}, changed from {changed_from}");
        }
    }
}

#[test]
fn forecast_does_change_with_its_own_past() {
    let (layout, before) = backtest(&AIRLINE_PASSENGERS);
    let mut changed = AIRLINE_PASSENGERS;
    changed[layout.origins[7] - 1] += 1.0;
    let (_, after) = backtest(&changed);
    assert_eq!(before[..7], after[..7]);
    assert_ne!(before[7], after[7]);
}

#[test]
fn perfect_forecasts_have_no_error_and_beat_the_baselines() {
    let (series, layout, recipe) = prepared(&AIRLINE_PASSENGERS);
    let values = recipe.transform(&series).unwrap();
    let perfect: Vec<Vec<f64>> =
        layout.origins.iter().map(|&origin| values[origin..origin + layout.horizon].to_vec()).collect();
    let (backtest, intervals) = assess(&series, &recipe, &layout, &values, &perfect).unwrap();
    assert!(backtest.lstm.mae < 1e-9);
    assert!(backtest.beats_baselines());
    assert!(intervals.half_widths.iter().flatten().all(|width| *width == 0.0));
}

#[test]
fn repeating_the_last_value_is_no_better_than_the_naive_forecast() {
    let (series, layout, recipe) = prepared(&AIRLINE_PASSENGERS);
    let values = recipe.transform(&series).unwrap();
    let naive: Vec<Vec<f64>> =
        layout.origins.iter().map(|&origin| vec![values[origin - 1]; layout.horizon]).collect();
    let (backtest, _) = assess(&series, &recipe, &layout, &values, &naive).unwrap();
    assert!((backtest.lstm.mae - backtest.naive.mae).abs() < 1e-9);
    assert_eq!(backtest.best_baseline().0, "seasonal naive");
    assert!(!backtest.beats_baselines());
}

#[test]
fn separate_origins_are_taken_from_the_latest_back() {
    assert_eq!(separate_origins(&[108, 110, 120, 125, 132], 12), [0, 2, 4]);
    assert_eq!(separate_origins(&[108], 12), [0]);
}
