use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};

fn along(axis: usize) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.flip(x[0], axis)
}

#[test]
fn the_shape_stays_even_if_sizes_are_unknown() {
    let shape = Shape::new([None, Some(3), None]);
    assert_eq!(shape_after(std::slice::from_ref(&shape), &along(2)).unwrap(), shape);
}

#[test]
fn an_axis_that_is_not_there_is_an_error() {
    let text = shape_error(&[Shape::known(&[2, 4])], &along(2));
    assert_eq!(text, "flip: expected an array with an axis 2, got [2, 4]");
}

#[test]
fn elements_are_read_backwards_along_the_axis() {
    let x = [array(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])];
    assert_eq!(reference(&x, &along(0)).unwrap(), array(&[2, 3], &[4.0, 5.0, 6.0, 1.0, 2.0, 3.0]));
    assert_eq!(reference(&x, &along(1)).unwrap(), array(&[2, 3], &[3.0, 2.0, 1.0, 6.0, 5.0, 4.0]));
    assert_eq!(reference(&[numbers(&[2, 0, 3], 0)], &along(1)).unwrap().shape(), [2, 0, 3]);
    assert_eq!(reference(&[numbers(&[2, 3, 0], 0)], &along(1)).unwrap().shape(), [2, 3, 0]);
}

#[test]
fn twice_backwards_is_forwards() {
    let x = numbers(&[2, 3, 4], 0);
    for axis in 0..3 {
        let twice = |b: &Builder, x: &[Value]| b.flip(b.flip(x[0], axis)?, axis);
        assert_eq!(reference(std::slice::from_ref(&x), &twice).unwrap(), x);
    }
}

#[test]
fn gradients_are_those_of_central_differences() {
    for axis in 0..3 {
        assert_gradients(&[numbers(&[2, 3, 2], 0)], &[0], &along(axis));
    }
}

#[test]
fn executors_agree() {
    for axis in 0..3 {
        assert_executors_agree(&[numbers(&[3, 7, 9], 0)], &along(axis));
    }
}
