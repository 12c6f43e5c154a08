//! Softmax and its relatives over some rows together whose numbers are neither large nor far from each other, so that none
//! has to be subtracted first. Each function returns for which rows this was so; for the others it has no result.

use super::load_or;
use crate::formula::{exp_up_to, log};
use crate::simd::{BitOps, Isa, NumOps, Simd, load, load_first, store, store_first};

/// Sums of exponentials whose logarithms are off by as little as those of numbers below 1 are.
const MODERATE: std::ops::Range<f32> = 1.0 / 2048.0..2048.0;

/// Thresholds that are as exact as numbers around 1 nearly are.
const MODERATE_THRESHOLD: f32 = 8.0;

/// How often the search for a threshold goes over a row before the result is looked at, which is right by then in most rows,
/// and after how many more times it is given up.
const PASSES: usize = 3;
const MORE_PASSES: usize = 6;

/// `R` rows of equal length.
#[inline(always)]
fn rows<const R: usize>(x: &[f32], width: usize) -> [&[f32]; R] {
    std::array::from_fn(
        #[inline(always)]
        |row| &x[row * width..][..width],
    )
}

/// Calls `function` with the number of the row, the place and the vector there; for each row in the order of places. Behind the
/// end of a row come −∞.
///
/// A few rows go to their end before the next ones begin: there are registers for the sums of so many.
#[inline(always)]
fn each_vector<I: Isa, const R: usize>(
    isa: I,
    rows: &[&[f32]; R],
    mut function: impl FnMut(usize, usize, I::F32),
) {
    let (lanes, width) = (isa.f32().len(), rows[0].len());
    match lanes {
        16 => each_whole_vector::<I, R, 16>(isa, rows, &mut function),
        8 => each_whole_vector::<I, R, 8>(isa, rows, &mut function),
        _ => each_whole_vector::<I, R, 4>(isa, rows, &mut function),
    }
    let whole = width - width % lanes;
    if whole < width {
        for (row, x) in rows.iter().enumerate() {
            function(row, whole, load_or(isa.f32(), &x[whole..], f32::NEG_INFINITY));
        }
    }
}

/// [`each_vector`] without the ends of rows. All rows are cut to one length, so that there is nothing to be checked for each
/// vector.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "with iterators the sums leave the registers")]
fn each_whole_vector<I: Isa, const R: usize, const LANES: usize>(
    isa: I,
    rows: &[&[f32]; R],
    function: &mut impl FnMut(usize, usize, I::F32),
) {
    const FEW: usize = 4;
    let count = rows[0].len() / LANES;
    let mut cut = [&[][..]; R];
    for (cut, row) in cut.iter_mut().zip(rows) {
        *cut = &row.as_chunks::<LANES>().0[..count];
    }
    for first in (0..R).step_by(FEW) {
        for at in 0..count {
            for row in first..R.min(first + FEW) {
                function(row, at * LANES, load(isa.f32(), &cut[row][at]));
            }
        }
    }
}

/// The sum of each vector, and ones.
#[inline(always)]
fn sums_of<I: Isa, const R: usize>(isa: I, vectors: &[I::F32; R]) -> [f32; 16] {
    let mut sums = [1.0; 16];
    for (sum, vector) in sums.iter_mut().zip(vectors) {
        *sum = isa.f32().sum(*vector);
    }
    sums
}

#[inline(always)]
fn are_moderate<const R: usize>(sums: &[f32; 16]) -> [bool; R] {
    std::array::from_fn(
        #[inline(always)]
        |row| MODERATE.contains(&sums[row]),
    )
}

#[inline(always)]
pub(super) fn softmax<I: Isa, const R: usize>(isa: I, x: &[f32], width: usize, y: &mut [f32]) -> [bool; R] {
    let ops = isa.f32();
    let mut totals = [ops.zero(); R];
    each_vector(
        isa,
        &rows::<R>(x, width),
        #[inline(always)]
        |row, at, x| {
            let numerator = exp_up_to(isa, x, 88.0);
            totals[row] = ops.add(totals[row], numerator);
            store_first(ops, numerator, &mut y[row * width..][..width][at..]);
        },
    );
    let sums = sums_of(isa, &totals);
    for (y, sum) in y.chunks_exact_mut(width).zip(sums) {
        let factor = ops.splat(1.0 / sum);
        for y in y.chunks_mut(ops.len()) {
            store_first(ops, ops.mul(load_first(ops, y), factor), y);
        }
    }
    are_moderate(&sums)
}

#[inline(always)]
pub(super) fn log_softmax<I: Isa, const R: usize>(
    isa: I,
    x: &[f32],
    width: usize,
    y: &mut [f32],
) -> [bool; R] {
    let ops = isa.f32();
    let mut totals = [ops.zero(); R];
    each_vector(
        isa,
        &rows::<R>(x, width),
        #[inline(always)]
        |row, _, x| totals[row] = ops.add(totals[row], exp_up_to(isa, x, 88.0)),
    );
    let sums = sums_of(isa, &totals);
    let mut logs = [0.0; 16];
    for at in (0..R).step_by(ops.len()) {
        store(ops, log(isa, load(ops, &sums[at..])), &mut logs[at..]);
    }
    for ((x, y), log) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)).zip(logs) {
        let log = ops.splat(log);
        for (x, y) in x.chunks(ops.len()).zip(y.chunks_mut(ops.len())) {
            store_first(ops, ops.sub(load_first(ops, x), log), y);
        }
    }
    are_moderate(&sums)
}

