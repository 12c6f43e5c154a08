//! The numbers that programs are run in: `f32`, and `f64` for the oracle.

use gatewise_kernels::formula::Formula;
use gatewise_kernels::{Real, vector};

use crate::ops::row::Row;
use crate::ops::unary::Unary;

/// `f32` or `f64`, with its fastest way to apply a function to many numbers.
pub(crate) trait Number: Real {
    /// The nearest number of this type.
    fn of(value: f64) -> Self;

    /// `y` becomes f(`x`) element by element; both have the same length.
    fn map(function: Unary, x: &[Self], y: &mut [Self]);

    /// `y` becomes the formula of `x`, and of `y` if it has two inputs; both have the same length.
    fn apply(formula: &Formula, x: &[Self], y: &mut [Self]);

    /// `y` and `second` become both functions of `x`; all have the same length.
    fn apply_both(formula: &Formula, x: &[Self], y: &mut [Self], second: &mut [Self]);

    /// `y` becomes the function of each row of `x`, `width` numbers.
    fn apply_rows(function: Row, width: usize, x: &[Self], y: &mut [Self]);

    /// `d`, the gradient by `y`, the function of rows of `width` numbers, becomes that by its argument.
    fn apply_rows_gradient(function: Row, width: usize, y: &[Self], d: &mut [Self]);
}

/// Applies a function the plain way.
fn map_plainly<F: Number>(function: Unary, x: &[F], y: &mut [F]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y = function.apply(*x));
}

impl Number for f32 {
    fn of(value: f64) -> Self {
        value as f32
    }

    fn map(function: Unary, x: &[Self], y: &mut [Self]) {
        match function {
            Unary::Exp => vector::exp(x, y),
            Unary::Tanh => vector::tanh(x, y),
            Unary::Sigmoid => vector::sigmoid(x, y),
            Unary::Softplus => vector::softplus(x, y),
            Unary::Neg => vector::map(
                x,
                y,
                #[inline(always)]
                |x| -x,
            ),
            Unary::StopGradient => y.copy_from_slice(x),
            Unary::Abs => vector::map(
                x,
                y,
                #[inline(always)]
                |x| x.abs(),
            ),
            Unary::Sign => vector::map(
                x,
                y,
                #[inline(always)]
                |x| Unary::Sign.apply(x),
            ),
            Unary::Sqrt => vector::map(
                x,
                y,
                #[inline(always)]
                |x| x.sqrt(),
            ),
            Unary::Square => vector::map(
                x,
                y,
                #[inline(always)]
                |x| x * x,
            ),
            Unary::Reciprocal => vector::map(
                x,
                y,
                #[inline(always)]
                |x| x.recip(),
            ),
            Unary::Log | Unary::Erf => map_plainly(function, x, y),
        }
    }

    fn apply(formula: &Formula, x: &[Self], y: &mut [Self]) {
        formula.apply(x, y);
    }

    fn apply_both(formula: &Formula, x: &[Self], y: &mut [Self], second: &mut [Self]) {
        formula.apply_both(x, y, second);
    }

    fn apply_rows(function: Row, width: usize, x: &[Self], y: &mut [Self]) {
        match function {
            Row::Softmax => vector::softmax_rows(x, width, y),
            Row::LogSoftmax => vector::log_softmax_rows(x, width, y),
            Row::Sparsemax => vector::sparsemax_rows(x, width, y),
        }
    }

    fn apply_rows_gradient(function: Row, width: usize, y: &[Self], d: &mut [Self]) {
        match function {
            Row::Softmax => vector::softmax_gradient_rows(y, width, d),
            Row::LogSoftmax => vector::log_softmax_gradient_rows(y, width, d),
            Row::Sparsemax => vector::sparsemax_gradient_rows(y, width, d),
        }
    }
}

impl Number for f64 {
    fn of(value: f64) -> Self {
        value
    }

    fn map(function: Unary, x: &[Self], y: &mut [Self]) {
        map_plainly(function, x, y);
    }

    fn apply(formula: &Formula, x: &[Self], y: &mut [Self]) {
        formula.apply_plainly(x, y);
    }

    fn apply_both(formula: &Formula, x: &[Self], y: &mut [Self], second: &mut [Self]) {
        formula.apply_both_plainly(x, y, second);
    }

    fn apply_rows(function: Row, width: usize, x: &[Self], y: &mut [Self]) {
        for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
            function.apply(x, y);
        }
    }

    fn apply_rows_gradient(function: Row, width: usize, y: &[Self], d: &mut [Self]) {
        for (y, d) in y.chunks_exact(width).zip(d.chunks_exact_mut(width)) {
            function.apply_gradient(y, d);
        }
    }
}
