use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};

fn emit(b: &Builder, x: &[Value]) -> Result<Value> {
    b.contract(x[0], x[1])
}

#[test]
fn the_last_axes_stay() {
    let shapes = [Shape::new([None, Some(7), Some(3)]), Shape::new([Some(2), None, Some(5)])];
    assert_eq!(shape_after(&shapes, &emit).unwrap(), Shape::known(&[3, 5]));
}

#[test]
fn leading_axes_that_differ_are_an_error() {
    let text = shape_error(&[Shape::known(&[2, 3]), Shape::known(&[4, 3])], &emit);
    assert_eq!(text, "contract: expected two arrays with equal leading axes, got [2, 3] and [4, 3]");
    assert!(shape_error(&[Shape::known(&[2, 3]), Shape::known(&[2, 1, 3])], &emit).contains("leading axes"));
    assert!(shape_error(&[Shape::scalar(), Shape::scalar()], &emit).contains("leading axes"));
}

#[test]
fn the_product_sums_over_all_leading_axes() {
    let a = array(&[2, 1, 2], &[1.0, 2.0, 3.0, 4.0]);
    let b = array(&[2, 1, 1], &[5.0, 6.0]);
    assert_eq!(reference(&[a, b], &emit).unwrap(), array(&[2, 1], &[23.0, 34.0]));
}

#[test]
fn a_product_over_nothing_is_0() {
    let result = reference(&[numbers(&[0, 2], 0), numbers(&[0, 3], 0)], &emit).unwrap();
    assert_eq!(result, array(&[2, 3], &[0.0; 6]));
}

#[test]
fn gradients_are_those_of_central_differences() {
    assert_gradients(&[numbers(&[2, 2, 3], 0), numbers(&[2, 2, 4], 50)], &[0, 1], &emit);
    assert_gradients(&[numbers(&[3], 0), numbers(&[2], 50)], &[0, 1], &emit);
}

#[test]
fn executors_agree_at_awkward_sizes() {
    for (m, k, n) in
        [(0, 3, 2), (2, 0, 3), (2, 3, 0), (1, 1, 1), (17, 9, 1), (7, 8, 9), (31, 33, 9), (16, 5, 33)]
    {
        assert_executors_agree(&[numbers(&[k, m], 0), numbers(&[k, n], 50)], &emit);
    }
}
