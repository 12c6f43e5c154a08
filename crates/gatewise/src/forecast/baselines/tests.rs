//! The two naive forecasts.

use super::{naive, seasonal_naive};

#[test]
fn naive_repeats_the_last_value() {
    assert_eq!(naive(&[1.0, 7.0], 3), [7.0, 7.0, 7.0]);
}

#[test]
fn seasonal_naive_repeats_the_last_season_beyond_its_length() {
    assert_eq!(seasonal_naive(&[9.0, 1.0, 2.0, 3.0], 3, 5), [1.0, 2.0, 3.0, 1.0, 2.0]);
}

#[test]
fn seasonal_naive_of_period_one_is_naive() {
    assert_eq!(seasonal_naive(&[1.0, 7.0], 1, 2), naive(&[1.0, 7.0], 2));
}
