//! Softmax and its relatives over rows, and moving rows to columns.
//!
//! A row with NaN becomes NaN throughout. The bits of a row depend on nothing but its numbers.

use super::check_length;
use crate::formula::exp;
use crate::simd::{BitOps, FloatOps, Isa, NumOps, Simd, SimdOp, load_first, load_pad, run, store_first};

/// Writes the softmax of each row of `x` `[rows, width]` to `y`: exp(x − max) over its sum.
pub fn softmax_rows(x: &[f32], width: usize, y: &mut [f32]) {
    for_each_row(x, width, y, Function::Softmax);
}

/// Writes the logarithm of the softmax of each row of `x` `[rows, width]` to `y`: x − max − log Σ exp(x − max).
pub fn log_softmax_rows(x: &[f32], width: usize, y: &mut [f32]) {
    for_each_row(x, width, y, Function::LogSoftmax);
}

/// Writes the sparsemax of each row of `x` `[rows, width]` to `y`: the nearest point with a sum of 1 and none below 0.
pub fn sparsemax_rows(x: &[f32], width: usize, y: &mut [f32]) {
    for_each_row(x, width, y, Function::Sparsemax);
}

/// Turns the gradient `d` by each row of `y`, a softmax `[rows, width]`, into that by its argument.
pub fn softmax_gradient_rows(y: &[f32], width: usize, d: &mut [f32]) {
    for_each_row(y, width, d, Function::SoftmaxGradient);
}

/// Turns the gradient `d` by each row of `y`, a logarithm of a softmax `[rows, width]`, into that by its argument.
pub fn log_softmax_gradient_rows(y: &[f32], width: usize, d: &mut [f32]) {
    for_each_row(y, width, d, Function::LogSoftmaxGradient);
}

/// Turns the gradient `d` by each row of `y`, a sparsemax `[rows, width]`, into that by its argument.
pub fn sparsemax_gradient_rows(y: &[f32], width: usize, d: &mut [f32]) {
    for_each_row(y, width, d, Function::SparsemaxGradient);
}

