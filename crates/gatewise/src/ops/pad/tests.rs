use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};

fn emit(axis: usize, before: usize, after: usize) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.pad(x[0], axis, before, after)
}

#[test]
fn the_axis_grows_or_stays_unknown() {
    let shape = [Shape::new([None, Some(4)])];
    assert_eq!(shape_after(&shape, &emit(1, 2, 3)).unwrap(), Shape::new([None, Some(9)]));
    assert_eq!(shape_after(&shape, &emit(0, 2, 3)).unwrap(), shape[0]);
}

#[test]
fn an_axis_that_is_not_there_is_an_error() {
    let text = shape_error(&[Shape::known(&[2, 4])], &emit(2, 0, 1));
    assert_eq!(text, "pad: expected an axis below 2, got 2");
}

#[test]
fn zeros_stand_before_and_after() {
    let x = [array(&[2, 2], &[1.0, 2.0, 3.0, 4.0])];
    let rows = array(&[2, 4], &[0.0, 1.0, 2.0, 0.0, 0.0, 3.0, 4.0, 0.0]);
    assert_eq!(reference(&x, &emit(1, 1, 1)).unwrap(), rows);
    assert_eq!(reference(&x, &emit(0, 1, 0)).unwrap(), array(&[3, 2], &[0.0, 0.0, 1.0, 2.0, 3.0, 4.0]));
    assert_eq!(reference(&[numbers(&[2, 0], 0)], &emit(1, 1, 1)).unwrap(), array(&[2, 2], &[0.0; 4]));
    assert_eq!(reference(&x, &emit(1, 0, 0)).unwrap(), x[0]);
}

#[test]
fn gradients_are_those_of_central_differences() {
    for (axis, before, after) in [(0, 0, 2), (1, 1, 2), (1, 2, 0), (2, 0, 0)] {
        assert_gradients(&[numbers(&[2, 3, 2], 0)], &[0], &emit(axis, before, after));
    }
}

#[test]
fn the_gradient_along_an_unknown_size_is_an_error() {
    let text = shape_error(&[Shape::new([None])], &|b, x| {
        let loss = b.sum_all(b.pad(x[0], 0, 1, 1)?)?;
        Ok(b.gradients(loss, x)?[0].expect("a gradient"))
    });
    assert_eq!(text, "pad: expected a known size for its gradient");
}

#[test]
fn executors_agree() {
    for (axis, before, after) in [(0, 1, 2), (1, 0, 7), (1, 5, 2), (2, 1, 8)] {
        assert_executors_agree(&[numbers(&[3, 7, 9], 0)], &emit(axis, before, after));
    }
    assert_executors_agree(&[numbers(&[0, 7], 0)], &emit(1, 2, 2));
}
