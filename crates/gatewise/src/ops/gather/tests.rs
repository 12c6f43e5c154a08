use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, has_gradient, numbers, reference, shape_after,
    shape_error,
};

fn emit(b: &Builder, x: &[Value]) -> Result<Value> {
    b.gather("embedding", x[0], x[1])
}

/// The error for one id.
fn error_of(id: f64) -> Error {
    reference(&[numbers(&[3, 2], 0), array(&[2], &[1.0, id])], &emit).unwrap_err()
}

#[test]
fn every_id_becomes_a_row() {
    let shapes = [Shape::known(&[10, 4]), Shape::new([None, None])];
    assert_eq!(shape_after(&shapes, &emit).unwrap(), Shape::new([None, None, Some(4)]));
    let shapes = [Shape::known(&[10, 4]), Shape::scalar()];
    assert_eq!(shape_after(&shapes, &emit).unwrap(), Shape::known(&[4]));
}

#[test]
fn a_table_that_is_no_matrix_is_an_error() {
    let text = shape_error(&[Shape::known(&[10]), Shape::known(&[2])], &emit);
    assert_eq!(text, "embedding: expected a table [rows, width], got [10]");
}

#[test]
fn rows_are_looked_up_in_the_order_of_the_ids() {
    let table = array(&[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let result = reference(&[table, array(&[3], &[2.0, 0.0, 2.0])], &emit).unwrap();
    assert_eq!(result, array(&[3, 2], &[5.0, 6.0, 1.0, 2.0, 5.0, 6.0]));
    assert_eq!(reference(&[numbers(&[3, 2], 0), numbers(&[0], 0)], &emit).unwrap().shape(), [0, 2]);
}

#[test]
fn what_is_no_row_is_an_error_that_shows_it() {
    let error = error_of(3.0);
    assert!(error.is_data());
    let text = "embedding: expected whole numbers from 0 to 2, got 3 at position 1 of the flattened input";
    assert_eq!(error.to_string(), text);
    for (id, shown) in [(-1.0, "got -1 "), (0.5, "got 0.5 "), (-0.5, "got -0.5 "), (f64::NAN, "got NaN ")] {
        assert!(error_of(id).to_string().contains(shown), "{}", error_of(id));
    }
    assert!(error_of(1e300).is_data() && error_of(f64::INFINITY).is_data());
}

#[test]
fn gradients_are_those_of_central_differences_for_repeated_ids_too() {
    let ids = array(&[2, 2], &[1.0, 3.0, 1.0, 1.0]);
    assert_gradients(&[numbers(&[4, 3], 0), ids], &[0], &emit);
}

#[test]
fn ids_have_no_gradient() {
    assert!(!has_gradient(&[Shape::known(&[3, 2]), Shape::known(&[2])], 1, &emit));
}

#[test]
fn executors_agree() {
    assert_executors_agree(&[numbers(&[5, 17], 0), array(&[3], &[4.0, 0.0, 4.0])], &emit);
    assert_executors_agree(&[numbers(&[5, 0], 0), array(&[3], &[4.0, 0.0, 4.0])], &emit);
}
