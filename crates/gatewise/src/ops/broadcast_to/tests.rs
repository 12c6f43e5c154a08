use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};

fn emit(shape: Shape) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.broadcast_to(x[0], &shape)
}

fn to(dims: &[usize]) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    emit(Shape::known(dims))
}

#[test]
fn unknown_sizes_are_those_of_the_input() {
    let after = |from: Shape, to: Shape| shape_after(&[from], &emit(to)).unwrap();
    assert_eq!(after(Shape::known(&[2, 1]), Shape::new([None, Some(4)])), Shape::known(&[2, 4]));
    assert_eq!(after(Shape::new([None, Some(1)]), Shape::new([None, Some(4)])), Shape::new([None, Some(4)]));
    assert_eq!(after(Shape::scalar(), Shape::known(&[3, 2])), Shape::known(&[3, 2]));
}

#[test]
fn an_input_that_would_have_to_shrink_is_an_error() {
    let text = shape_error(&[Shape::known(&[2, 3])], &to(&[2, 1]));
    assert_eq!(text, "broadcast_to: expected a shape that broadcasts to [2, 1], got [2, 3]");
    let text = shape_error(&[Shape::known(&[2, 3])], &to(&[3]));
    assert_eq!(text, "broadcast_to: expected a shape that broadcasts to [3], got [2, 3]");
    assert!(shape_error(&[Shape::known(&[2])], &to(&[3])).contains("got [2] and [3]"));
}

#[test]
fn rows_and_columns_are_repeated() {
    let row = [array(&[3], &[1.0, 2.0, 3.0])];
    let expected = array(&[2, 3], &[1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
    assert_eq!(reference(&row, &to(&[2, 3])).unwrap(), expected);
    let column = [array(&[2, 1], &[1.0, 2.0])];
    let expected = array(&[2, 3], &[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
    assert_eq!(reference(&column, &to(&[2, 3])).unwrap(), expected);
    assert_eq!(reference(&column, &to(&[2, 0])).unwrap().len(), 0);
}

#[test]
fn gradients_are_those_of_central_differences() {
    for (from, into) in
        [(&[3][..], &[2, 3][..]), (&[2, 1], &[2, 3]), (&[], &[2]), (&[2, 1, 2], &[3, 2, 4, 2])]
    {
        assert_gradients(&[numbers(from, 0)], &[0], &to(into));
    }
}

#[test]
fn executors_agree() {
    for (from, into) in [(&[17][..], &[3, 17][..]), (&[9, 1], &[9, 7]), (&[1], &[0]), (&[0, 1], &[0, 4])] {
        assert_executors_agree(&[numbers(from, 0)], &to(into));
    }
}