/// The method is that of [`sparsemax`](super::sparsemax()). The threshold of any of the numbers, chosen as one likes, is too low or
/// right, too: the search begins with the numbers that are the largest ones at their place in a vector. It ends where the
/// result has the sum 1.
#[inline(always)]
pub(super) fn sparsemax<I: Isa, const R: usize>(isa: I, x: &[f32], width: usize, y: &mut [f32]) -> [bool; R] {
    let x = rows::<R>(x, width);
    let (mut thresholds, is_finite) = start(isa, &x, width);
    let mut is_done = [false; R];
    for _ in 1..PASSES {
        raise(isa, &x, &mut thresholds);
    }
    for _ in 0..=MORE_PASSES {
        let counts = raise(isa, &x, &mut thresholds);
        let sums = subtract(isa, &x, &thresholds, y);
        let mut is_over = true;
        for row in 0..R {
            let threshold = thresholds[row].abs();
            is_done[row] = is_finite[row] && threshold <= MODERATE_THRESHOLD;
            // A threshold has no more digits than this leaves to the sum.
            let is_one = (sums[row] - 1.0).abs() <= 1e-6 + 2.5e-7 * counts[row] * threshold.max(1.0);
            is_over &= is_one || !is_done[row];
            is_done[row] &= is_one;
        }
        if is_over {
            break;
        }
    }
    is_done
}

/// Replaces each threshold by that of the numbers above it, and returns how many these are.
#[inline(always)]
fn raise<I: Isa, const R: usize>(isa: I, x: &[&[f32]; R], thresholds: &mut [f32; R]) -> [f32; R] {
    let mut above = [Above::none(isa); R];
    each_vector(
        isa,
        x,
        #[inline(always)]
        |row, _, x| above[row].add(isa, x, thresholds[row]),
    );
    let mut counts = [0.0; R];
    for (row, above) in above.iter().enumerate() {
        (thresholds[row], counts[row]) = above.threshold(isa);
    }
    counts
}

/// Writes what numbers have above the threshold of their row, and returns the sums.
#[inline(always)]
fn subtract<I: Isa, const R: usize>(
    isa: I,
    x: &[&[f32]; R],
    thresholds: &[f32; R],
    y: &mut [f32],
) -> [f32; R] {
    let (ops, width) = (isa.f32(), x[0].len());
    let mut sums = [0.0; R];
    for (row, y) in y.chunks_exact_mut(width).enumerate() {
        let (threshold, mut total) = (ops.splat(thresholds[row]), ops.zero());
        for (x, y) in x[row].chunks(ops.len()).zip(y.chunks_mut(ops.len())) {
            let above = ops.max(ops.sub(load_or(ops, x, f32::NEG_INFINITY), threshold), ops.zero());
            total = ops.add(total, above);
            store_first(ops, above, y);
        }
        sums[row] = ops.sum(total);
    }
    sums
}

/// The numbers of a row above a threshold, for each place in a vector.
#[derive(Clone, Copy)]
struct Above<V> {
    total: V,
    count: V,
}

impl<V: Simd<Elem = f32>> Above<V> {
    #[inline(always)]
    fn none<I: Isa<F32 = V>>(isa: I) -> Self {
        Self { total: isa.f32().zero(), count: isa.f32().zero() }
    }

    /// Takes in those of `x` that are above.
    #[inline(always)]
    fn add<I: Isa<F32 = V>>(&mut self, isa: I, x: V, threshold: f32) {
        let (ops, zero) = (isa.f32(), isa.f32().zero());
        let is_above = ops.gt(x, ops.splat(threshold));
        self.total = ops.add(self.total, ops.select(x, zero, is_above));
        self.count = ops.add(self.count, ops.select(ops.one(), zero, is_above));
    }

    /// That with which they have the sum 1, and how many they are.
    #[inline(always)]
    fn threshold<I: Isa<F32 = V>>(&self, isa: I) -> (f32, f32) {
        let count = isa.f32().sum(self.count);
        ((isa.f32().sum(self.total) - 1.0) / count, count)
    }
}

/// The first thresholds, and which rows have only finite numbers.
#[inline(always)]
fn start<I: Isa, const R: usize>(isa: I, x: &[&[f32]; R], width: usize) -> ([f32; R], [bool; R]) {
    let (ops, zero) = (isa.f32(), isa.f32().zero());
    let least = ops.splat(f32::NEG_INFINITY);
    let (mut maxima, mut totals) = ([least; R], [zero; R]);
    each_vector(
        isa,
        x,
        #[inline(always)]
        |row, at, x| {
            maxima[row] = ops.max(x, maxima[row]);
            let is_behind_end = width - at < ops.len();
            let x = if is_behind_end { ops.select(zero, x, ops.eq(x, least)) } else { x };
            totals[row] = ops.add(totals[row], x);
        },
    );
    let (mut thresholds, mut is_finite) = ([0.0; R], [true; R]);
    for row in 0..R {
        let total = ops.sum(totals[row]);
        is_finite[row] = total.is_finite();
        let of_maxima = (ops.sum(maxima[row]) - 1.0) / ops.len() as f32;
        thresholds[row] = of_maxima.max((total - 1.0) / width as f32);
    }
    for (maxima, threshold) in maxima.into_iter().zip(&mut thresholds) {
        let mut above = Above::none(isa);
        above.add(isa, maxima, *threshold);
        *threshold = threshold.max(above.threshold(isa).0);
    }
    (thresholds, is_finite)
}
