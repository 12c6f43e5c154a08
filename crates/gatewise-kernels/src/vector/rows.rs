//! Functions of rows, and moving rows to columns.

use super::{check_length, elementwise::exp_in_place, exp, map, map_in_place, sum};

/// Writes the softmax of each row of `x` `[rows, width]` to `y`: exp(x − max) over its sum.
pub fn softmax_rows(x: &[f32], width: usize, y: &mut [f32]) {
    for_each_row(x, width, y, |x, y| {
        shift_by_max(x, y);
        exp_in_place(y);
        let total = sum(y);
        map_in_place(
            y,
            #[inline(always)]
            |y| y / total,
        );
    });
}

/// Writes the logarithm of the softmax of each row of `x` `[rows, width]` to `y`: x − max − log Σ exp(x − max).
pub fn log_softmax_rows(x: &[f32], width: usize, y: &mut [f32]) {
    for_each_row(x, width, y, |x, y| {
        shift_by_max(x, y);
        let log_total = libm::logf(sum_of_exp(y));
        map_in_place(
            y,
            #[inline(always)]
            |y| y - log_total,
        );
    });
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

fn for_each_row(x: &[f32], width: usize, y: &mut [f32], function: impl Fn(&[f32], &mut [f32])) {
    check_length("y", x.len(), y.len());
    assert!(
        width > 0 && x.len().is_multiple_of(width),
        "vector: `x` must hold whole rows of {width} numbers"
    );
    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
        function(x, y);
    }
}

/// Writes `x − max(x)` to `y`, so that no exponential overflows.
fn shift_by_max(x: &[f32], y: &mut [f32]) {
    let max = x.iter().fold(f32::NEG_INFINITY, |max, &x| if x > max { x } else { max });
    map(
        x,
        y,
        #[inline(always)]
        |x| x - max,
    );
}

/// The sum of `exp(x)`, a block at a time.
fn sum_of_exp(x: &[f32]) -> f32 {
    let mut block = [0.0; 64];
    let sum_of_block = |x: &[f32]| {
        let block = &mut block[..x.len()];
        exp(x, block);
        sum(block)
    };
    x.chunks(64).map(sum_of_block).fold(0.0, |total, part| total + part)
}
