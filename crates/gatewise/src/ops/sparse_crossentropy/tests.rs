use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, has_gradient, numbers, reference, shape_after,
    shape_error,
};

fn emit(b: &Builder, x: &[Value]) -> Result<Value> {
    b.sparse_crossentropy("loss", x[0], x[1])
}

/// Class numbers of so many rows among so many classes.
fn ids(rows: usize, classes: usize) -> ndarray::ArrayD<f64> {
    array(&[rows], &(0..rows).map(|row| (7 * row % classes) as f64).collect::<Vec<_>>())
}

#[test]
fn every_row_of_logits_becomes_a_number() {
    let shapes = [Shape::new([None, Some(4), Some(9)]), Shape::new([None, Some(4)])];
    assert_eq!(shape_after(&shapes, &emit).unwrap(), Shape::new([None, Some(4)]));
}

#[test]
fn shapes_that_do_not_fit_are_errors() {
    let text = shape_error(&[Shape::known(&[2, 3]), Shape::known(&[2, 3])], &emit);
    assert_eq!(text, "loss: expected logits [..., classes] and class numbers [...], got [2, 3] and [2, 3]");
    let text = shape_error(&[Shape::known(&[2, 3]), Shape::known(&[3])], &emit);
    assert_eq!(text, "loss: expected logits [..., classes] and class numbers [...], got [2, 3] and [3]");
    let text = shape_error(&[Shape::known(&[2, 0]), Shape::known(&[2])], &emit);
    assert_eq!(text, "loss: expected at least one class, got [2, 0]");
}

#[test]
fn the_loss_is_minus_the_logarithm_of_the_softmax_at_the_class() {
    let logits = array(&[3, 2], &[0.0, 1.0, 3.0, 3.0, 1000.0, 0.0]);
    let losses = reference(&[logits, array(&[3], &[1.0, 0.0, 1.0])], &emit).unwrap();
    let expected = [(1.0 + (-1.0f64).exp()).ln(), 2.0f64.ln(), 1000.0];
    for (got, expected) in losses.iter().zip(expected) {
        assert!((got - expected).abs() < 1e-12 * expected.max(1.0), "{got}, expected {expected}");
    }
}

#[test]
fn what_is_no_class_is_an_error_that_shows_it() {
    for (id, shown) in [(3.0, "3"), (-1.0, "-1"), (0.25, "0.25"), (f64::NAN, "NaN")] {
        let error = reference(&[numbers(&[2, 3], 0), array(&[2], &[1.0, id])], &emit).unwrap_err();
        assert!(error.is_data());
        let text = format!(
            "loss: expected whole numbers from 0 to 2, got {shown} at position 1 of the flattened input"
        );
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn gradients_are_those_of_central_differences() {
    assert_gradients(&[numbers(&[4, 3], 0), ids(4, 3)], &[0], &emit);
    assert_gradients(&[numbers(&[2, 1], 0), ids(2, 1)], &[0], &emit);
    assert!(!has_gradient(&[Shape::known(&[2, 3]), Shape::known(&[2])], 1, &emit));
}

#[test]
fn executors_agree() {
    assert_executors_agree(&[numbers(&[5, 17], 0), ids(5, 17)], &emit);
    assert_executors_agree(&[numbers(&[0, 17], 0), ids(0, 17)], &emit);
}

/// Large enough for several threads, with rows left over.
#[test]
fn errors_of_many_rows_are_those_of_few() {
    let (count, classes) = (WORTH_A_THREAD / 100 + 3, 100);
    let (logits, ids) = (numbers(&[count, classes], 0), ids(count, classes));
    let gradient = |b: &Builder, x: &[Value]| {
        let total = b.sum_all(emit(b, x)?)?;
        Ok(b.gradients(total, &[x[0]])?[0].expect("logits have a gradient"))
    };
    let all = reference(&[logits.clone(), ids.clone()], &gradient).unwrap();
    for row in [0, 1, ROWS, count / 2, count - 1] {
        let part =
            |array: &ndarray::ArrayD<f64>| array.slice_axis(ndarray::Axis(0), (row..=row).into()).to_owned();
        assert_eq!(reference(&[part(&logits), part(&ids)], &gradient).unwrap(), part(&all), "row {row}");
    }
}