/// Writes `x` `[rows, columns]` to `y` `[columns, rows]` with rows and columns exchanged.
pub fn transpose(rows: usize, columns: usize, x: &[f32], y: &mut [f32]) {
    /// Side of the square that is moved at a time: its rows of both arrays stay in the first cache.
    const SIDE: usize = 16;
    check_length("x", rows * columns, x.len());
    check_length("y", rows * columns, y.len());
    for top in (0..rows).step_by(SIDE) {
        for left in (0..columns).step_by(SIDE) {
            for column in left..columns.min(left + SIDE) {
                for row in top..rows.min(top + SIDE) {
                    y[column * rows + row] = x[row * columns + column];
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Function {
    Softmax,
    LogSoftmax,
    Sparsemax,
    SoftmaxGradient,
    LogSoftmaxGradient,
    SparsemaxGradient,
}

fn for_each_row(x: &[f32], width: usize, y: &mut [f32], function: Function) {
    check_length("y", x.len(), y.len());
    assert!(
        width > 0 && x.len().is_multiple_of(width),
        "vector: `x` must hold whole rows of {width} numbers"
    );
    run(Rows { x, width, y, function });
}

struct Rows<'a> {
    x: &'a [f32],
    width: usize,
    y: &'a mut [f32],
    function: Function,
}

impl SimdOp for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        for (x, y) in self.x.chunks_exact(self.width).zip(self.y.chunks_exact_mut(self.width)) {
            match self.function {
                Function::Softmax => softmax(isa, x, y),
                Function::LogSoftmax => log_softmax(isa, x, y),
                Function::Sparsemax => sparsemax(isa, x, y),
                Function::SoftmaxGradient => softmax_gradient(isa, x, y),
                Function::LogSoftmaxGradient => log_softmax_gradient(isa, x, y),
                Function::SparsemaxGradient => sparsemax_gradient(isa, x, y),
            }
        }
    }
}

#[inline(always)]
fn softmax<I: Isa>(isa: I, x: &[f32], y: &mut [f32]) {
    let ops = isa.f32();
    let max = ops.splat(max(isa, x));
    let mut total = ops.zero();
    for (x, y) in x.chunks(ops.len()).zip(y.chunks_mut(ops.len())) {
        let numerator = exp(isa, ops.sub(load_or(ops, x, f32::NEG_INFINITY), max));
        total = ops.add(total, numerator);
        store_first(ops, numerator, y);
    }
    let total = ops.splat(ops.sum(total));
    for y in y.chunks_mut(ops.len()) {
        store_first(ops, ops.div(load_first(ops, y), total), y);
    }
}

#[inline(always)]
fn log_softmax<I: Isa>(isa: I, x: &[f32], y: &mut [f32]) {
    let ops = isa.f32();
    let max = ops.splat(max(isa, x));
    let mut total = ops.zero();
    for (x, y) in x.chunks(ops.len()).zip(y.chunks_mut(ops.len())) {
        let shifted = ops.sub(load_or(ops, x, f32::NEG_INFINITY), max);
        total = ops.add(total, exp(isa, shifted));
        store_first(ops, shifted, y);
    }
    let log_total = ops.splat(libm::logf(ops.sum(total)));
    for y in y.chunks_mut(ops.len()) {
        store_first(ops, ops.sub(load_first(ops, y), log_total), y);
    }
}

/// By the method of C. Michelot, 1986: every threshold from which too few numbers stay above is too low, and the next one
/// is that of the numbers above it. The first one is 1 below the largest number.
#[inline(always)]
fn sparsemax<I: Isa>(isa: I, x: &[f32], y: &mut [f32]) {
    let ops = isa.f32();
    let max = max(isa, x);
    if !max.is_finite() {
        return y.fill(f32::NAN);
    }
    let (max, zero, one) = (ops.splat(max), ops.zero(), ops.one());
    for (x, y) in x.chunks(ops.len()).zip(y.chunks_mut(ops.len())) {
        store_first(ops, ops.sub(load_first(ops, x), max), y);
    }
    let (mut threshold, mut previous_count) = (-1.0, f32::INFINITY);
    loop {
        let limit = ops.splat(threshold);
        let (mut total, mut count) = (zero, zero);
        for y in y.chunks(ops.len()) {
            let y = load_or(ops, y, f32::NEG_INFINITY);
            let is_above = ops.gt(y, limit);
            total = ops.add(total, ops.select(y, zero, is_above));
            count = ops.add(count, ops.select(one, zero, is_above));
        }
        let count = ops.sum(count);
        if count >= previous_count {
            break;
        }
        previous_count = count;
        threshold = (ops.sum(total) - 1.0) / count;
    }
    let threshold = ops.splat(threshold);
    for y in y.chunks_mut(ops.len()) {
        let above = ops.sub(load_first(ops, y), threshold);
        store_first(ops, ops.select(above, zero, ops.gt(above, zero)), y);
    }
}

#[inline(always)]
fn softmax_gradient<I: Isa>(isa: I, y: &[f32], d: &mut [f32]) {
    let ops = isa.f32();
    let mut inner = ops.zero();
    for (y, d) in y.chunks(ops.len()).zip(d.chunks(ops.len())) {
        inner = ops.mul_add(load_first(ops, y), load_first(ops, d), inner);
    }
    let inner = ops.splat(ops.sum(inner));
    for (y, d) in y.chunks(ops.len()).zip(d.chunks_mut(ops.len())) {
        store_first(ops, ops.mul(load_first(ops, y), ops.sub(load_first(ops, d), inner)), d);
    }
}

#[inline(always)]
fn log_softmax_gradient<I: Isa>(isa: I, y: &[f32], d: &mut [f32]) {
    let ops = isa.f32();
    let mut total = ops.zero();
    for d in d.chunks(ops.len()) {
        total = ops.add(total, load_first(ops, d));
    }
    let total = ops.splat(ops.sum(total));
    for (y, d) in y.chunks(ops.len()).zip(d.chunks_mut(ops.len())) {
        let soft = exp(isa, load_first(ops, y));
        store_first(ops, ops.mul_sub_from(soft, total, load_first(ops, d)), d);
    }
}

#[inline(always)]
fn sparsemax_gradient<I: Isa>(isa: I, y: &[f32], d: &mut [f32]) {
    let ops = isa.f32();
    let (zero, one) = (ops.zero(), ops.one());
    let (mut total, mut count) = (zero, zero);
    for (y, d) in y.chunks(ops.len()).zip(d.chunks(ops.len())) {
        let is_inside = ops.gt(load_first(ops, y), zero);
        total = ops.add(total, ops.select(load_first(ops, d), zero, is_inside));
        count = ops.add(count, ops.select(one, zero, is_inside));
    }
    let mean = ops.splat(ops.sum(total) / ops.sum(count));
    for (y, d) in y.chunks(ops.len()).zip(d.chunks_mut(ops.len())) {
        let inside = ops.select(one, zero, ops.gt(load_first(ops, y), zero));
        store_first(ops, ops.mul(inside, ops.sub(load_first(ops, d), mean)), d);
    }
}

/// The largest number of a row, NaN if there is NaN in it.
#[inline(always)]
fn max<I: Isa>(isa: I, x: &[f32]) -> f32 {
    let ops = isa.f32();
    let (mut max, mut nan) = (ops.splat(f32::NEG_INFINITY), ops.zero());
    for x in x.chunks(ops.len()) {
        let x = load_or(ops, x, f32::NEG_INFINITY);
        max = ops.select(x, max, ops.gt(x, max));
        nan = ops.select(nan, x, ops.eq(x, x));
    }
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    max.to_array().into_iter().fold(f32::NEG_INFINITY, larger) + ops.sum(nan)
}

/// The first numbers of `from`, with `rest` where it ends.
#[inline(always)]
fn load_or<O: NumOps<f32>>(ops: O, from: &[f32], rest: f32) -> O::Simd {
    if from.len() >= ops.len() {
        return ops.load(from);
    }
    let (numbers, mask) = load_pad(ops, from);
    ops.select(numbers, ops.splat(rest), mask)
}
