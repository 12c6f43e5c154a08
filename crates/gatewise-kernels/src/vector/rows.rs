//! Softmax and its relatives over rows, and moving rows to columns.
//!
//! A row with NaN becomes NaN throughout. The bits of a row depend on nothing but its numbers.

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
        /// The loop over rows of which some go together, and that over those that are left.
        macro_rules! together {
            ($function:ident) => {{
                let [(x, y), (rest_x, rest_y)] = groups(x, width, y);
                each_row(
                    isa,
                    (x, TOGETHER * width),
                    y,
                    #[inline(always)]
                    |x, y| $function::<I, TOGETHER>(isa, x, width, y),
                );
                each_row(
                    isa,
                    (rest_x, width),
                    rest_y,
                    #[inline(always)]
                    |x, y| $function::<I, 1>(isa, x, width, y),
                );
            }};
        }
        match function {
            Function::Softmax => each!(softmax),
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

/// How many rows go together where one row alone mostly waits for its sums.
const TOGETHER: usize = 4;

/// The rows that go together, and those that are left.
#[inline(always)]
fn groups<'a>(x: &'a [f32], width: usize, y: &'a mut [f32]) -> [(&'a [f32], &'a mut [f32]); 2] {
    let whole = x.len() - x.len() % (TOGETHER * width);
    let ((x, rest_x), (y, rest_y)) = (x.split_at(whole), y.split_at_mut(whole));
    [(x, y), (rest_x, rest_y)]
}

/// `R` rows of equal length.
#[inline(always)]
fn rows<const R: usize>(x: &[f32], width: usize) -> [&[f32]; R] {
    std::array::from_fn(
        #[inline(always)]
        |row| &x[row * width..][..width],
    )
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
fn log_softmax<I: Isa, const R: usize>(isa: I, x: &[f32], width: usize, y: &mut [f32]) {
    let ops = isa.f32();
    let x = rows::<R>(x, width);
    let largest_of = largest_of(&maxima_of(isa, &x, width));
    let mut sums = [1.0; 16];
    let mut totals = [ops.zero(); R];
    for at in (0..width).step_by(ops.len()) {
        for (row, total) in totals.iter_mut().enumerate() {
            let max = ops.splat(largest_of[row]);
            let shifted = ops.sub(load_or(ops, &x[row][at..], f32::NEG_INFINITY), max);
            *total = ops.add(*total, exp(isa, shifted));
            store_first(ops, shifted, &mut y[row * width..][..width][at..]);
        }
    }
    for (sum, total) in sums.iter_mut().zip(totals) {
        *sum = ops.sum(total);
    }
    let logs = log(isa, load(ops, &sums)).to_array();
    for (y, log) in y.chunks_exact_mut(width).zip(logs.as_ref()) {
        for y in y.chunks_mut(ops.len()) {
            store_first(ops, ops.sub(load_first(ops, y), ops.splat(*log)), y);
        }
    }
}

/// What is known of a row while its threshold is looked for.
#[derive(Clone, Copy)]
struct Search {
    threshold: f32,
    /// How many numbers were above the threshold before.
    count: f32,
    is_over: bool,
}

/// By the method of C. Michelot, 1986: every threshold from which too few numbers stay above is too low, and the next one
/// is that of the numbers above it. That of any of the numbers, chosen as one likes, is too low or right: the first one is
/// the highest of three such.
///
/// Each of the `R` rows of `x` goes its own way: the others only fill the time in which it waits.
#[inline(always)]
fn sparsemax<I: Isa, const R: usize>(isa: I, x: &[f32], width: usize, y: &mut [f32]) {
    let ops = isa.f32();
    let (zero, one) = (ops.zero(), ops.one());
    let mut searches = start(isa, rows::<R>(x, width), width, y);
    let differences = rows::<R>(y, width);
    while searches.iter().any(|search| !search.is_over) {
        let (mut totals, mut counts) = ([zero; R], [zero; R]);
        for at in (0..width).step_by(ops.len()) {
            for (row, search) in searches.iter().enumerate() {
                let y = load_or(ops, &differences[row][at..], f32::NEG_INFINITY);
                let is_above = ops.gt(y, ops.splat(search.threshold));
                totals[row] = ops.add(totals[row], ops.select(y, zero, is_above));
                counts[row] = ops.add(counts[row], ops.select(one, zero, is_above));
            }
        }
        for (search, (total, count)) in searches.iter_mut().zip(totals.into_iter().zip(counts)) {
            let count = ops.sum(count);
            search.is_over |= count >= search.count;
            if !search.is_over {
                (search.count, search.threshold) = (count, (ops.sum(total) - 1.0) / count);
            }
        }
    }
    for (search, y) in searches.iter().zip(y.chunks_exact_mut(width)) {
        let threshold = ops.splat(search.threshold);
        for y in y.chunks_mut(ops.len()) {
            let above = ops.sub(load_first(ops, y), threshold);
            // NaN, which is above nothing, is the threshold of a row without one.
            let is_below = ops.le(above, zero);
            store_first(ops, ops.select(zero, above, is_below), y);
        }
    }
}

/// Writes the differences of each row to its largest number to `y`, and returns the first thresholds: NaN if there is none.
#[inline(always)]
fn start<I: Isa, const R: usize>(isa: I, x: [&[f32]; R], width: usize, y: &mut [f32]) -> [Search; R] {
    let ops = isa.f32();
    let maxima = maxima_of(isa, &x, width);
    let largest_of = largest_of(&maxima);
    let mut totals = [ops.zero(); R];
    for at in (0..width).step_by(ops.len()) {
        for (row, total) in totals.iter_mut().enumerate() {
            let largest = largest_of[row];
            let difference = ops.sub(load_or(ops, &x[row][at..], largest), ops.splat(largest));
            *total = ops.add(*total, difference);
            store_first(ops, difference, &mut y[row * width..][..width][at..]);
        }
    }
    let mut searches = [Search { threshold: f32::NAN, count: 0.0, is_over: true }; R];
    for (row, search) in searches.iter_mut().enumerate() {
        let (largest, total) = (largest_of[row], ops.sum(totals[row]));
        if largest.is_finite() && !total.is_nan() {
            let of_all = (total - 1.0) / width as f32;
            let of_maxima = (ops.sum(ops.sub(maxima[row], ops.splat(largest))) - 1.0) / ops.len() as f32;
            let threshold = of_all.max(of_maxima).max(-1.0);
            *search = Search { threshold, count: f32::INFINITY, is_over: false };
        }
    }
    searches
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
    let [max] = largest_of(&maxima_of(isa, &[x], x.len()));
    max
}

/// For each row the largest of the numbers whose places are as far from the start of a vector.
#[inline(always)]
fn maxima_of<I: Isa, const R: usize>(isa: I, x: &[&[f32]; R], width: usize) -> [I::F32; R] {
    let ops = isa.f32();
    let mut maxima = [ops.splat(f32::NEG_INFINITY); R];
    for at in (0..width).step_by(ops.len()) {
        for (maxima, x) in maxima.iter_mut().zip(x) {
            *maxima = ops.max(load_or(ops, &x[at..], f32::NEG_INFINITY), *maxima);
        }
    }
    maxima
}

/// The largest number of each vector.
#[inline(always)]
fn largest_of<V: Simd<Elem = f32>, const R: usize>(vectors: &[V; R]) -> [f32; R] {
    let mut all = [0.0; R];
    for (to, vector) in all.iter_mut().zip(vectors) {
        *to = largest(vector.to_array().as_ref());
    }
    all
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
