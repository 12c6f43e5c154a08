//! Where backtests stand, and which series are too short for one.

use super::{FEWEST_WINDOWS, Layout};
use crate::forecast::Settings;

fn layout(rows: usize, horizon: usize) -> Layout {
    Layout::new("s", rows, horizon, &Settings::default()).unwrap()
}

#[test]
fn three_years_of_twelve_are_held_out_of_monthly_data() {
    let layout = layout(144, 12);
    assert_eq!((layout.head, layout.window), (108, 12));
    assert_eq!(layout.origins, (108..=132).collect::<Vec<_>>());
    assert_eq!(layout.refits, [108, 113, 118, 123, 128]);
}

#[test]
fn every_origin_belongs_to_the_latest_refit_before_it() {
    for rows in [60, 144, 500, 5000] {
        let layout = layout(rows, 12);
        let mut seen = Vec::new();
        for index in 0..layout.refits.len() {
            let origins: Vec<usize> = layout.origins_of_refit(index).collect();
            assert_eq!(origins[0], layout.refits[index]);
            seen.extend(origins);
        }
        assert_eq!(seen, layout.origins);
    }
}

#[test]
fn last_origin_leaves_exactly_one_horizon() {
    for (rows, horizon) in [(60, 12), (144, 12), (144, 1), (3650, 14), (43_800, 24), (400, 100)] {
        let layout = layout(rows, horizon);
        assert_eq!(layout.origins.last(), Some(&(rows - horizon)), "{rows} rows, {horizon} steps");
        assert!(layout.head + 1 - horizon - layout.window >= FEWEST_WINDOWS);
    }
}

#[test]
fn long_series_are_fitted_once_in_the_backtest() {
    assert_eq!(layout(5000, 12).refits.len(), 1);
}

#[test]
fn message_on_too_few_rows_names_the_fewest_that_work() {
    let error = Layout::new("s", 30, 12, &Settings::default()).unwrap_err().to_string();
    let needed: usize = error.split(' ').find_map(|word| word.parse().ok()).unwrap();
    assert!(error.starts_with("s: expected at least"), "{error}");
    assert!(error.ends_with("got 30; give more rows or a shorter horizon"), "{error}");
    assert!(Layout::new("s", needed, 12, &Settings::default()).is_ok());
    assert!(Layout::new("s", needed - 1, 12, &Settings::default()).is_err());
}

#[test]
fn window_of_the_user_is_kept_or_refused_but_never_changed() {
    let settings = |window| Settings { window: Some(window), ..Settings::default() };
    assert_eq!(Layout::new("s", 144, 12, &settings(48)).unwrap().window, 48);
    let error = Layout::new("s", 144, 12, &settings(100)).unwrap_err().to_string();
    assert!(error.contains("from a window of 100, got 144"), "{error}");
    let error = Layout::new("s", 144, 12, &settings(3)).unwrap_err().to_string();
    assert_eq!(error, "s: expected a window of at least 4 steps, got 3");
}

#[test]
fn horizon_of_zero_is_refused() {
    let error = Layout::new("s", 144, 0, &Settings::default()).unwrap_err().to_string();
    assert_eq!(error, "s: expected a horizon of at least 1 step, got 0");
}
