use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};

fn along(axis: usize) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.concatenate(x, axis)
}

#[test]
fn sizes_along_the_axis_add_up_and_others_complete_each_other() {
    let after = |shapes: &[Shape], axis| shape_after(shapes, &along(axis)).unwrap();
    let shapes = [Shape::new([None, Some(2), Some(3)]), Shape::new([Some(4), None, Some(5)])];
    assert_eq!(after(&shapes, 2), Shape::known(&[4, 2, 8]));
    let shapes = [Shape::new([None, Some(2)]), Shape::known(&[4, 2])];
    assert_eq!(after(&shapes, 0), Shape::new([None, Some(2)]));
    assert_eq!(after(&shapes[..1], 1), shapes[0]);
}

#[test]
fn shapes_that_do_not_fit_are_errors() {
    let error = |shapes: &[Shape], axis| shape_error(shapes, &along(axis));
    let text = "concatenate: expected arrays of equal sizes but along axis 1, got [2, 3] and [4, 3]";
    assert_eq!(error(&[Shape::known(&[2, 3]), Shape::known(&[4, 3])], 1), text);
    let text = "concatenate: expected arrays of equal sizes but along axis 0, got [2, 3] and [2]";
    assert_eq!(error(&[Shape::known(&[2, 3]), Shape::known(&[2])], 0), text);
    assert_eq!(error(&[Shape::known(&[2, 3])], 2), "concatenate: expected an axis below 2, got 2");
    assert_eq!(error(&[], 0), "concatenate: expected at least one array, got none");
}

#[test]
fn arrays_stand_one_after_another() {
    let x = [array(&[2, 2], &[1.0, 2.0, 3.0, 4.0]), array(&[2, 1], &[5.0, 6.0]), numbers(&[2, 0], 0)];
    let joined = array(&[2, 3], &[1.0, 2.0, 5.0, 3.0, 4.0, 6.0]);
    assert_eq!(reference(&x, &along(1)).unwrap(), joined);
    let x = [array(&[1, 2], &[1.0, f64::NAN]), array(&[2, 2], &[3.0, 4.0, 5.0, 6.0])];
    let joined = reference(&x, &along(0)).unwrap();
    assert_eq!(joined.shape(), [3, 2]);
    assert!(joined[[0, 1]].is_nan());
    assert_eq!(joined.iter().skip(2).copied().collect::<Vec<_>>(), [3.0, 4.0, 5.0, 6.0]);
    assert_eq!(reference(&[numbers(&[0, 2], 0), numbers(&[0, 1], 0)], &along(1)).unwrap().shape(), [0, 3]);
}

#[test]
fn gradients_are_those_of_central_differences() {
    for axis in 0..3 {
        let mut other = [2, 3, 2];
        other[axis] = 4;
        let x = [numbers(&[2, 3, 2], 0), numbers(&other, 50), numbers(&[2, 3, 2], 90)];
        assert_gradients(&x, &[0, 1, 2], &along(axis));
    }
    // One value in two places.
    assert_gradients(&[numbers(&[2, 3], 0)], &[0], &|b, x| b.concatenate(&[x[0], b.square(x[0])?, x[0]], 1));
}

#[test]
fn the_gradient_along_an_unknown_size_is_an_error() {
    let text = shape_error(&[Shape::new([None])], &|b, x| {
        let loss = b.sum_all(b.concatenate(&[x[0], x[0]], 0)?)?;
        Ok(b.gradients(loss, x)?[0].expect("a gradient"))
    });
    assert_eq!(text, "concatenate: expected known sizes for its gradient");
}

#[test]
fn executors_agree() {
    for axis in 0..2 {
        assert_executors_agree(&[numbers(&[3, 7], 0), numbers(&[3, 7], 5)], &along(axis));
    }
}
