use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};

fn window(size: usize, stride: usize, dilation: usize, padding: Padding) -> Window {
    Window { size, stride, dilation, padding }
}

fn emit(window: Window) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.windows(x[0], window)
}

#[test]
fn the_number_of_windows_is_known_where_that_of_steps_is() {
    let shape = |steps| [Shape::new([None, steps, Some(4)])];
    let valid = window(3, 2, 1, Padding::Valid);
    let expected = Shape::new([None, Some(3), Some(3), Some(4)]);
    assert_eq!(shape_after(&shape(Some(7)), &emit(valid)).unwrap(), expected);
    let expected = Shape::new([None, None, Some(3), Some(4)]);
    assert_eq!(shape_after(&shape(None), &emit(valid)).unwrap(), expected);
    let same = window(3, 2, 1, Padding::Same);
    let expected = Shape::new([None, Some(1), Some(3), Some(4)]);
    assert_eq!(shape_after(&shape(Some(1)), &emit(same)).unwrap(), expected);
}

#[test]
fn shapes_that_do_not_fit_are_errors() {
    let valid = window(3, 1, 2, Padding::Valid);
    let text = shape_error(&[Shape::known(&[2, 4])], &emit(valid));
    assert_eq!(text, "windows: expected an array [batch, time, channels], got [2, 4]");
    let text = shape_error(&[Shape::known(&[2, 4, 1])], &emit(valid));
    assert_eq!(text, "windows: expected at least 5 steps for a window, got 4");
}

#[test]
fn windows_are_laid_out_one_after_another() {
    let x = [array(&[1, 3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])];
    let valid = array(&[1, 2, 2, 2], &[1.0, 2.0, 3.0, 4.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(reference(&x, &emit(window(2, 1, 1, Padding::Valid))).unwrap(), valid);
    let causal = array(&[1, 2, 2, 2], &[0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(reference(&x, &emit(window(2, 2, 1, Padding::Causal))).unwrap(), causal);
    let dilated = array(&[1, 1, 2, 2], &[1.0, 2.0, 5.0, 6.0]);
    assert_eq!(reference(&x, &emit(window(2, 1, 2, Padding::Valid))).unwrap(), dilated);
}

#[test]
fn sequences_do_not_reach_into_each_other() {
    let x = [array(&[2, 2, 1], &[1.0, 2.0, 3.0, 4.0])];
    let same = array(&[2, 2, 3, 1], &[0.0, 1.0, 2.0, 1.0, 2.0, 0.0, 0.0, 3.0, 4.0, 3.0, 4.0, 0.0]);
    assert_eq!(reference(&x, &emit(window(3, 1, 1, Padding::Same))).unwrap(), same);
}

#[test]
fn gradients_are_those_of_central_differences() {
    for padding in Padding::ALL {
        for (size, stride, dilation) in [(1, 1, 1), (3, 1, 1), (2, 3, 1), (3, 1, 2), (4, 2, 1)] {
            let emit = emit(window(size, stride, dilation, padding));
            assert_gradients(&[numbers(&[2, 6, 2], 0)], &[0], &emit);
        }
    }
}

#[test]
fn the_gradient_along_an_unknown_size_is_an_error() {
    let text = shape_error(&[Shape::new([None, None, Some(1)])], &|b, x| {
        let loss = b.sum_all(b.windows(x[0], window(2, 1, 1, Padding::Same))?)?;
        Ok(b.gradients(loss, x)?[0].expect("a gradient"))
    });
    assert_eq!(text, "windows: expected a known size for its gradient");
}

#[test]
fn executors_agree() {
    for padding in Padding::ALL {
        assert_executors_agree(&[numbers(&[3, 7, 9], 0)], &emit(window(3, 2, 1, padding)));
        assert_executors_agree(&[numbers(&[3, 7, 0], 0)], &emit(window(3, 2, 1, padding)));
        assert_executors_agree(&[numbers(&[0, 7, 2], 0)], &emit(window(3, 1, 2, padding)));
    }
    assert_executors_agree(&[numbers(&[2, 0, 3], 0)], &emit(window(3, 1, 1, Padding::Same)));
}
