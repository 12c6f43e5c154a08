use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, has_gradient, numbers, reference, shape_after,
    shape_error,
};

fn into(dims: &[usize]) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    let table = Shape::known(dims);
    move |b, x| b.scatter_add(x[0], x[1], &table)
}

#[test]
fn the_result_has_the_shape_of_the_table() {
    let shapes = [Shape::new([None, None]), Shape::new([None, None, Some(4)])];
    assert_eq!(shape_after(&shapes, &into(&[10, 4])).unwrap(), Shape::known(&[10, 4]));
}

#[test]
fn rows_that_do_not_fit_are_an_error() {
    let error = |rows: &[usize]| shape_error(&[Shape::known(&[2]), Shape::known(rows)], &into(&[10, 4]));
    assert_eq!(error(&[2, 5]), "scatter_add: expected rows [2, 4], one an id, got [2, 5]");
    assert_eq!(error(&[3, 4]), "scatter_add: expected rows [2, 4], one an id, got [3, 4]");
    assert_eq!(error(&[4]), "scatter_add: expected rows [2, 4], one an id, got [4]");
}

#[test]
fn a_table_that_is_no_matrix_is_an_error() {
    let text = shape_error(&[Shape::known(&[2]), Shape::known(&[2, 4])], &into(&[4]));
    assert_eq!(text, "scatter_add: expected a table [rows, width], got [4]");
}

#[test]
fn rows_with_the_same_id_add_up() {
    let rows = array(&[3, 2], &[1.0, 2.0, 10.0, 20.0, 100.0, 200.0]);
    let result = reference(&[array(&[3], &[2.0, 0.0, 2.0]), rows], &into(&[3, 2])).unwrap();
    assert_eq!(result, array(&[3, 2], &[10.0, 20.0, 0.0, 0.0, 101.0, 202.0]));
}

#[test]
fn no_rows_leave_a_table_of_zeros() {
    let result = reference(&[numbers(&[0], 0), numbers(&[0, 2], 0)], &into(&[2, 2])).unwrap();
    assert_eq!(result, array(&[2, 2], &[0.0; 4]));
}

#[test]
fn an_id_outside_the_table_is_an_error() {
    let error = reference(&[array(&[1], &[2.0]), numbers(&[1, 2], 0)], &into(&[2, 2])).unwrap_err();
    let text = "scatter_add: expected whole numbers from 0 to 1, got 2 at position 0 of the flattened input";
    assert_eq!(error.to_string(), text);
}

#[test]
fn gradients_are_those_of_central_differences() {
    let ids = array(&[2, 2], &[1.0, 3.0, 1.0, 1.0]);
    assert_gradients(&[ids, numbers(&[2, 2, 3], 0)], &[1], &into(&[4, 3]));
}

#[test]
fn ids_have_no_gradient() {
    assert!(!has_gradient(&[Shape::known(&[2]), Shape::known(&[2, 3])], 0, &into(&[4, 3])));
}

#[test]
fn executors_agree() {
    let ids = array(&[4], &[4.0, 0.0, 4.0, 4.0]);
    assert_executors_agree(&[ids.clone(), numbers(&[4, 17], 0)], &into(&[5, 17]));
    assert_executors_agree(&[ids, numbers(&[4, 0], 0)], &into(&[5, 0]));
}
