use super::*;
use crate::ops::Op;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, has_gradient, numbers, reference, shape_after,
    shape_error,
};

const ARITHMETIC: [Binary; 6] =
    [Binary::Add, Binary::Sub, Binary::Mul, Binary::Div, Binary::Maximum, Binary::Minimum];

const COMPARISONS: [Binary; 3] = [Binary::Greater, Binary::GreaterEqual, Binary::Equal];

/// Pairs of sizes that broadcast, in every way in which one of them is repeated.
const SIZES: [(&[usize], &[usize]); 15] = [
    (&[2, 3], &[2, 3]),
    (&[2, 3], &[]),
    (&[], &[2, 3]),
    (&[], &[]),
    (&[1, 1], &[1]),
    (&[2, 3], &[3]),
    (&[3], &[2, 3]),
    (&[2, 3], &[1, 3]),
    (&[3], &[1, 3]),
    (&[2, 1], &[1, 3]),
    (&[2, 1, 3], &[4, 1]),
    (&[2, 4, 3], &[1, 4, 1]),
    (&[0, 3], &[3]),
    (&[3, 0], &[3, 1]),
    (&[2, 17], &[17]),
];

fn emit(function: Binary) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.emit(Op::Binary(function), x)
}

/// Two arrays without ties; the second stays away from 0.
fn arguments(sizes: (&[usize], &[usize])) -> [ndarray::ArrayD<f64>; 2] {
    [numbers(sizes.0, 0), numbers(sizes.1, 100).mapv(|y| y + y.signum())]
}

#[test]
fn shapes_broadcast_with_unknown_sizes_too() {
    let after = |x: &Shape, y: &Shape| shape_after(&[x.clone(), y.clone()], &emit(Binary::Add)).unwrap();
    let batch = Shape::new([None, Some(3)]);
    assert_eq!(after(&batch, &Shape::scalar()), batch);
    assert_eq!(after(&batch, &Shape::known(&[3])), batch);
    assert_eq!(after(&Shape::known(&[2, 1]), &Shape::known(&[1, 4])), Shape::known(&[2, 4]));
}

#[test]
fn shapes_that_do_not_broadcast_are_an_error_with_the_name_of_the_operation() {
    let text = shape_error(&[Shape::known(&[2, 3]), Shape::known(&[2])], &emit(Binary::Maximum));
    assert_eq!(text, "maximum: expected shapes that broadcast (equal sizes or 1), got [2, 3] and [2]");
}

#[test]
fn the_values_are_those_of_the_formulas() {
    let at = |x: f64, y: f64| ARITHMETIC.map(|function| function.apply(x, y));
    assert_eq!(at(6.0, -2.0), [4.0, 8.0, -12.0, -3.0, 6.0, -2.0]);
    assert_eq!(at(-1.0, 4.0), [3.0, -5.0, -4.0, -0.25, 4.0, -1.0]);
    let compare = |x: f64, y: f64| COMPARISONS.map(|function| function.apply(x, y));
    assert_eq!(compare(2.0, 1.0), [1.0, 1.0, 0.0]);
    assert_eq!(compare(1.0, 1.0), [0.0, 1.0, 1.0]);
    assert_eq!(compare(1.0, 2.0), [0.0, 0.0, 0.0]);
}

#[test]
fn nan_reaches_every_result_and_equals_nothing() {
    for function in ARITHMETIC {
        assert!(function.apply(f64::NAN, 1.0).is_nan(), "{function:?}");
        assert!(function.apply(1.0, f64::NAN).is_nan(), "{function:?}");
    }
    assert_eq!(COMPARISONS.map(|function| function.apply(f64::NAN, f64::NAN)), [0.0; 3]);
}

#[test]
fn a_row_and_a_column_meet_in_every_pair() {
    let inputs = [array(&[2, 1], &[10.0, 20.0]), array(&[3], &[1.0, 2.0, 3.0])];
    let sums = reference(&inputs, &emit(Binary::Add)).unwrap();
    assert_eq!(sums, array(&[2, 3], &[11.0, 12.0, 13.0, 21.0, 22.0, 23.0]));
}

#[test]
fn gradients_are_those_of_central_differences_for_every_broadcast() {
    for function in ARITHMETIC {
        for sizes in SIZES {
            assert_gradients(&arguments(sizes), &[0, 1], &emit(function));
        }
    }
}

#[test]
fn the_gradient_of_a_tie_goes_to_the_first() {
    for function in [Binary::Maximum, Binary::Minimum] {
        let by = |input: usize| {
            let same = array(&[1], &[0.5]);
            let result = reference(&[same.clone(), same], &|b, x| {
                let loss = b.sum_all(b.emit(Op::Binary(function), x)?)?;
                Ok(b.gradients(loss, x)?[input].expect("a gradient"))
            });
            result.unwrap()[[0]]
        };
        assert_eq!([by(0), by(1)], [1.0, 0.0], "{function:?}");
    }
}

#[test]
fn comparisons_have_no_gradient() {
    let shapes = [Shape::known(&[2]), Shape::known(&[2])];
    for function in COMPARISONS {
        assert!((0..2).all(|input| !has_gradient(&shapes, input, &emit(function))), "{function:?}");
    }
}

#[test]
fn an_array_times_itself_gets_both_gradients() {
    assert_gradients(&[numbers(&[3], 0)], &[0], &|b, x| b.mul(x[0], x[0]));
}

#[test]
fn executors_agree_for_every_broadcast() {
    for function in ARITHMETIC.into_iter().chain(COMPARISONS) {
        for sizes in SIZES {
            assert_executors_agree(&arguments(sizes), &emit(function));
        }
    }
}

#[test]
fn powers_are_those_of_the_formula_and_have_both_gradients() {
    let at = |x: f64, y: f64| Binary::Power.apply(x, y);
    assert_eq!([at(3.0, 2.0), at(4.0, 0.5), at(0.0, 0.0), at(0.0, 1.5)], [9.0, 2.0, 1.0, 0.0]);
    assert!(at(-2.0, 0.5).is_nan() && at(f64::NAN, 2.0).is_nan());
    for sizes in SIZES {
        let [x, y] = arguments(sizes);
        let positive = [x.mapv(|x| x.abs() + 0.1), y];
        assert_gradients(&positive, &[0, 1], &emit(Binary::Power));
        assert_executors_agree(&positive, &emit(Binary::Power));
    }
}

#[test]
fn powers_of_zero_have_finite_gradients_where_the_formula_has() {
    let gradient = |x: f64, y: f64| {
        let by = |input: usize| {
            reference(&[array(&[1], &[x]), array(&[1], &[y])], &|b, x| {
                let loss = b.sum_all(b.emit(Op::Binary(Binary::Power), x)?)?;
                Ok(b.gradients(loss, x)?[input].expect("a gradient"))
            })
            .unwrap()[[0]]
        };
        [by(0), by(1)]
    };
    assert_eq!(gradient(0.0, 0.0), [0.0, 0.0]);
    assert_eq!(gradient(0.0, 1.0), [1.0, 0.0]);
    assert_eq!(gradient(0.0, 2.5), [0.0, 0.0]);
    assert_eq!(gradient(0.0, 0.5), [f64::INFINITY, 0.0]);
    assert_eq!(gradient(-2.0, 2.0), [-4.0, 0.0]);
}
