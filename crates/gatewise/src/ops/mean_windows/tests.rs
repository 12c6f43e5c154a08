use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};
use crate::ops::window::Padding;

fn emit(size: usize, stride: usize, padding: Padding) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.mean_windows(x[0], Window { size, stride, dilation: 1, padding })
}

#[test]
fn there_is_a_row_for_each_window() {
    let shape = |steps| [Shape::new([None, steps, Some(4)])];
    let after = |steps, padding| shape_after(&shape(steps), &emit(3, 2, padding)).unwrap();
    assert_eq!(after(Some(8), Padding::Valid), Shape::new([None, Some(3), Some(4)]));
    assert_eq!(after(Some(8), Padding::Same), Shape::new([None, Some(4), Some(4)]));
    assert_eq!(after(None, Padding::Same), Shape::new([None, None, Some(4)]));
}

#[test]
fn shapes_that_do_not_fit_are_errors() {
    let text = shape_error(&[Shape::known(&[2, 4])], &emit(3, 1, Padding::Valid));
    assert_eq!(text, "mean_windows: expected an array [batch, time, channels], got [2, 4]");
    let text = shape_error(&[Shape::known(&[2, 4, 1])], &emit(5, 1, Padding::Valid));
    assert_eq!(text, "mean_windows: expected at least 5 steps for a window, got 4");
}

#[test]
fn padding_counts_for_nothing() {
    let x = [array(&[2, 3, 1], &[1.0, 2.0, 6.0, 10.0, 20.0, 60.0])];
    let same = array(&[2, 2, 1], &[1.5, 6.0, 15.0, 60.0]);
    assert_eq!(reference(&x, &emit(2, 2, Padding::Same)).unwrap(), same);
    let valid = array(&[2, 1, 1], &[3.0, 30.0]);
    assert_eq!(reference(&x, &emit(3, 1, Padding::Valid)).unwrap(), valid);
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
fn the_gradient_along_an_unknown_size_is_an_error() {
    let text = shape_error(&[Shape::new([None, None, Some(1)])], &|b, x| {
        let loss = b.sum_all(emit(2, 1, Padding::Same)(b, x)?)?;
        Ok(b.gradients(loss, x)?[0].expect("a gradient"))
    });
    assert_eq!(text, "mean_windows: expected a known size for its gradient");
}

#[test]
fn executors_agree() {
    for padding in [Padding::Valid, Padding::Same] {
        for dims in [[3, 7, 9], [3, 7, 0], [0, 7, 2]] {
            assert_executors_agree(&[numbers(&dims, 0)], &emit(3, 2, padding));
        }
    }
    assert_executors_agree(&[numbers(&[2, 0, 3], 0)], &emit(3, 1, Padding::Same));
}
