use super::*;

#[test]
fn all_sums_are_made() {
    // 1 - 0.75^n in each of the chains after n rounds, and a round has at most 384 operations.
    let rounds = |n: u64| n * (2 * CHAINS * crate::simd::lanes()) as u64;
    assert_eq!(multiply_adds(0), 0.0);
    assert_eq!(multiply_adds(rounds(1)), 3.0);
    assert_eq!(multiply_adds(rounds(1) + 1), 5.25);
    assert!((multiply_adds(1_000_000) - 12.0).abs() < 1e-4);
}
