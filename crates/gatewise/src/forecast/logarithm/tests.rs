//! When logarithms are taken.

use super::spread_grows_with_level;
use crate::forecast::AIRLINE_PASSENGERS;

fn wave(row: usize) -> f64 {
    (row as f64 * std::f64::consts::TAU / 12.0).sin()
}

#[test]
fn spread_of_the_airline_totals_grows() {
    assert!(spread_grows_with_level(&AIRLINE_PASSENGERS, 12));
}

#[test]
fn even_spread_around_a_trend_does_not_grow() {
    let values: Vec<f64> = (0..120).map(|row| 100.0 + row as f64 + 20.0 * wave(row)).collect();
    assert!(!spread_grows_with_level(&values, 12));
}

#[test]
fn value_at_or_below_zero_excludes_logarithms() {
    for bad in [0.0, -1.0] {
        let mut values = AIRLINE_PASSENGERS.to_vec();
        values[3] = bad;
        assert!(!spread_grows_with_level(&values, 12));
    }
}

#[test]
fn three_blocks_are_too_few() {
    assert!(!spread_grows_with_level(&AIRLINE_PASSENGERS[..47], 12));
}

#[test]
fn constant_blocks_say_nothing() {
    assert!(!spread_grows_with_level(&[5.0; 100], 10));
}
