//! Softmax and its relatives over rows, and moving rows to columns.
//!
//! A row with NaN becomes NaN throughout. The bits of a row depend on nothing but its numbers.
//!
//! Rows are first taken for rows of moderate numbers ([`moderate`]); the functions in this file are for those that are not.

mod moderate;

use super::check_length;
use crate::formula::{exp, log};
use crate::simd::{
    BitOps, FloatOps, Isa, Kernel, NumOps, Simd, SimdOp, load, load_first, load_pad, run, store_first,
};

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
        let Self { x, width, y, function } = self;
        /// The loop over all rows.
        macro_rules! each {
            ($function:ident) => {
                each_row(
                    isa,
                    (x, width),
                    y,
                    #[inline(always)]
                    |x, y| $function(isa, x, y),
                )
            };
        }
        /// The loop over rows of which some go together, and that over those that are left, each with the function for
        /// moderate rows and then that for any others.
        macro_rules! together {
            ($function:ident) => {{
                let [(x, y), (rest_x, rest_y)] = groups(x, width, y);
                each_row(
                    isa,
                    (x, ROWS_TOGETHER * width),
                    y,
                    #[inline(always)]
                    |x, y| {
                        let is_done = moderate::$function::<I, ROWS_TOGETHER>(isa, x, width, y);
                        for_rows_left(
                            &is_done,
                            (x, width),
                            y,
                            #[inline(always)]
                            |x, y| $function(isa, x, y),
                        );
                    },
                );
                each_row(
                    isa,
                    (rest_x, width),
                    rest_y,
                    #[inline(always)]
                    |x, y| {
                        let [is_done] = moderate::$function::<I, 1>(isa, x, width, y);
                        if !is_done {
                            $function(isa, x, y);
                        }
                    },
                );
            }};
        }
        match function {
            Function::Softmax => together!(softmax),
            Function::LogSoftmax => together!(log_softmax),
            Function::Sparsemax => together!(sparsemax),
            Function::SoftmaxGradient => each!(softmax_gradient),
            Function::LogSoftmaxGradient => each!(log_softmax_gradient),
            Function::SparsemaxGradient => each!(sparsemax_gradient),
        }
    }
}

/// Applies `function` to each row by itself.
#[inline(always)]
fn each_row<I: Isa>(
    isa: I,
    (x, width): (&[f32], usize),
    y: &mut [f32],
    function: impl Fn(&[f32], &mut [f32]),
) {
    isa.call(Each { x, width, y, function });
}

struct Each<'a, F> {
    x: &'a [f32],
    width: usize,
    y: &'a mut [f32],
    function: F,
}

impl<I: Isa, F: Fn(&[f32], &mut [f32])> Kernel<I> for Each<'_, F> {
    #[inline(always)]
    fn eval(self, _isa: I) {
        for (x, y) in self.x.chunks_exact(self.width).zip(self.y.chunks_exact_mut(self.width)) {
            (self.function)(x, y);
        }
    }
}

/// How many rows go together: one row alone mostly waits for its sums.
pub(crate) const ROWS_TOGETHER: usize = 8;

/// The rows that go together, and those that are left.
#[inline(always)]
fn groups<'a>(x: &'a [f32], width: usize, y: &'a mut [f32]) -> [(&'a [f32], &'a mut [f32]); 2] {
    let whole = x.len() - x.len() % (ROWS_TOGETHER * width);
    let ((x, rest_x), (y, rest_y)) = (x.split_at(whole), y.split_at_mut(whole));
    [(x, y), (rest_x, rest_y)]
}

/// Applies `function` to each row that is not done.
#[inline(always)]
fn for_rows_left(
    is_done: &[bool],
    (x, width): (&[f32], usize),
    y: &mut [f32],
    function: impl Fn(&[f32], &mut [f32]),
) {
    for (is_done, (x, y)) in is_done.iter().zip(x.chunks_exact(width).zip(y.chunks_exact_mut(width))) {
        if !is_done {
            function(x, y);
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
    let log = log(isa, ops.splat(ops.sum(total)));
    for y in y.chunks_mut(ops.len()) {
        store_first(ops, ops.sub(load_first(ops, y), log), y);
    }
}

/// By the method of C. Michelot, 1986: every threshold from which too few numbers stay above is too low, and the next one
/// is that of the numbers above it. That of all numbers is too low or right, and so is the largest number less one.
#[inline(always)]
fn sparsemax<I: Isa>(isa: I, x: &[f32], y: &mut [f32]) {
    let ops = isa.f32();
    let (zero, one) = (ops.zero(), ops.one());
    let largest = max(isa, x);
    let mut total = zero;
    for (x, y) in x.chunks(ops.len()).zip(y.chunks_mut(ops.len())) {
        let difference = ops.sub(load_or(ops, x, largest), ops.splat(largest));
        total = ops.add(total, difference);
        store_first(ops, difference, y);
    }
    let total = ops.sum(total);
    // NaN, which is above nothing, is the threshold of a row without one.
    let (mut threshold, mut count) = (f32::NAN, 0.0);
    if largest.is_finite() && !total.is_nan() {
        (threshold, count) = (((total - 1.0) / x.len() as f32).max(-1.0), f32::INFINITY);
    }
    loop {
        let (mut totals, mut counts) = (zero, zero);
        for y in y.chunks(ops.len()) {
            let y = load_or(ops, y, f32::NEG_INFINITY);
            let is_above = ops.gt(y, ops.splat(threshold));
            totals = ops.add(totals, ops.select(y, zero, is_above));
            counts = ops.add(counts, ops.select(one, zero, is_above));
        }
        let above = ops.sum(counts);
        if above >= count {
            break;
        }
        (count, threshold) = (above, (ops.sum(totals) - 1.0) / above);
    }
    for y in y.chunks_mut(ops.len()) {
        let above = ops.sub(load_first(ops, y), ops.splat(threshold));
        store_first(ops, ops.select(zero, above, ops.le(above, zero)), y);
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

/// The largest number of a row; whether it is NaN where there is NaN in the row is open.
#[inline(always)]
fn max<I: Isa>(isa: I, x: &[f32]) -> f32 {
    let ops = isa.f32();
    let mut maxima = ops.splat(f32::NEG_INFINITY);
    for x in x.chunks(ops.len()) {
        maxima = ops.max(load_or(ops, x, f32::NEG_INFINITY), maxima);
    }
    largest(maxima.to_array().as_ref())
}

/// The largest of the numbers of a vector, by halves: a chain of comparisons would take as long as the row.
#[inline(always)]
fn largest(numbers: &[f32]) -> f32 {
    let mut all = [f32::NEG_INFINITY; 16];
    all[..numbers.len()].copy_from_slice(numbers);
    for half in [8, 4, 2, 1] {
        for low in 0..half {
            let (a, b) = (all[low], all[low + half]);
            all[low] = if b > a { b } else { a };
        }
    }
    all[0]
}

/// The first numbers of `from`, with `rest` where it ends.
#[inline(always)]
fn load_or<O: NumOps<f32>>(ops: O, from: &[f32], rest: f32) -> O::Simd {
    if from.len() >= ops.len() {
        return load(ops, from);
    }
    let (numbers, mask) = load_pad(ops, from);
    ops.select(numbers, ops.splat(rest), mask)
}
