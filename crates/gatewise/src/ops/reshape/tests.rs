use super::*;
use crate::builder::{Builder, Mode};
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};

fn to(dims: &[usize]) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    let shape = Shape::known(dims);
    move |b, x| b.reshape(x[0], &shape)
}

#[test]
fn unknown_sizes_fit_everything() {
    let flat = Shape::new([None, Some(6)]);
    let after = shape_after(&[Shape::new([None, Some(2), Some(3)])], &|b, x| b.reshape(x[0], &flat));
    assert_eq!(after.unwrap(), flat);
}

#[test]
fn another_number_of_elements_is_an_error() {
    let text = shape_error(&[Shape::known(&[2, 3])], &to(&[4]));
    assert_eq!(text, "reshape: expected as many elements as [2, 3] has, got [4]");
    assert!(shape_error(&[Shape::known(&[0])], &to(&[])).contains("got []"));
}

#[test]
fn elements_keep_their_order() {
    let data = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let result = reference(&[array(&[2, 3], &data)], &to(&[3, 2])).unwrap();
    assert_eq!(result, array(&[3, 2], &data));
    assert_eq!(reference(&[numbers(&[0, 3], 0)], &to(&[5, 0])).unwrap().shape(), [5, 0]);
}

#[test]
fn the_same_shape_is_the_same_value() {
    let b = Builder::new(Mode::Inference);
    let x = b.input("x", &Shape::known(&[2]));
    assert_eq!(b.reshape(x, &Shape::known(&[2])).unwrap(), x);
}

#[test]
fn gradients_are_those_of_central_differences() {
    assert_gradients(&[numbers(&[2, 3], 0)], &[0], &to(&[6, 1]));
    assert_gradients(&[numbers(&[1], 0)], &[0], &to(&[]));
}

#[test]
fn executors_agree() {
    for (from, into) in [(&[17, 3][..], &[3, 17][..]), (&[0], &[0, 2]), (&[], &[1, 1])] {
        assert_executors_agree(&[numbers(from, 0)], &to(into));
    }
}

#[test]
fn a_value_can_be_read_in_both_shapes_at_once() {
    let pairs = reference(&[array(&[2], &[1.0, 2.0])], &|b, x| {
        let sum = b.add(x[0], x[0])?;
        b.add(b.reshape(sum, &Shape::known(&[2, 1]))?, sum)
    });
    assert_eq!(pairs.unwrap(), array(&[2, 2], &[4.0, 6.0, 6.0, 8.0]));
}
