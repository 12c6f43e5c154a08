use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};
use crate::ops::window::Padding;

fn emit(size: usize, stride: usize, padding: Padding) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.max_windows(x[0], Window { size, stride, dilation: 1, padding })
}

#[test]
fn there_is_a_row_for_each_window() {
    let after = shape_after(&[Shape::new([None, Some(8), Some(4)])], &emit(3, 2, Padding::Valid));
    assert_eq!(after.unwrap(), Shape::new([None, Some(3), Some(4)]));
    let text = shape_error(&[Shape::known(&[2, 4, 1])], &emit(5, 1, Padding::Valid));
    assert_eq!(text, "max_windows: expected at least 5 steps for a window, got 4");
}

#[test]
fn padding_is_smaller_than_every_number() {
    let x = [array(&[1, 3, 2], &[-1.0, -6.0, -2.0, -5.0, -3.0, -4.0])];
    let same = array(&[1, 2, 2], &[-1.0, -5.0, -3.0, -4.0]);
    assert_eq!(reference(&x, &emit(2, 2, Padding::Same)).unwrap(), same);
}

#[test]
fn infinities_and_nan_are_kept() {
    let x = [array(&[1, 4, 1], &[f64::NEG_INFINITY, f64::NEG_INFINITY, 1.0, f64::INFINITY])];
    let largest = array(&[1, 2, 1], &[f64::NEG_INFINITY, f64::INFINITY]);
    assert_eq!(reference(&x, &emit(2, 2, Padding::Valid)).unwrap(), largest);
    for numbers in [[f64::NAN, 1.0], [1.0, f64::NAN]] {
        let result = reference(&[array(&[1, 2, 1], &numbers)], &emit(2, 1, Padding::Valid)).unwrap();
        assert!(result[[0, 0, 0]].is_nan());
    }
}

#[test]
fn gradients_are_those_of_central_differences() {
    for padding in [Padding::Valid, Padding::Same] {
        for (size, stride) in [(1, 1), (3, 1), (2, 3), (4, 2)] {
            assert_gradients(&[numbers(&[2, 6, 2], 0)], &[0], &emit(size, stride, padding));
        }
    }
}

#[test]
fn at_a_tie_the_gradient_goes_to_the_first() {
    let x = array(&[1, 4, 1], &[1.0, 2.0, 2.0, 2.0]);
    let gradient = |b: &Builder, x: &[Value]| {
        let loss = b.sum_all(emit(3, 1, Padding::Valid)(b, x)?)?;
        Ok(b.gradients(loss, x)?[0].expect("a gradient"))
    };
    assert_eq!(reference(&[x], &gradient).unwrap(), array(&[1, 4, 1], &[0.0, 2.0, 0.0, 0.0]));
}

#[test]
fn executors_agree() {
    for padding in [Padding::Valid, Padding::Same] {
        for dims in [[3, 7, 9], [3, 7, 0], [0, 7, 2]] {
            assert_executors_agree(&[numbers(&dims, 0)], &emit(3, 2, padding));
        }
    }
}
