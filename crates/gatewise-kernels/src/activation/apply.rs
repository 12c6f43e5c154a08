//! Activations and their derivatives on whole vectors.

use std::ops::Range;

use super::{Activation, sigmoid, tanh};
use crate::passes::pass;
use crate::simd::{BitOps, FloatOps, Isa, NumOps};

/// The built-in activation of each element.
#[inline(always)]
pub(crate) fn value<I: Isa>(isa: I, activation: &Activation<f32>, x: I::F32) -> I::F32 {
    let ops = isa.f32();
    match activation {
        Activation::Tanh => tanh(isa, x),
        Activation::Sigmoid => sigmoid(isa, x),
        Activation::HardSigmoid => {
            let shifted = positive(ops, ops.add(x, ops.splat(3.0)));
            let capped = ops.select(ops.splat(6.0), shifted, ops.ge(shifted, ops.splat(6.0)));
            ops.div(capped, ops.splat(6.0))
        }
        Activation::Relu => positive(ops, x),
        Activation::Linear | Activation::Custom(_) => x,
    }
}

/// Replaces some vectors of each row by their built-in activation, which is found out once for all of them.
#[inline(always)]
pub(crate) fn replace<I: Isa, const N: usize>(
    isa: I,
    activation: &Activation<f32>,
    rows: &mut [[I::F32; N]],
    vectors: Range<usize>,
) {
    match activation {
        Activation::Tanh => replace_by(isa, &Activation::Tanh, rows, vectors),
        Activation::Sigmoid => replace_by(isa, &Activation::Sigmoid, rows, vectors),
        Activation::HardSigmoid => replace_by(isa, &Activation::HardSigmoid, rows, vectors),
        Activation::Relu => replace_by(isa, &Activation::Relu, rows, vectors),
        Activation::Linear | Activation::Custom(_) => {}
    }
}

/// [`replace`] for an activation that is known when the code is compiled.
#[inline(always)]
fn replace_by<I: Isa, const N: usize>(
    isa: I,
    activation: &Activation<f32>,
    rows: &mut [[I::F32; N]],
    vectors: Range<usize>,
) {
    for row in rows {
        for x in &mut row[vectors.clone()] {
            *x = value(isa, activation, *x);
        }
    }
}

/// The derivative of a built-in activation where its value is `y`.
#[inline(always)]
pub(crate) fn slope<I: Isa>(isa: I, activation: &Activation<f32>, y: I::F32) -> I::F32 {
    let ops = isa.f32();
    let (zero, one) = (ops.zero(), ops.one());
    match activation {
        Activation::Tanh => ops.mul_sub_from(y, y, one),
        Activation::Sigmoid => ops.mul(y, ops.sub(one, y)),
        Activation::Relu => ops.select(one, zero, ops.gt(y, zero)),
        Activation::HardSigmoid => {
            let below_one = ops.select(ops.splat(1.0 / 6.0), zero, ops.lt(y, one));
            ops.select(below_one, zero, ops.gt(y, zero))
        }
        Activation::Linear | Activation::Custom(_) => one,
    }
}

/// Writes the activation of the row `x` `[H]` to `y` `[H]`.
#[inline(always)]
pub(crate) fn activate<I: Isa>(isa: I, activation: &Activation<f32>, x: &[f32], y: &mut [f32]) {
    /// The loop for one of the built-in functions, which is then known when the code is compiled.
    macro_rules! each {
        ($activation:expr) => {
            pass(
                isa,
                [x],
                [],
                [y],
                #[inline(always)]
                |[x], []| ([], [value(isa, &$activation, x)]),
            )
        };
    }
    match activation {
        Activation::Custom(function) => function.forward(x, y),
        Activation::Linear => y.copy_from_slice(x),
        Activation::Tanh => each!(Activation::Tanh),
        Activation::Sigmoid => each!(Activation::Sigmoid),
        Activation::HardSigmoid => each!(Activation::HardSigmoid),
        Activation::Relu => each!(Activation::Relu),
    }
}

/// `max(x, 0)`, where NaN stays NaN.
#[inline(always)]
fn positive<O: FloatOps<f32>>(ops: O, x: O::Simd) -> O::Simd {
    ops.select(ops.zero(), x, ops.le(x, ops.zero()))
}

/// Turns `d` `[H]` from the gradient by `y`, the activation of `x`, into the gradient by `x`.
#[inline(always)]
pub(crate) fn differentiate<I: Isa>(
    isa: I,
    activation: &Activation<f32>,
    x: &[f32],
    y: &[f32],
    d: &mut [f32],
) {
    let ops = isa.f32();
    /// The loop for one of the built-in functions, which is then known when the code is compiled.
    macro_rules! each {
        ($activation:expr) => {
            pass(
                isa,
                [y],
                [d],
                [],
                #[inline(always)]
                |[y], [d]| ([ops.mul(d, slope(isa, &$activation, y))], []),
            )
        };
    }
    match activation {
        Activation::Custom(function) => function.backward(x, y, d),
        Activation::Linear => {}
        Activation::Tanh => each!(Activation::Tanh),
        Activation::Sigmoid => each!(Activation::Sigmoid),
        Activation::HardSigmoid => each!(Activation::HardSigmoid),
        Activation::Relu => each!(Activation::Relu),
    }
}
