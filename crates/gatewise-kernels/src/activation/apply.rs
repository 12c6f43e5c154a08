//! Activations and their derivatives on whole vectors.

use std::ops::Range;

use super::{Activation, sigmoid, tanh};
use crate::simd::{BitOps, FloatOps, Isa, NumOps, load_first, store_first};

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
    let ops = isa.f32();
    match activation {
        Activation::Custom(function) => return function.forward(x, y),
        Activation::Linear => return y.copy_from_slice(x),
        _ => {}
    }
    for (x, y) in x.chunks(ops.len()).zip(y.chunks_mut(ops.len())) {
        store_first(ops, value(isa, activation, load_first(ops, x)), y);
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
    if let Activation::Custom(function) = activation {
        return function.backward(x, y, d);
    }
    for (y, d) in y.chunks(ops.len()).zip(d.chunks_mut(ops.len())) {
        let slope = slope(isa, activation, load_first(ops, y));
        store_first(ops, ops.mul(load_first(ops, d), slope), d);
    }
}
