use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, has_gradient, numbers, reference, shape_after,
    shape_error,
};

fn emit(b: &Builder, x: &[Value]) -> Result<Value> {
    b.select(x[0], x[1], x[2])
}

/// 0 and 1 by turns.
fn condition(dims: &[usize]) -> ndarray::ArrayD<f64> {
    let data: Vec<f64> = (0..dims.iter().product()).map(|index| (index % 2) as f64).collect();
    array(dims, &data)
}

#[test]
fn the_shape_is_that_of_all_three_broadcast() {
    let shapes = [Shape::new([None, Some(1)]), Shape::scalar(), Shape::known(&[4])];
    assert_eq!(shape_after(&shapes, &emit).unwrap(), Shape::new([None, Some(4)]));
}

#[test]
fn a_condition_that_does_not_broadcast_is_an_error() {
    let text = shape_error(&[Shape::known(&[2]), Shape::known(&[3]), Shape::scalar()], &emit);
    assert_eq!(text, "select: expected shapes that broadcast (equal sizes or 1), got [2] and [3]");
}

#[test]
fn every_number_but_0_chooses_the_first() {
    let inputs =
        [array(&[5], &[0.0, -0.0, 1.0, -3.0, f64::NAN]), array(&[5], &[1.0; 5]), array(&[1], &[2.0])];
    assert_eq!(reference(&inputs, &emit).unwrap(), array(&[5], &[2.0, 2.0, 1.0, 1.0, 1.0]));
}

#[test]
fn what_is_not_chosen_does_not_matter_even_if_it_is_nan() {
    let inputs = [condition(&[2]), array(&[2], &[f64::NAN, 3.0]), array(&[2], &[4.0, f64::INFINITY])];
    assert_eq!(reference(&inputs, &emit).unwrap(), array(&[2], &[4.0, 3.0]));
}

#[test]
fn gradients_are_those_of_central_differences() {
    for sizes in [[&[2, 3][..], &[2, 3], &[2, 3]], [&[2, 1], &[3], &[]], [&[], &[2, 2], &[2]]] {
        let inputs = [condition(sizes[0]), numbers(sizes[1], 0), numbers(sizes[2], 50)];
        assert_gradients(&inputs, &[1, 2], &emit);
    }
}

#[test]
fn the_condition_has_no_gradient() {
    assert!(!has_gradient(&[Shape::known(&[2]), Shape::scalar(), Shape::scalar()], 0, &emit));
}

#[test]
fn executors_agree() {
    for sizes in [[&[3, 5][..], &[5], &[3, 1]], [&[0], &[0], &[]], [&[17], &[17], &[17]]] {
        let inputs = [condition(sizes[0]), numbers(sizes[1], 0), numbers(sizes[2], 50)];
        assert_executors_agree(&inputs, &emit);
    }
}
