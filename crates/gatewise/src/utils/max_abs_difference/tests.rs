use ndarray::arr1;

use super::*;

fn of(a: &[f32], b: &[f32]) -> f32 {
    max_abs_difference(&arr1(a).into_dyn(), &arr1(b).into_dyn()).unwrap()
}

#[test]
fn the_largest_is_found_wherever_it_is() {
    assert_eq!(of(&[1.0, -2.0, 3.0], &[1.0, 2.0, 3.5]), 4.0);
    assert_eq!(of(&[9.0, 0.0], &[1.0, 0.0]), 8.0);
    assert_eq!(of(&[], &[]), 0.0);
}

#[test]
fn nan_is_a_difference_only_where_one_array_has_it() {
    assert_eq!(of(&[f32::NAN, 1.0], &[f32::NAN, 1.0]), 0.0);
    assert!(of(&[f32::NAN, 1.0], &[0.0, 2.0]).is_nan());
    assert!(of(&[1.0, 0.0, 5.0], &[2.0, f32::NAN, 0.0]).is_nan());
}

#[test]
fn infinities_are_equal_only_with_one_sign() {
    assert_eq!(of(&[f32::INFINITY], &[f32::INFINITY]), 0.0);
    assert_eq!(of(&[f32::INFINITY], &[f32::NEG_INFINITY]), f32::INFINITY);
}

#[test]
fn other_shapes_are_an_error() {
    let (a, b) = (ArrayD::zeros(vec![2, 3]), ArrayD::zeros(vec![3, 2]));
    let error = max_abs_difference(&a, &b).unwrap_err().to_string();
    assert_eq!(error, "max_abs_difference: expected arrays of one shape, got [2, 3] and [3, 2]");
}
