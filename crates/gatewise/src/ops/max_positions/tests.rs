use super::*;
use crate::builder::Builder;
use crate::ops::testing::{array, assert_executors_agree, has_gradient, numbers, reference, shape_after};
use crate::ops::window::Padding;

fn emit(size: usize, stride: usize, padding: Padding) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.max_positions(x[0], Window { size, stride, dilation: 1, padding })
}

#[test]
fn windows_are_laid_out_in_full() {
    let after = shape_after(&[Shape::new([None, Some(8), Some(4)])], &emit(3, 2, Padding::Same));
    assert_eq!(after.unwrap(), Shape::new([None, Some(4), Some(3), Some(4)]));
}

#[test]
fn the_first_of_the_largest_is_marked_in_each_channel() {
    let x = [array(&[1, 3, 2], &[-1.0, 5.0, -1.0, 7.0, -2.0, 7.0])];
    let marked = array(&[1, 2, 2, 2], &[1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    assert_eq!(reference(&x, &emit(2, 1, Padding::Valid)).unwrap(), marked);
    // The last window begins at the last step; its other slot is padding, which is never marked.
    let padded = array(&[1, 2, 2, 2], &[1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    assert_eq!(reference(&x, &emit(2, 2, Padding::Same)).unwrap(), padded);
}

#[test]
fn the_first_nan_is_the_largest() {
    let x = [array(&[1, 4, 1], &[1.0, f64::NAN, f64::NAN, f64::INFINITY])];
    let marked = array(&[1, 1, 4, 1], &[0.0, 1.0, 0.0, 0.0]);
    assert_eq!(reference(&x, &emit(4, 1, Padding::Valid)).unwrap(), marked);
}

#[test]
fn positions_have_no_gradient() {
    assert!(!has_gradient(&[Shape::known(&[1, 3, 2])], 0, &emit(2, 1, Padding::Valid)));
}

#[test]
fn executors_agree() {
    for dims in [[3, 7, 9], [3, 7, 0], [0, 7, 2]] {
        assert_executors_agree(&[numbers(&dims, 0)], &emit(3, 2, Padding::Same));
    }
}
