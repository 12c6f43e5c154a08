//! Functions of a whole row, which is the last axis: softmax and its relatives.
//!
//! A row with NaN becomes NaN throughout.
//!
//! Sparsemax is the projection onto the simplex, which Keras documents and its source (Martins & Astudillo 2016)
//! defines. What Keras 3.15 computes on TensorFlow differs wherever more than one element is above the threshold: it
//! adds up the running sums where the paper takes the last of them, so that its rows do not sum to 1. That is not
//! imitated, because the result is no distribution and the gradient would not be that of the documented function.

use super::{Differential, Operation};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// A function of a row of numbers to a row of as many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    /// eˣ / Σ eˣ
    Softmax,
    /// x − ln Σ eˣ
    LogSoftmax,
    /// The point of the simplex nearest to x (Martins & Astudillo 2016, algorithm 1).
    Sparsemax,
}

impl Row {
    /// The function itself: `y` becomes f(`x`).
    pub fn apply<F: Number>(self, x: &[F], y: &mut [F]) {
        let largest =
            x.iter().copied().fold(F::neg_infinity(), |a, b| if b > a || b.is_nan() { b } else { a });
        match self {
            Self::Softmax => {
                y.iter_mut().zip(x).for_each(|(y, x)| *y = (*x - largest).exp());
                let sum = sum(y);
                y.iter_mut().for_each(|y| *y = *y / sum);
            }
            Self::LogSoftmax => {
                y.iter_mut().zip(x).for_each(|(y, x)| *y = (*x - largest).exp());
                let log_sum = sum(y).ln();
                y.iter_mut().zip(x).for_each(|(y, x)| *y = *x - largest - log_sum);
            }
            Self::Sparsemax => {
                let threshold = sparsemax_threshold(x, y);
                // Written so that NaN passes, which `max` would turn into 0.
                let above = |x: F| if x <= threshold { F::zero() } else { x - threshold };
                y.iter_mut().zip(x).for_each(|(y, x)| *y = above(*x));
            }
        }
    }

    /// The gradient by `x`, from the result `y` and the gradient `d` by it, which it replaces.
    pub fn apply_gradient<F: Number>(self, y: &[F], d: &mut [F]) {
        let pairs = || d.iter().zip(y);
        match self {
            Self::Softmax => {
                let inner = pairs().fold(F::zero(), |sum, (d, y)| sum + *d * *y);
                d.iter_mut().zip(y).for_each(|(d, y)| *d = *y * (*d - inner));
            }
            Self::LogSoftmax => {
                let total = sum(d);
                d.iter_mut().zip(y).for_each(|(d, y)| *d = *d - y.exp() * total);
            }
            Self::Sparsemax => {
                let support = pairs().filter(|(_, y)| **y > F::zero());
                let (total, count) =
                    support.fold((F::zero(), F::zero()), |(sum, n), (d, _)| (sum + *d, n + F::one()));
                let mean = total / count;
                let inside = |y: F| if y > F::zero() { F::one() } else { F::zero() };
                d.iter_mut().zip(y).for_each(|(d, y)| *d = inside(*y) * (*d - mean));
            }
        }
    }
}

fn sum<F: Number>(row: &[F]) -> F {
    row.iter().fold(F::zero(), |sum, x| sum + *x)
}

/// The τ with Σ max(x − τ, 0) = 1, NaN if there is none; `scratch` is as long as `x`.
fn sparsemax_threshold<F: Number>(x: &[F], scratch: &mut [F]) -> F {
    let (mut cumulative, mut threshold) = (F::zero(), F::nan());
    if x.iter().any(|x| x.is_nan()) {
        return threshold;
    }
    scratch.copy_from_slice(x);
    scratch.sort_by(|a, b| b.partial_cmp(a).expect("numbers without NaN have an order"));
    for (index, z) in scratch.iter().enumerate() {
        let k = F::of((index + 1) as f64);
        cumulative = cumulative + *z;
        if F::one() + k * *z > cumulative {
            threshold = (cumulative - F::one()) / k;
        }
    }
    threshold
}

impl Operation for Row {
    fn name(&self) -> &'static str {
        match self {
            Self::Softmax => "softmax",
            Self::LogSoftmax => "log_softmax",
            Self::Sparsemax => "sparsemax",
        }
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        if inputs[0].rank() == 0 {
            return Err(Error::shape(self.name(), "expected an array with at least one axis, got a scalar"));
        }
        Ok(vec![inputs[0].clone()])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let (b, y, d) = (at.builder, at.outputs[0], at.d_output());
        let last = b.shape(y).rank() - 1;
        let gradient = match self {
            Self::Softmax => b.mul(y, b.sub(d, b.sum_keep(b.mul(d, y)?, &[last])?)?)?,
            Self::LogSoftmax => b.sub(d, b.mul(b.exp(y)?, b.sum_keep(d, &[last])?)?)?,
            Self::Sparsemax => {
                let support = b.greater(y, b.scalar(0.0)?)?;
                let total = b.sum_keep(b.mul(d, support)?, &[last])?;
                let mean = b.div(total, b.sum_keep(support, &[last])?)?;
                b.mul(support, b.sub(d, mean)?)?
            }
        };
        Ok(vec![Some(gradient)])
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let width = run.input_dims(0).last().copied().unwrap_or(1).max(1);
        let (inputs, outputs) = run.parts();
        for (x, y) in inputs.get(0).chunks_exact(width).zip(outputs[0].chunks_exact_mut(width)) {
            self.apply(x, y);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
