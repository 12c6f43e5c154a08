use super::*;

#[test]
fn the_worst_difference_is_reported() {
    let worst = worst_difference(&[1.0, 2.0], &[1.0, 2.00005], TOLERANCE).unwrap();
    assert!((worst - 5e-5).abs() < 1e-12);
}

#[test]
fn a_number_outside_the_tolerance_is_an_error() {
    let error = worst_difference(&[1.0, 2.0], &[1.0, 2.001], TOLERANCE).unwrap_err();
    assert!(error.to_string().contains("number 1 is 2.001, expected 2"));
}

#[test]
fn nan_agrees_with_nothing() {
    assert!(worst_difference(&[f64::NAN], &[f64::NAN], TOLERANCE).is_err());
    assert!(worst_difference(&[1.0], &[f64::NAN], TOLERANCE).is_err());
}

#[test]
fn answers_of_different_lengths_or_none_are_errors() {
    assert!(worst_difference(&[1.0], &[1.0, 2.0], TOLERANCE).is_err());
    assert!(worst_difference(&[], &[], TOLERANCE).is_err());
}

#[test]
fn only_the_way_in_bfloat16_may_differ_by_its_rounding() {
    assert_eq!(tolerance("runner"), 1e-4);
    assert_eq!(tolerance("runner-bfloat16"), 2e-3);
    assert!(worst_difference(&[1.0], &[1.001], tolerance("runner-bfloat16")).is_ok());
    assert!(worst_difference(&[1.0], &[1.003], tolerance("runner-bfloat16")).is_err());
}
