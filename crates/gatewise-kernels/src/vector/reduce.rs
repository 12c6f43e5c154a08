//! Sums in an order that depends on the length alone.

use super::check_length;
use crate::simd::run_loop;

/// How many partial sums run side by side, on every instruction set: enough for the widest.
const PARTS: usize = 64;

/// The sum of `x`.
///
/// Element n goes to partial sum n mod 64, and the partial sums are added in pairs, so that the error grows like
/// that of a sum 64 times shorter.
pub fn sum(x: &[f32]) -> f32 {
    sum_of(
        x.len(),
        #[inline(always)]
        |range| {
            let x = &x[range];
            #[inline(always)]
            move |n| x[n]
        },
    )
}

/// The sum of the products of the elements of `a` and `b`, in the order of [`sum`].
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    check_length("b", a.len(), b.len());
    sum_of(
        a.len(),
        #[inline(always)]
        |range| {
            let (a, b) = (&a[range.clone()], &b[range]);
            #[inline(always)]
            move |n| a[n] * b[n]
        },
    )
}

/// Writes the sum of each column of `x` `[rows, columns]` to `y` `[columns]`, added from the first row to the last.
pub fn column_sums(x: &[f32], columns: usize, y: &mut [f32]) {
    check_length("y", columns, y.len());
    y.fill(0.0);
    if columns == 0 {
        return;
    }
    assert!(x.len().is_multiple_of(columns), "vector: `x` must hold whole rows of {columns} numbers");
    run_loop(
        #[inline(always)]
        || {
            for row in x.chunks_exact(columns) {
                y.iter_mut().zip(row).for_each(|(y, &x)| *y += x);
            }
        },
    );
}

/// The sum of `len` terms; `block(range)` gives the function from a position in the range to its term.
#[inline(always)]
fn sum_of<T: Fn(usize) -> f32>(len: usize, block: impl Fn(std::ops::Range<usize>) -> T) -> f32 {
    let mut parts = [0.0; PARTS];
    run_loop(
        #[inline(always)]
        || {
            for start in (0..len).step_by(PARTS) {
                let width = PARTS.min(len - start);
                let term = block(start..start + width);
                parts[..width].iter_mut().enumerate().for_each(|(n, part)| *part += term(n));
            }
        },
    );
    add_pairs(&mut parts)
}

/// The sum of the partial sums, each time of the lower and the upper half.
fn add_pairs(parts: &mut [f32; PARTS]) -> f32 {
    let mut half = PARTS / 2;
    while half > 0 {
        for n in 0..half {
            parts[n] += parts[n + half];
        }
        half /= 2;
    }
    parts[0]
}
