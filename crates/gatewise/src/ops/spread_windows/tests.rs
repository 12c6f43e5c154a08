use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};
use crate::ops::window::Padding;

fn emit(stride: usize, padding: Padding, steps: usize) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.spread_windows(x[0], Window { size: 2, stride, dilation: 1, padding }, steps)
}

#[test]
fn the_shape_is_that_of_the_sequence() {
    let after = shape_after(&[Shape::new([None, Some(4), Some(3)])], &emit(1, Padding::Valid, 5));
    assert_eq!(after.unwrap(), Shape::new([None, Some(5), Some(3)]));
    let text = shape_error(&[Shape::new([None, Some(3), Some(3)])], &emit(1, Padding::Valid, 5));
    assert_eq!(text, "spread_windows: expected an array [batch, 4, channels], got [None, 3, 3]");
}

#[test]
fn every_step_of_a_window_is_given_an_equal_share() {
    let x = [array(&[1, 2, 1], &[4.0, 6.0])];
    let valid = array(&[1, 3, 1], &[2.0, 5.0, 3.0]);
    assert_eq!(reference(&x, &emit(1, Padding::Valid, 3)).unwrap(), valid);
    // The second window of the padded sequence has one step.
    let same = array(&[1, 3, 1], &[2.0, 2.0, 6.0]);
    assert_eq!(reference(&x, &emit(2, Padding::Same, 3)).unwrap(), same);
}

#[test]
fn gradients_are_those_of_central_differences() {
    for padding in [Padding::Valid, Padding::Same] {
        assert_gradients(&[numbers(&[2, 3, 2], 0)], &[0], &emit(2, padding, 6));
    }
}

#[test]
fn executors_agree() {
    for dims in [[2, 3, 9], [0, 3, 2], [2, 3, 0]] {
        assert_executors_agree(&[numbers(&dims, 0)], &emit(2, Padding::Same, 5));
    }
    assert_executors_agree(&[numbers(&[2, 0, 2], 0)], &emit(2, Padding::Same, 0));
}
