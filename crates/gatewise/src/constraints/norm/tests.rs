use ndarray::{ArrayD, IxDyn, array};

use super::*;

/// Rounding of a few f32 operations on values of the order of 1.
const TOLERANCE: f32 = 1e-6;

fn applied(constraint: &dyn Constraint, weights: &ArrayD<f32>) -> ArrayD<f32> {
    let mut weights = weights.clone();
    constraint.apply(&mut weights.view_mut()).unwrap();
    weights
}

fn assert_close(got: &ArrayD<f32>, expected: &ArrayD<f32>) {
    assert_eq!(got.shape(), expected.shape());
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() <= TOLERANCE, "got {got}, expected {expected}");
    }
}

/// Columns of length 5, 0.5 and 0.
fn kernel() -> ArrayD<f32> {
    array![[3.0, 0.3, 0.0], [-4.0, 0.4, 0.0]].into_dyn()
}

#[test]
fn max_norm_cuts_only_columns_that_are_too_long() {
    let constraint = MaxNorm { max_value: 1.0, ..MaxNorm::default() };
    let expected = array![[0.6, 0.3, 0.0], [-0.8, 0.4, 0.0]];
    assert_close(&applied(&constraint, &kernel()), &expected.into_dyn());
}

#[test]
fn max_norm_shrinks_even_allowed_columns_by_epsilon() {
    let tiny = array![[1e-7_f32]].into_dyn();
    let got = applied(&MaxNorm::default(), &tiny)[[0, 0]];
    assert!((got / 1e-7 - 0.5).abs() < TOLERANCE);
}

#[test]
fn unit_norm_gives_every_column_but_zero_the_length_one() {
    let expected = array![[0.6, 0.6, 0.0], [-0.8, 0.8, 0.0]];
    assert_close(&applied(&UnitNorm::default(), &kernel()), &expected.into_dyn());
}

#[test]
fn min_max_norm_goes_part_of_the_way() {
    let whole = MinMaxNorm { min_value: 1.0, max_value: 2.0, ..MinMaxNorm::default() };
    let expected = array![[1.2, 0.6, 0.0], [-1.6, 0.8, 0.0]];
    assert_close(&applied(&whole, &kernel()), &expected.into_dyn());
    // Half way from 5 to 2 is 3.5, from 0.5 to 1 is 0.75.
    let half = MinMaxNorm { rate: 0.5, ..whole };
    let expected = array![[2.1, 0.45, 0.0], [-2.8, 0.6, 0.0]];
    assert_close(&applied(&half, &kernel()), &expected.into_dyn());
}

#[test]
fn norms_are_taken_along_the_axis_that_is_named() {
    let weights = array![[3.0, 4.0], [0.0, 2.0]].into_dyn();
    let with = |axis| applied(&UnitNorm { axis }, &weights);
    let rows = array![[0.6, 0.8], [0.0, 1.0]].into_dyn();
    assert_close(&with(Axis::One(1)), &rows);
    assert_close(&with(Axis::One(-1)), &rows);
    assert_close(&with(Axis::Many(vec![1])), &rows);
    let whole = weights.mapv(|weight| weight / 29.0_f32.sqrt());
    assert_close(&with(Axis::All), &whole);
    assert_close(&with(Axis::Many(vec![0, 1])), &whole);
    assert_close(&with(Axis::Many(vec![-1, 0])), &whole);
    // Without an axis each element is a vector of its own.
    let each = array![[1.0, 1.0], [0.0, 1.0]].into_dyn();
    assert_close(&with(Axis::Many(vec![])), &each);
}

#[test]
fn several_axes_of_a_weight_with_three_are_taken_together() {
    let weights =
        ArrayD::from_shape_fn(IxDyn(&[2, 3, 4]), |index| (index[0] * 12 + index[1] * 4 + index[2]) as f32);
    let got = applied(&UnitNorm { axis: Axis::Many(vec![0, 2]) }, &weights);
    for middle in 0..3 {
        let part = |array: &ArrayD<f32>| {
            array.index_axis(ndarray::Axis(1), middle).mapv(|value| value * value).sum()
        };
        assert!((part(&got) - 1.0).abs() < 1e-5);
        let ratio = got[[1, middle, 3]] / weights[[1, middle, 3]];
        assert!((ratio - 1.0 / part(&weights).sqrt()).abs() < 1e-5);
    }
}

#[test]
fn a_bias_is_one_vector() {
    assert_close(&applied(&UnitNorm::default(), &array![3.0, 4.0].into_dyn()), &array![0.6, 0.8].into_dyn());
}

#[test]
fn an_axis_that_is_not_there_is_an_error() {
    let mut weights = array![1.0, 2.0].into_dyn();
    for axis in [Axis::One(1), Axis::One(-2), Axis::Many(vec![0, 0]), Axis::Many(vec![0, -1])] {
        let error = UnitNorm { axis }.apply(&mut weights.view_mut()).unwrap_err();
        assert!(error.to_string().starts_with("UnitNorm: `axis` "), "{error}");
    }
    assert_eq!(weights, array![1.0, 2.0].into_dyn());
}

#[test]
fn nan_is_not_hidden() {
    let weights = array![[f32::NAN], [1.0]].into_dyn();
    for constraint in [&MaxNorm::default() as &dyn Constraint, &UnitNorm::default(), &MinMaxNorm::default()] {
        assert!(applied(constraint, &weights).iter().all(|weight| weight.is_nan()));
    }
}

#[test]
fn arguments_outside_their_range_are_errors() {
    for max_value in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(MaxNorm { max_value, ..MaxNorm::default() }.check().unwrap_err().is_argument());
        assert!(MinMaxNorm { max_value, ..MinMaxNorm::default() }.check().unwrap_err().is_argument());
    }
    assert!(MinMaxNorm { min_value: 1.5, ..MinMaxNorm::default() }.check().unwrap_err().is_argument());
    assert!(MinMaxNorm { min_value: -0.5, ..MinMaxNorm::default() }.check().unwrap_err().is_argument());
    for rate in [-0.1, 1.1, f64::NAN] {
        assert!(MinMaxNorm { rate, ..MinMaxNorm::default() }.check().unwrap_err().is_argument());
    }
}
