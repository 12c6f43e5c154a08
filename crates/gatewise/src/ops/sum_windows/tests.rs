use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};
use crate::ops::window::Padding;

fn window(size: usize, stride: usize, dilation: usize, padding: Padding) -> Window {
    Window { size, stride, dilation, padding }
}

fn emit(window: Window, steps: usize) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.sum_windows(x[0], window, steps)
}

#[test]
fn the_result_has_the_steps_of_the_sequence() {
    let window = window(2, 1, 1, Padding::Valid);
    let shape = [Shape::new([None, Some(4), Some(2), Some(3)])];
    let expected = Shape::new([None, Some(5), Some(3)]);
    assert_eq!(shape_after(&shape, &emit(window, 5)).unwrap(), expected);
}

#[test]
fn windows_of_another_number_or_size_are_errors() {
    let window = window(2, 1, 1, Padding::Valid);
    for dims in [&[1, 3, 2, 3][..], &[1, 4, 3, 3], &[1, 4, 2]] {
        let text = shape_error(&[Shape::known(dims)], &emit(window, 5));
        let expected =
            format!("sum_windows: expected an array [batch, 4, 2, channels], got {}", Shape::known(dims));
        assert_eq!(text, expected);
    }
}

#[test]
fn steps_are_summed_and_padding_is_lost() {
    let x = [array(&[1, 3, 2, 1], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])];
    let causal = array(&[1, 3, 1], &[5.0, 9.0, 6.0]);
    assert_eq!(reference(&x, &emit(window(2, 1, 1, Padding::Causal), 3)).unwrap(), causal);
    let unread = array(&[1, 6, 1], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(reference(&x, &emit(window(2, 2, 1, Padding::Valid), 6)).unwrap(), unread);
}

#[test]
fn gradients_are_those_of_central_differences() {
    assert_gradients(&[numbers(&[2, 3, 2, 2], 0)], &[0], &emit(window(2, 2, 1, Padding::Same), 5));
    assert_gradients(&[numbers(&[2, 2, 3, 1], 0)], &[0], &emit(window(3, 1, 2, Padding::Valid), 6));
}

#[test]
fn executors_agree() {
    let window = window(3, 2, 1, Padding::Same);
    assert_executors_agree(&[numbers(&[3, 4, 3, 9], 0)], &emit(window, 7));
    assert_executors_agree(&[numbers(&[0, 4, 3, 2], 0)], &emit(window, 7));
    assert_executors_agree(&[numbers(&[2, 0, 3, 2], 0)], &emit(window, 0));
}
