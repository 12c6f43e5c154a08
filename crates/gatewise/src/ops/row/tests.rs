use super::*;
use crate::builder::Builder;
use crate::ops::Op;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};

const ALL: [Row; 3] = [Row::Softmax, Row::LogSoftmax, Row::Sparsemax];

fn emit(row: Row) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.emit(Op::Row(row), x)
}

/// The function of one row.
fn of(row: Row, x: &[f64]) -> Vec<f64> {
    reference(&[array(&[x.len()], x)], &emit(row)).unwrap().iter().copied().collect()
}

fn assert_close(got: &[f64], expected: &[f64]) {
    assert_eq!(got.len(), expected.len());
    let is_close = got.iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 1e-12);
    assert!(is_close, "expected {expected:?}, got {got:?}");
}

#[test]
fn the_shape_stays() {
    let shape = Shape::new([None, Some(3)]);
    for row in ALL {
        assert_eq!(shape_after(std::slice::from_ref(&shape), &emit(row)).unwrap(), shape);
    }
}

#[test]
fn a_single_number_without_an_axis_is_an_error() {
    let text = shape_error(&[Shape::scalar()], &emit(Row::Softmax));
    assert_eq!(text, "softmax: expected an array with at least one axis, got a scalar");
}

#[test]
fn the_values_are_those_of_the_formulas() {
    let x = [0.0, 2.0_f64.ln(), 5.0_f64.ln()];
    assert_close(&of(Row::Softmax, &x), &[0.125, 0.25, 0.625]);
    assert_close(&of(Row::LogSoftmax, &x), &[0.125_f64.ln(), 0.25_f64.ln(), 0.625_f64.ln()]);
    // Two elements share what is above τ = (1 + 0.6 − 1) / 2 = 0.3; −1 is below it.
    assert_close(&of(Row::Sparsemax, &[0.6, -1.0, 1.0]), &[0.3, 0.0, 0.7]);
    // τ = (3 · 0.2 − 1) / 3 for equal numbers, 2 for one that is far above the others.
    assert_close(&of(Row::Sparsemax, &[0.2, 0.2, 0.2]), &[1.0 / 3.0; 3]);
    assert_close(&of(Row::Sparsemax, &[3.0, 0.5, 0.0]), &[1.0, 0.0, 0.0]);
}

#[test]
fn rows_are_separate() {
    let x = array(&[2, 1, 2], &[0.0, 0.0, 3.0_f64.ln(), 0.0]);
    let result = reference(&[x], &emit(Row::Softmax)).unwrap();
    assert_close(result.as_slice().unwrap(), &[0.5, 0.5, 0.75, 0.25]);
}

#[test]
fn large_numbers_do_not_overflow() {
    assert_eq!(of(Row::Softmax, &[1000.0, 0.0]), [1.0, 0.0]);
    assert_eq!(of(Row::LogSoftmax, &[1000.0, 0.0]), [0.0, -1000.0]);
    assert_eq!(of(Row::Sparsemax, &[1000.0, 0.0]), [1.0, 0.0]);
}

#[test]
fn minus_infinity_gets_no_share() {
    let x = [0.0, f64::NEG_INFINITY, 0.0];
    assert_eq!(of(Row::Softmax, &x), [0.5, 0.0, 0.5]);
    assert_eq!(of(Row::Sparsemax, &x), [0.5, 0.0, 0.5]);
    assert_eq!(of(Row::LogSoftmax, &x)[1], f64::NEG_INFINITY);
}

#[test]
fn a_row_with_nan_is_nan_throughout_and_no_other_row_is() {
    for row in ALL {
        let mut x = numbers(&[2, 40], 0);
        x[[0, 17]] = f64::NAN;
        let y = reference(&[x], &emit(row)).unwrap();
        assert!(y.iter().take(40).all(|y| y.is_nan()), "{row:?}");
        assert!(y.iter().skip(40).all(|y| y.is_finite()), "{row:?}");
    }
}

#[test]
fn rows_without_elements_stay_empty() {
    for row in ALL {
        assert_eq!(reference(&[numbers(&[3, 0], 0)], &emit(row)).unwrap().shape(), [3, 0]);
        assert_eq!(reference(&[numbers(&[0, 3], 0)], &emit(row)).unwrap().shape(), [0, 3]);
    }
}

#[test]
fn gradients_are_those_of_central_differences() {
    for row in ALL {
        assert_gradients(&[numbers(&[2, 2, 4], 0)], &[0], &emit(row));
        assert_gradients(&[numbers(&[1], 0)], &[0], &emit(row));
    }
}

#[test]
fn the_form_for_kernels_has_the_same_gradient() {
    for row in ALL {
        let inputs = [numbers(&[7], 0), numbers(&[7], 30)];
        let expected = reference(&inputs, &|b, x| {
            let loss = b.sum_all(b.mul(b.emit(Op::Row(row), &x[..1])?, x[1])?)?;
            Ok(b.gradients(loss, &x[..1])?[0].expect("a gradient"))
        });
        let y = of(row, inputs[0].as_slice().unwrap());
        let mut d = inputs[1].as_slice().unwrap().to_vec();
        row.apply_gradient(&y, &mut d);
        assert_close(&d, expected.unwrap().as_slice().unwrap());
    }
}

#[test]
fn executors_agree_at_awkward_sizes() {
    for row in ALL {
        for dims in [[1, 1], [3, 7], [2, 8], [2, 9], [5, 33]] {
            assert_executors_agree(&[numbers(&dims, 0).mapv(|x| 4.0 * x)], &emit(row));
        }
    }
}
