//! Sums that depend on the length alone, not on the instruction set.

/// Sums that run side by side, so that the additions of one need not wait for each other.
const LANES: usize = 8;

/// Σ `term(i)` for i below `len`.
pub(super) fn sum(len: usize, term: impl Fn(usize) -> f64) -> f64 {
    let mut sums = [0.0_f64; LANES];
    let whole = len - len % LANES;
    for first in (0..whole).step_by(LANES) {
        for (lane, sum) in sums.iter_mut().enumerate() {
            *sum += term(first + lane);
        }
    }
    sums.iter().sum::<f64>() + (whole..len).map(term).sum::<f64>()
}
