use super::*;
use crate::builder::Builder;
use crate::ops::testing::{array, assert_executors_agree, has_gradient, numbers, reference, shape_after};

fn among(classes: usize) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.one_hot("loss", x[0], classes)
}

#[test]
fn every_id_becomes_a_row_of_classes() {
    let after = |ids: Shape| shape_after(&[ids], &among(4)).unwrap();
    assert_eq!(after(Shape::new([None, Some(2)])), Shape::new([None, Some(2), Some(4)]));
    assert_eq!(after(Shape::scalar()), Shape::known(&[4]));
}

#[test]
fn the_named_class_is_1_and_the_others_are_0() {
    let rows = reference(&[array(&[2], &[2.0, 0.0])], &among(3)).unwrap();
    assert_eq!(rows, array(&[2, 3], &[0.0, 0.0, 1.0, 1.0, 0.0, 0.0]));
    assert_eq!(reference(&[numbers(&[0], 0)], &among(3)).unwrap().shape(), [0, 3]);
}

#[test]
fn what_is_no_class_is_an_error_that_shows_it() {
    for (id, shown) in [(3.0, "3"), (-1.0, "-1"), (0.25, "0.25"), (f64::NAN, "NaN")] {
        let error = reference(&[array(&[1, 2], &[1.0, id])], &among(3)).unwrap_err();
        assert!(error.is_data());
        let place = "at position 1 of the flattened input";
        assert_eq!(
            error.to_string(),
            format!("loss: expected whole numbers from 0 to 2, got {shown} {place}")
        );
    }
}

#[test]
fn ids_have_no_gradient() {
    assert!(!has_gradient(&[Shape::known(&[2])], 0, &among(3)));
}

#[test]
fn executors_agree() {
    assert_executors_agree(&[array(&[2, 2], &[0.0, 16.0, 7.0, 8.0])], &among(17));
}
