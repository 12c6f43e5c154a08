//! Sigmoid and tanh of whole vectors, as the gates of a cell need them: few instructions, no branches.
//!
//! Both are off by less than four units in the last place where the result is a normal number (`vectors/tests.rs`).
//! The coefficients are minimax fits, made for this file by reweighted least squares of the relative error.

#[cfg(test)]
mod tests;

use crate::simd::{BitOps, FloatOps, IntOps, Isa, NumOps, Simd, neg};

/// `1 / (1 + exp(−x))`. Beyond ±87 it stays what it is there: 0 or 1 to 38 decimals. NaN stays NaN.
///
/// `exp(−x) = 2ⁿ · exp(r)` with whole n and `|r| ≤ ln 2 / 2`, where a polynomial of degree 5 stands for `exp`.
#[inline(always)]
pub(crate) fn sigmoid<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    /// Added to a small number, it leaves the nearest whole number in the last bits.
    const ROUND: f32 = 12_582_912.0;
    /// The coefficients of r⁵ to r².
    const C: [f32; 4] = [0.008_312_501, 0.041_890_33, 0.166_671_16, 0.499_992_3];
    let (ops, ints) = (isa.f32(), isa.i32());
    let one = ops.one();
    let x = clamp(ops, neg(ops, x), -87.0, 87.0);
    let rounded = ops.mul_add(x, ops.splat(std::f32::consts::LOG2_E), ops.splat(ROUND));
    let n = ops.sub(rounded, ops.splat(ROUND));
    let r = ops.mul_add(n, ops.splat(-std::f32::consts::LN_2), x);
    let mut exp = ops.splat(C[0]);
    for c in [C[1], C[2], C[3], 1.0, 1.0] {
        exp = ops.mul_add(exp, r, ops.splat(c));
    }
    // n in the exponent of a number; the shift leaves nothing of `ROUND`.
    let shifted = shift_to_exponent(isa, rounded.reinterpret_cast());
    let exponent = ints.add(shifted, ints.splat(127 << 23));
    ops.div(one, ops.mul_add(exp, exponent.reinterpret_cast(), one))
}

/// `x · 2²³`, which is a shift.
///
/// The shift of `rten-simd` for AVX-512 is two instructions, which is too much for the compiler to put it into code that it
/// believes to run rarely; it becomes a call there. The product is one.
#[inline(always)]
fn shift_to_exponent<I: Isa>(isa: I, x: I::I32) -> I::I32 {
    let ints = isa.i32();
    match ints.len() {
        16 => ints.mul(x, ints.splat(1 << 23)),
        _ => ints.shift_left::<23>(x),
    }
}

/// The hyperbolic tangent: `x · p(x²) / q(x²)`, p and q of degree 4. From ±8 on it is ±1, so that its slope `1 − y²` is
/// zero. NaN stays NaN.
#[inline(always)]
pub(crate) fn tanh<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    /// The coefficients of x⁸ to 1.
    const P: [f32; 5] = [1.542_815_6e-8, 2.202_337_4e-5, 3.578_999_8e-3, 0.134_506_27, 1.0];
    const LIMIT: f32 = 8.0;
    const Q: [f32; 5] = [8.598_854e-7, 3.423_663e-4, 0.026_192_266, 0.467_839_54, 1.0];
    let ops = isa.f32();
    let x = clamp(ops, x, -LIMIT, LIMIT);
    let square = ops.mul(x, x);
    let (mut p, mut q) = (ops.splat(P[0]), ops.splat(Q[0]));
    for n in 1..5 {
        p = ops.mul_add(p, square, ops.splat(P[n]));
        q = ops.mul_add(q, square, ops.splat(Q[n]));
    }
    let is_one = ops.ge(square, ops.splat(LIMIT * LIMIT));
    ops.select(ops.mul(x, ops.splat(1.0 / LIMIT)), ops.div(ops.mul(x, p), q), is_one)
}

/// x between `low` and `high`; NaN stays NaN.
#[inline(always)]
pub(crate) fn clamp<O: FloatOps<f32>>(ops: O, x: O::Simd, low: f32, high: f32) -> O::Simd {
    let (low, high) = (ops.splat(low), ops.splat(high));
    let is_generic = ops.len() == 4 && !cfg!(any(target_arch = "aarch64", target_arch = "wasm32"));
    if is_generic {
        // Its `min` and `max` forget NaN.
        let x = ops.select(high, x, ops.gt(x, high));
        return ops.select(low, x, ops.lt(x, low));
    }
    // x86 returns the second operand where one is NaN; the other instruction sets return NaN.
    ops.max(low, ops.min(high, x))
}
