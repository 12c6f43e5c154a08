//! The kernels alone, on every instruction set of this CPU: `cargo bench -p gatewise-kernels`, or with a part of a name
//! behind `--`, such as `avx2/lstm`.
//!
//! Every set has to agree with the reference before it is timed.

// The macros of criterion make public items without documentation.
#![allow(missing_docs)]

mod lstm;
mod product;

use criterion::{Criterion, criterion_group, criterion_main};
use gatewise_kernels::InstructionSet;

/// Differences of rounding in sums of some hundred terms around one, through some tens of steps.
const TOLERANCE: f32 = 1e-4;

fn kernels(criterion: &mut Criterion) {
    for set in InstructionSet::ALL.into_iter().filter(|set| set.is_available()) {
        set.choose();
        product::check();
        lstm::check();
        product::time(criterion, set.name());
        lstm::time(criterion, set.name());
    }
}

/// `n` numbers between −`scale` and `scale`.
fn numbers(n: usize, scale: f32) -> Vec<f32> {
    (0..n).map(|n| (n as f32 * 12.9898).sin() * scale).collect()
}

/// Panics unless all numbers are those of the reference.
fn assert_close(what: &str, got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        let close = (got - expected).abs() <= TOLERANCE * expected.abs().max(1.0);
        assert!(close, "{what} on {}: got {got}, expected {expected}", InstructionSet::current().name());
    }
}

criterion_group!(benches, kernels);
criterion_main!(benches);
