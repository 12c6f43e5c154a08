use super::*;
use crate::builder::Builder;
use crate::ops::Op;
use crate::ops::testing::{array, assert_executors_agree, has_gradient, reference, shape_after};

fn emit(b: &Builder, x: &[Value]) -> Result<Value> {
    b.emit(Op::Ids(Ids { subject: "embedding".into(), rows: 3 }), x)
}

#[test]
fn ids_pass_as_they_are() {
    let ids = array(&[2, 2], &[2.0, 0.0, 1.0, 2.0]);
    assert_eq!(reference(std::slice::from_ref(&ids), &emit).unwrap(), ids);
    let shape = Shape::new([None, Some(2)]);
    assert_eq!(shape_after(std::slice::from_ref(&shape), &emit).unwrap(), shape);
    assert_executors_agree(&[ids], &emit);
}

#[test]
fn what_is_no_row_is_an_error_that_shows_it() {
    for (id, shown) in [(3.0, "got 3 "), (-1.0, "got -1 "), (0.5, "got 0.5 "), (f64::NAN, "got NaN ")] {
        let error = reference(&[array(&[2], &[1.0, id])], &emit).unwrap_err();
        assert!(error.is_data());
        let text = error.to_string();
        assert!(text.contains(shown) && text.contains("at position 1 of the flattened input"), "{text}");
    }
}

#[test]
fn ids_have_no_gradient() {
    assert!(!has_gradient(&[Shape::known(&[2])], 0, &emit));
}
