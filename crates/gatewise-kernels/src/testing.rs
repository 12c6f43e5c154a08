//! Helpers of tests, tested themselves: comparison, and numbers that differ everywhere.

use crate::Real;
use crate::recurrent::Sizes;

/// `n` numbers between −1 and 1, the same for the same `seed`.
pub fn numbers<F: Real>(seed: u64, n: usize) -> Vec<F> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..n).map(|_| F::from_f64(next())).collect()
}

/// Panics unless each number differs from the expected one by at most `tolerance`, relative where that is above 1.
///
/// NaN is close to nothing, and an infinity only to itself.
#[track_caller]
pub fn assert_close<F: Real>(what: &str, got: &[F], expected: &[F], tolerance: f64) {
    assert_eq!(got.len(), expected.len(), "{what}: lengths differ");
    for (n, (&got, &expected)) in got.iter().zip(expected).enumerate() {
        assert!(is_close(got, expected, tolerance), "{what}[{n}]: got {got:?}, expected {expected:?}");
    }
}

fn is_close<F: Real>(got: F, expected: F, tolerance: f64) -> bool {
    let finite = expected.is_finite();
    got == expected
        || finite && (got - expected).abs() <= F::from_f64(tolerance) * expected.abs().max(F::one())
}

/// Panics unless all numbers have the same bits.
#[track_caller]
pub fn assert_same_bits(what: &str, got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len(), "{what}: lengths differ");
    for (n, (got, expected)) in got.iter().zip(expected).enumerate() {
        assert_eq!(got.to_bits(), expected.to_bits(), "{what}[{n}]: got {got:?}, expected {expected:?}");
    }
}

/// How many floating-point numbers lie between `got` and `expected`, at most `u32::MAX`, which NaN always gives.
pub fn ulps(got: f32, expected: f32) -> u32 {
    /// Numbers in order: the bits of negative ones count downwards from zero.
    fn place(x: f32) -> i64 {
        let magnitude = i64::from(x.to_bits() & 0x7fff_ffff);
        if x.is_sign_negative() { -magnitude } else { magnitude }
    }
    if got.is_nan() || expected.is_nan() {
        return u32::MAX;
    }
    u32::try_from(place(got).abs_diff(place(expected))).unwrap_or(u32::MAX)
}

/// `work` on a thread pool of its own.
pub fn on_threads<T: Send>(num_threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new()
        .num_threads(num_threads)
        .build()
        .expect("threads can be started")
        .install(work)
}

#[test]
fn closeness_is_relative_above_one_and_absolute_below() {
    assert!(is_close(1e-7, 0.0, 1e-6));
    assert!(!is_close(1e-5, 0.0, 1e-6));
    assert!(is_close(1e6 + 0.5, 1e6, 1e-6));
    assert!(!is_close(123_456.0, 0.0, 1e-6));
    assert!(is_close(0.0, -0.0, 0.0));
}

#[test]
fn nan_is_close_to_nothing() {
    for (got, expected) in [(f64::NAN, f64::NAN), (f64::NAN, 0.0), (0.0, f64::NAN)] {
        assert!(!is_close(got, expected, 1.0));
    }
    assert!(!is_close(f64::INFINITY, 1.0, 1.0));
    assert!(!is_close(1.0, f64::INFINITY, 1e-6));
    assert!(is_close(f64::INFINITY, f64::INFINITY, 1e-6));
}

#[test]
fn ulps_count_the_numbers_between() {
    assert_eq!(ulps(1.0, 1.0), 0);
    assert_eq!(ulps(1.0, 1.0f32.next_up()), 1);
    assert_eq!(ulps(0.0, -0.0), 0);
    assert_eq!(ulps(f32::from_bits(1), -f32::from_bits(1)), 2);
    assert_eq!(ulps(f32::NAN, f32::NAN), u32::MAX);
    assert!(ulps(123_456.0, 0.0) > 1_000_000);
}

#[test]
#[should_panic(expected = "got -0.0, expected 0.0")]
fn the_bits_of_zeros_of_both_signs_differ() {
    assert_same_bits("x", &[-0.0], &[0.0]);
}

#[test]
fn numbers_differ_and_are_repeatable() {
    let mut drawn = numbers::<f64>(3, 100);
    assert_eq!(drawn, numbers::<f64>(3, 100));
    assert_ne!(drawn, numbers::<f64>(4, 100));
    assert!(drawn.iter().all(|x| (-1.0..=1.0).contains(x)));
    drawn.sort_by(f64::total_cmp);
    assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(drawn[10] < -0.5 && drawn[90] > 0.5);
}

/// Leaves no more than one number of each row of `x`, in some rows none.
pub fn leave_single_numbers<F: Real>(x: &mut [F], features: usize) {
    for (row, x) in x.chunks_exact_mut(features).enumerate() {
        let at = (row * 7 + row / 3) % (features + 1);
        x.iter_mut().enumerate().filter(|(k, _)| *k != at).for_each(|(_, x)| *x = F::zero());
    }
}

/// The rows that [ids](crate::recurrent::X::Ids) stand for.
pub fn one_hot(ids: &[f32], features: usize) -> Vec<f32> {
    ids.iter().flat_map(|&id| (0..features).map(move |k| f32::from(id == k as f32))).collect()
}

/// A mask `[B, T]` of samples of which each uses more steps than the one before, the first none.
pub fn growing_mask<F: Real>(batch: usize, steps: usize) -> Vec<F> {
    let is_used = |sample: usize, step: usize| step * batch < sample * steps;
    let one_or_zero = |is_used: bool| if is_used { F::one() } else { F::zero() };
    (0..batch * steps).map(|at| one_or_zero(is_used(at / steps, at % steps))).collect()
}

/// A mask `[B, T]` of samples whose lengths differ, in no order, so that fewer and fewer of them use a step.
pub(crate) fn uneven_mask(batch: usize, steps: usize) -> Vec<f32> {
    let length = |sample: usize| 11 * sample % batch * (steps + 1) / batch;
    let used = |at: usize| at % steps < length(at / steps);
    (0..batch * steps).map(|at| f32::from(u8::from(used(at)))).collect()
}

/// The rows of an embedding, tokens that name them, and the sequences of the rows that are named.
pub(crate) struct LookedUp {
    /// `[V, F]`
    pub embeddings: Vec<f32>,
    /// `[B, T]`
    pub tokens: Vec<f32>,
    /// `[B, T, F]`
    pub rows: Vec<f32>,
}

impl LookedUp {
    /// With a vocabulary of so many rows.
    pub fn new(seed: u64, vocabulary: usize, sizes: &Sizes) -> Self {
        let Sizes { batch, steps, features, .. } = *sizes;
        let embeddings = numbers::<f32>(seed, vocabulary * features);
        let tokens: Vec<f32> = (0..batch * steps).map(|n| (n * 31 % vocabulary) as f32).collect();
        let rows = tokens.iter().flat_map(|&token| &embeddings[token as usize * features..][..features]);
        let rows = rows.copied().collect();
        Self { embeddings, tokens, rows }
    }
}
