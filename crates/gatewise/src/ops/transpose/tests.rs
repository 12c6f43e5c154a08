use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

fn by(axes: &[usize]) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.transpose(x[0], axes)
}

#[test]
fn sizes_move_with_their_axes() {
    let shape = [Shape::new([None, Some(2), Some(3)])];
    assert_eq!(shape_after(&shape, &by(&[2, 0, 1])).unwrap(), Shape::new([Some(3), None, Some(2)]));
    assert_eq!(shape_after(&[Shape::scalar()], &by(&[])).unwrap(), Shape::scalar());
}

#[test]
fn an_order_that_is_none_is_an_error() {
    for axes in [&[0, 0][..], &[0], &[0, 2], &[0, 1, 2]] {
        let text = shape_error(&[Shape::known(&[2, 3])], &by(axes));
        assert_eq!(text, format!("transpose: expected each axis of [2, 3] once, got the order {axes:?}"));
    }
}

#[test]
fn elements_move_with_their_axes() {
    let x = [array(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])];
    assert_eq!(reference(&x, &by(&[1, 0])).unwrap(), array(&[3, 2], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]));
    let x = numbers(&[2, 3, 4], 0);
    for axes in ORDERS {
        let expected = x.view().permuted_axes(axes.to_vec());
        assert_eq!(reference(std::slice::from_ref(&x), &by(&axes)).unwrap(), expected);
    }
    assert_eq!(reference(&[numbers(&[2, 0, 3], 0)], &by(&[2, 1, 0])).unwrap().shape(), [3, 0, 2]);
}

#[test]
fn gradients_are_those_of_central_differences() {
    for axes in ORDERS {
        assert_gradients(&[numbers(&[2, 3, 4], 0)], &[0], &by(&axes));
    }
}

#[test]
fn executors_agree() {
    for axes in ORDERS {
        assert_executors_agree(&[numbers(&[3, 9, 7], 0)], &by(&axes));
    }
}
