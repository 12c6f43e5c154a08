use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};

fn plain(b: &Builder, x: &[Value]) -> Result<Value> {
    b.matmul(x[0], x[1])
}

fn transposed(b: &Builder, x: &[Value]) -> Result<Value> {
    b.matmul_with(x[0], x[1], true)
}

fn with_bias(b: &Builder, x: &[Value]) -> Result<Value> {
    b.matmul_bias(x[0], x[1], x[2])
}

#[test]
fn leading_axes_stay_and_may_be_unknown() {
    let a = Shape::new([None, None, Some(3)]);
    let after = |b: &[usize], emit| shape_after(&[a.clone(), Shape::known(b)], emit).unwrap();
    assert_eq!(after(&[3, 5], &plain), Shape::new([None, None, Some(5)]));
    assert_eq!(after(&[5, 3], &transposed), Shape::new([None, None, Some(5)]));
}

#[test]
fn inner_sizes_that_differ_are_an_error() {
    let text = shape_error(&[Shape::known(&[2, 3]), Shape::known(&[4, 5])], &plain);
    assert_eq!(text, "matmul: expected [..., k] and [k, n] with equal k, got [2, 3] and [4, 5]");
    let text = shape_error(&[Shape::known(&[2, 3]), Shape::known(&[3, 5])], &transposed);
    assert_eq!(text, "matmul: expected [..., k] and [n, k] with equal k, got [2, 3] and [3, 5]");
    assert!(shape_error(&[Shape::scalar(), Shape::known(&[4, 5])], &plain).contains("got []"));
    assert!(shape_error(&[Shape::known(&[4]), Shape::known(&[4])], &plain).contains("got [4] and [4]"));
}

#[test]
fn a_bias_that_does_not_fit_is_an_error() {
    for bias in [&[1][..], &[4], &[1, 5]] {
        let shapes = [Shape::known(&[2, 3]), Shape::known(&[3, 5]), Shape::known(bias)];
        let text = shape_error(&shapes, &with_bias);
        assert_eq!(text, format!("matmul: expected a bias [5], got {bias:?}"));
    }
}

#[test]
fn the_product_is_that_of_the_rows_and_columns() {
    let a = array(&[1, 2, 2], &[1.0, 2.0, 3.0, 4.0]);
    let b = array(&[2, 3], &[5.0, 6.0, 7.0, 8.0, 9.0, 10.0]);
    let b_transposed = array(&[3, 2], &[5.0, 8.0, 6.0, 9.0, 7.0, 10.0]);
    let expected = array(&[1, 2, 3], &[21.0, 24.0, 27.0, 47.0, 54.0, 61.0]);
    assert_eq!(reference(&[a.clone(), b.clone()], &plain).unwrap(), expected);
    assert_eq!(reference(&[a.clone(), b_transposed], &transposed).unwrap(), expected);
    let bias = array(&[3], &[100.0, 200.0, 300.0]);
    let expected = array(&[1, 2, 3], &[121.0, 224.0, 327.0, 147.0, 254.0, 361.0]);
    assert_eq!(reference(&[a, b, bias], &with_bias).unwrap(), expected);
}

#[test]
fn a_product_over_nothing_is_the_bias() {
    let inputs = [numbers(&[2, 0], 0), numbers(&[0, 2], 0), array(&[2], &[3.0, 4.0])];
    assert_eq!(reference(&inputs, &with_bias).unwrap(), array(&[2, 2], &[3.0, 4.0, 3.0, 4.0]));
    assert_eq!(reference(&inputs[..2], &plain).unwrap(), array(&[2, 2], &[0.0; 4]));
}

#[test]
fn nan_in_an_array_is_not_lost_by_a_zero_in_the_other() {
    let inputs = [array(&[1, 1], &[0.0]), array(&[1, 1], &[f64::NAN])];
    assert!(reference(&inputs, &plain).unwrap()[[0, 0]].is_nan());
}

#[test]
fn gradients_are_those_of_central_differences() {
    let a = numbers(&[2, 2, 3], 0);
    assert_gradients(&[a.clone(), numbers(&[3, 4], 50)], &[0, 1], &plain);
    assert_gradients(&[a.clone(), numbers(&[4, 3], 50)], &[0, 1], &transposed);
    assert_gradients(&[a, numbers(&[3, 4], 50), numbers(&[4], 90)], &[0, 1, 2], &with_bias);
    assert_gradients(&[numbers(&[3], 0), numbers(&[3, 2], 50)], &[0, 1], &plain);
}

#[test]
fn executors_agree_at_awkward_sizes() {
    for (m, k, n) in
        [(0, 3, 2), (2, 0, 3), (2, 3, 0), (1, 1, 1), (1, 9, 17), (7, 8, 9), (9, 33, 31), (33, 5, 16)]
    {
        let (a, bias) = (numbers(&[m, k], 0), numbers(&[n], 7));
        assert_executors_agree(&[a.clone(), numbers(&[k, n], 50)], &plain);
        assert_executors_agree(&[a.clone(), numbers(&[n, k], 50)], &transposed);
        assert_executors_agree(&[a, numbers(&[k, n], 50), bias], &with_bias);
    }
}
