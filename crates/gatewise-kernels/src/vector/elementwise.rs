//! Functions of each element.

use super::check_length;
use crate::simd::{BitOps, Isa, SimdOp, SimdUnaryOp, load_pad, run, run_loop, store_first};

/// Writes `exp(x)` to `y`.
pub fn exp(x: &[f32], y: &mut [f32]) {
    vectors(x, y, rten_vecmath::Exp {});
}

/// Writes the hyperbolic tangent of `x` to `y`.
pub fn tanh(x: &[f32], y: &mut [f32]) {
    vectors(x, y, rten_vecmath::Tanh {});
}

/// Writes `1 / (1 + exp(−x))` to `y`.
pub fn sigmoid(x: &[f32], y: &mut [f32]) {
    vectors(x, y, rten_vecmath::Sigmoid {});
}

/// Writes `ln(1 + exp(x))` to `y`, without overflow for large x.
pub fn softplus(x: &[f32], y: &mut [f32]) {
    map(
        x,
        y,
        #[inline(always)]
        |x| -x.abs(),
    );
    exp_in_place(y);
    update(
        x,
        y,
        #[inline(always)]
        |x, e| if x > 0.0 { x + log_of_1_and(e) } else { log_of_1_and(e) },
    );
}

/// ln(1 + x) for x from 0 to 1: 2 artanh s = 2 s (1 + s²/3 + s⁴/5 + …) with s = x / (2 + x), which is at most ⅓, so that the
/// terms beyond s¹⁴ are below half a unit in the last place.
#[inline(always)]
fn log_of_1_and(x: f32) -> f32 {
    let s = x / (2.0 + x);
    let z = s * s;
    let mut sum = 1.0 / 15.0;
    for n in [13.0, 11.0, 9.0, 7.0, 5.0, 3.0] {
        sum = sum * z + 1.0 / n;
    }
    2.0 * (s + s * (z * sum))
}

/// Writes the error function of `x` to `y`.
pub fn erf(x: &[f32], y: &mut [f32]) {
    map(x, y, libm::erff);
}

/// Writes the natural logarithm of `x` to `y`: −∞ at 0, NaN below.
pub fn log(x: &[f32], y: &mut [f32]) {
    map(x, y, libm::logf);
}

/// Writes `max(x, 0)` to `y`; NaN stays NaN.
pub fn relu(x: &[f32], y: &mut [f32]) {
    map(
        x,
        y,
        #[inline(always)]
        |x| if x <= 0.0 { 0.0 } else { x },
    );
}

/// Adds `factor · x` to `y`, with one rounding for the product and one for the sum.
pub fn add_scaled(factor: f32, x: &[f32], y: &mut [f32]) {
    update(
        x,
        y,
        #[inline(always)]
        |x, y| y + factor * x,
    );
}

/// Writes `function(x)` to `y`, compiled for the instruction set in use.
///
/// A `function` of plain arithmetic marked `#[inline(always)]` becomes whole-vector code.
pub fn map(x: &[f32], y: &mut [f32], function: impl Fn(f32) -> f32) {
    check_length("y", x.len(), y.len());
    run_loop(
        #[inline(always)]
        || y.iter_mut().zip(x).for_each(|(y, &x)| *y = function(x)),
    );
}

/// Replaces each element `y` by `function(y)`, as [`map`] does.
pub fn map_in_place(y: &mut [f32], function: impl Fn(f32) -> f32) {
    run_loop(
        #[inline(always)]
        || y.iter_mut().for_each(|y| *y = function(*y)),
    );
}

/// Replaces each element `y` by `function(x, y)`, as [`map`] does.
pub fn update(x: &[f32], y: &mut [f32], function: impl Fn(f32, f32) -> f32) {
    check_length("y", x.len(), y.len());
    run_loop(
        #[inline(always)]
        || y.iter_mut().zip(x).for_each(|(y, &x)| *y = function(x, *y)),
    );
}

/// Writes `function(a, b)` to `y`, as [`map`] does.
pub fn zip_map(a: &[f32], b: &[f32], y: &mut [f32], function: impl Fn(f32, f32) -> f32) {
    check_length("b", a.len(), b.len());
    check_length("y", a.len(), y.len());
    run_loop(
        #[inline(always)]
        || y.iter_mut().zip(a).zip(b).for_each(|((y, &a), &b)| *y = function(a, b)),
    );
}

/// Replaces each element of `y` by its exponential.
fn exp_in_place(y: &mut [f32]) {
    let mut block = [0.0; 64];
    for y in y.chunks_mut(block.len()) {
        let block = &mut block[..y.len()];
        block.copy_from_slice(y);
        exp(block, y);
    }
}

/// Applies a function of whole vectors.
fn vectors(x: &[f32], y: &mut [f32], function: impl SimdUnaryOp<f32>) {
    check_length("y", x.len(), y.len());
    run(Vectors { x, y, function });
}

struct Vectors<'a, Op> {
    x: &'a [f32],
    y: &'a mut [f32],
    function: Op,
}

impl<Op: SimdUnaryOp<f32>> SimdOp for Vectors<'_, Op> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        let mut y = self.y.chunks_exact_mut(ops.len());
        let mut x = self.x.chunks_exact(ops.len());
        for (y, x) in (&mut y).zip(&mut x) {
            ops.store(self.function.eval(isa, ops.load(x)), y);
        }
        let (padded, _) = load_pad(ops, x.remainder());
        store_first(ops, self.function.eval(isa, padded), y.into_remainder());
    }
}
