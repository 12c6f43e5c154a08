//! Seasons that are there, seasons that are not.

use super::{Season, periods_by_autocorrelation, strongest};

const TAU: f64 = std::f64::consts::TAU;

fn yearly(rows: usize, trend: f64) -> Vec<f64> {
    let wave = |row: f64| 3.0 * (TAU * row / 12.0).sin() + (2.0 * TAU * row / 12.0).cos() + trend * row;
    (0..rows).map(|row| wave(row as f64)).collect()
}

/// Numbers without a pattern, the same at every run.
fn noise(rows: usize) -> Vec<f64> {
    (0..rows as u64)
        .map(|row| ((row.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) as f64 * 0.731).fract())
        .collect()
}

#[test]
fn season_is_found_whole_below_a_trend() {
    let season = Season::fit(&yearly(72, 0.2), 0, 12.0);
    for step in 0..12 {
        let expected = yearly(12, 0.0)[step];
        assert!((season.at(step as i64) - expected).abs() < 1e-9, "step {step}");
    }
}

#[test]
fn season_keeps_its_phase_at_another_first_step() {
    let values = yearly(72, 0.2);
    let here = Season::fit(&values, 0, 12.0);
    let there = Season::fit(&values[5..], 5 - 12_000, 12.0);
    for step in 0..12 {
        assert!((here.at(step) - there.at(step)).abs() < 1e-9);
        assert!((here.at(step) - here.at(step + 12_000_000)).abs() < 1e-9);
    }
}

#[test]
fn odd_and_broken_periods_are_found_too() {
    for period in [7.0, 365.25] {
        let values: Vec<f64> = (0..1500).map(|row| (TAU * f64::from(row) / period).sin()).collect();
        let found = strongest(&values, &[7.0, 365.25]).unwrap();
        assert_eq!(found.period, period);
        assert!(found.share > 0.95, "{found:?}");
    }
}

#[test]
fn noise_has_no_season() {
    assert_eq!(strongest(&noise(400), &[7.0, 12.0, 24.0]), None);
}

#[test]
fn fewer_than_three_seasons_are_not_believed() {
    assert_eq!(strongest(&yearly(35, 0.0), &[12.0]), None);
    assert!(strongest(&yearly(36, 0.0), &[12.0]).is_some());
}

#[test]
fn autocorrelation_finds_the_shortest_period_below_a_trend() {
    assert_eq!(periods_by_autocorrelation(&yearly(144, 0.5)), [12.0]);
}

#[test]
fn autocorrelation_of_a_line_finds_none() {
    let line: Vec<f64> = (0..100).map(f64::from).collect();
    assert_eq!(strongest(&line, &periods_by_autocorrelation(&line)), None);
}
