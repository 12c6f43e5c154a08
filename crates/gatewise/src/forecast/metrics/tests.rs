//! Errors against hand-made figures.

use super::{Accuracy, naive_scale};

#[test]
fn accuracy_of_known_errors() {
    let accuracy = Accuracy::of(&[3.0, -4.0, 0.0, 5.0], 2.0);
    assert_eq!(accuracy.mae, 3.0);
    assert_eq!(accuracy.rmse, 12.5_f64.sqrt());
    assert_eq!(accuracy.mase, Some(1.5));
}

#[test]
fn there_is_no_mase_where_the_naive_forecast_is_perfect() {
    assert_eq!(Accuracy::of(&[1.0], 0.0).mase, None);
}

#[test]
fn scale_is_the_mean_absolute_difference_at_the_lag() {
    assert_eq!(naive_scale(&[1.0, 2.0, 4.0, 8.0], 1), 7.0 / 3.0);
    assert_eq!(naive_scale(&[1.0, 2.0, 4.0, 8.0], 2), 4.5);
    assert_eq!(naive_scale(&[5.0, 5.0], 1), 0.0);
}
