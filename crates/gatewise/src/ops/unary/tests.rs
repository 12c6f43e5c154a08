use super::*;
use crate::ops::Op;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, fast, has_gradient, numbers, reference, shape_after,
};

const ALL: [Unary; 12] = [
    Unary::Neg,
    Unary::Abs,
    Unary::Sign,
    Unary::Exp,
    Unary::Log,
    Unary::Sqrt,
    Unary::Square,
    Unary::Reciprocal,
    Unary::Tanh,
    Unary::Sigmoid,
    Unary::Softplus,
    Unary::Erf,
];

fn emit(function: Unary) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.emit(Op::Unary(function), &[x[0]])
}

/// Numbers of the function's domain: positive ones for logarithm and root.
fn in_domain(function: Unary, dims: &[usize]) -> ndarray::ArrayD<f64> {
    let x = numbers(dims, 3).mapv(|x| 2.0 * x + 0.3 * x.signum());
    match function {
        Unary::Log | Unary::Sqrt | Unary::Reciprocal => x.mapv(f64::abs),
        _ => x,
    }
}

#[test]
fn the_result_has_the_shape_of_the_argument() {
    for shape in [Shape::scalar(), Shape::new([None, Some(0), Some(3)])] {
        assert_eq!(shape_after(std::slice::from_ref(&shape), &emit(Unary::Exp)).unwrap(), shape);
    }
}

#[test]
fn the_values_are_those_of_the_formulas() {
    let at = |function: Unary, x: f64| function.apply(x);
    assert_eq!([at(Unary::Neg, 2.0), at(Unary::Abs, -2.0), at(Unary::Square, -3.0)], [-2.0, 2.0, 9.0]);
    assert_eq!([-4.0, 0.0, 0.5].map(|x| at(Unary::Sign, x)), [-1.0, 0.0, 1.0]);
    assert_eq!([at(Unary::Exp, 0.0), at(Unary::Log, 1.0), at(Unary::Sqrt, 9.0)], [1.0, 0.0, 3.0]);
    assert_eq!([at(Unary::Reciprocal, 4.0), at(Unary::Tanh, 0.0), at(Unary::Sigmoid, 0.0)], [0.25, 0.0, 0.5]);
    // sigmoid(ln 3) = ¾, tanh(ln 2) = 3/5, softplus(0) = ln 2, erf(½) = 0.5204998778… (Abramowitz & Stegun, 7.1).
    let irrational = [
        (at(Unary::Sigmoid, 3.0_f64.ln()), 0.75),
        (at(Unary::Sigmoid, -(3.0_f64.ln())), 0.25),
        (at(Unary::Tanh, 2.0_f64.ln()), 0.6),
        (at(Unary::Softplus, 0.0), 2.0_f64.ln()),
        (at(Unary::Erf, 0.5), 0.520_499_877_8),
        (at(Unary::Erf, -0.5), -0.520_499_877_8),
    ];
    for (got, expected) in irrational {
        assert!((got - expected).abs() < 1e-10, "expected {expected}, got {got}");
    }
}

#[test]
fn large_arguments_saturate_and_do_not_overflow() {
    assert_eq!([-1000.0, 1000.0].map(|x: f64| Unary::Sigmoid.apply(x)), [0.0, 1.0]);
    assert_eq!([-1000.0, 1000.0].map(|x: f64| Unary::Softplus.apply(x)), [0.0, 1000.0]);
    let extremes = array(&[4], &[-1000.0, f64::NEG_INFINITY, 1000.0, f64::INFINITY]);
    for function in [Unary::Tanh, Unary::Sigmoid, Unary::Erf] {
        assert_executors_agree(std::slice::from_ref(&extremes), &emit(function));
    }
}

#[test]
fn nan_stays_nan_in_every_function_and_executor() {
    for function in ALL {
        // More than one vector of numbers, so that the vectorized part and the rest are both seen.
        let result = fast(&[array(&[19], &[f64::NAN; 19]).mapv(|x| x as f32)], &emit(function)).unwrap();
        assert!(result.iter().all(|x| x.is_nan()), "{function:?} gave {result}");
        assert!(function.apply(f64::NAN).is_nan(), "{function:?}");
    }
}

#[test]
fn gradients_are_those_of_central_differences() {
    for function in ALL.into_iter().filter(|function| *function != Unary::Sign) {
        assert_gradients(&[in_domain(function, &[2, 3])], &[0], &emit(function));
    }
}

#[test]
fn the_sign_has_no_gradient() {
    assert!(!has_gradient(&[Shape::known(&[2])], 0, &emit(Unary::Sign)));
}

#[test]
fn the_slope_of_the_absolute_value_is_0_at_0() {
    let result = reference(&[array(&[3], &[-2.0, 0.0, 2.0])], &|b, x| {
        let loss = b.sum_all(b.abs(x[0])?)?;
        Ok(b.gradients(loss, x)?[0].expect("a gradient"))
    });
    assert_eq!(result.unwrap(), array(&[3], &[-1.0, 0.0, 1.0]));
}

#[test]
fn executors_agree_at_awkward_lengths() {
    for function in ALL {
        for len in [0, 1, 3, 4, 7, 8, 9, 17, 33] {
            assert_executors_agree(&[in_domain(function, &[len])], &emit(function));
        }
    }
}
