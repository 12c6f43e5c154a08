use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};

fn emit(axis: usize, start: usize, len: usize) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.slice(x[0], axis, start, len)
}

#[test]
fn the_axis_gets_the_length_even_if_its_size_is_unknown() {
    let shape = [Shape::new([None, None, Some(4)])];
    assert_eq!(shape_after(&shape, &emit(1, 2, 3)).unwrap(), Shape::new([None, Some(3), Some(4)]));
    assert_eq!(shape_after(&shape, &emit(2, 4, 0)).unwrap(), Shape::new([None, None, Some(0)]));
}

#[test]
fn a_stretch_beyond_the_end_is_an_error() {
    let text = shape_error(&[Shape::known(&[2, 4])], &emit(1, 2, 3));
    assert_eq!(text, "slice: expected axis 1, 2..5 to lie within [2, 4]");
    let text = shape_error(&[Shape::known(&[2, 4])], &emit(2, 0, 1));
    assert_eq!(text, "slice: expected axis 2, 0..1 to lie within [2, 4]");
}

#[test]
fn the_stretch_is_taken_along_its_axis() {
    let x = [array(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])];
    assert_eq!(reference(&x, &emit(1, 1, 2)).unwrap(), array(&[2, 2], &[2.0, 3.0, 5.0, 6.0]));
    assert_eq!(reference(&x, &emit(0, 1, 1)).unwrap(), array(&[1, 3], &[4.0, 5.0, 6.0]));
    assert_eq!(reference(&x, &emit(1, 3, 0)).unwrap(), array(&[2, 0], &[]));
    assert_eq!(reference(&[numbers(&[0, 3], 0)], &emit(1, 0, 2)).unwrap().shape(), [0, 2]);
}

#[test]
fn gradients_are_those_of_central_differences() {
    for (axis, start, len) in [(0, 0, 2), (1, 1, 2), (1, 2, 1), (2, 0, 1)] {
        assert_gradients(&[numbers(&[2, 3, 2], 0)], &[0], &emit(axis, start, len));
    }
}

#[test]
fn the_gradient_along_an_unknown_size_is_an_error() {
    let text = shape_error(&[Shape::new([None])], &|b, x| {
        let loss = b.sum_all(b.slice(x[0], 0, 1, 1)?)?;
        Ok(b.gradients(loss, x)?[0].expect("a gradient"))
    });
    assert_eq!(text, "slice: expected a known size for its gradient");
}

#[test]
fn executors_agree() {
    for (axis, start, len) in [(0, 1, 2), (1, 0, 7), (1, 5, 2), (2, 1, 8), (2, 9, 0)] {
        assert_executors_agree(&[numbers(&[3, 7, 9], 0)], &emit(axis, start, len));
    }
}
