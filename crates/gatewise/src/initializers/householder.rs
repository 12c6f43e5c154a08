//! The orthogonal factor of a tall matrix, by Householder's reflections in f64.
//!
//! A = Q · R with Q [rows, columns], Qᵀ · Q = 1, and R upper triangular with a diagonal above 0, which makes
//! the factors unique (G. H. Golub and C. F. Van Loan, "Matrix computations", section 5.2).
//!
//! Each sum has a fixed order that does not depend on the number of threads, so the bits are the same on any.

use rayon::prelude::*;

/// Sums in a dot product that run side by side, so that the additions of one need not wait for each other.
const LANES: usize = 8;

/// Multiplications of a pass over the columns from which it is shared between threads.
const PARALLEL_FROM: usize = 1 << 17;

/// A tall matrix, one vector a column.
pub(super) type Columns = Vec<Vec<f64>>;

/// The factor Q of `columns`, with the signs that make R's diagonal positive.
///
/// A column that depends on those before it, for which R's diagonal is 0, comes out as zeros, as in Keras.
pub(super) fn orthogonal_factor(mut columns: Columns) -> Columns {
    let mut signs = Vec::with_capacity(columns.len());
    for pivot in 0..columns.len() {
        let (done, rest) = columns.split_at_mut(pivot + 1);
        let reflector = &mut done[pivot][pivot..];
        signs.push(make_reflector(reflector));
        reflect_all(rest, pivot, reflector);
    }
    let mut factor = identity(&columns);
    for (pivot, column) in columns.iter().enumerate().rev() {
        reflect_all(&mut factor[pivot..], pivot, &column[pivot..]);
    }
    for (column, sign) in factor.iter_mut().zip(signs) {
        column.iter_mut().for_each(|value| *value *= sign);
    }
    factor
}

/// Turns x into the v, |v|² = 2, of the reflection 1 − v · vᵀ that takes x to a multiple of the first axis;
/// returns the sign of that multiple, 0 if x is zero.
fn make_reflector(x: &mut [f64]) -> f64 {
    let norm = dot(x, x).sqrt();
    if norm == 0.0 {
        return 0.0;
    }
    // The image is −sign(x₀)·|x|, so that the first element grows and nothing cancels.
    let sign = if x[0] < 0.0 { 1.0 } else { -1.0 };
    x[0] -= sign * norm;
    // |x − s·|x|·e₁|² = 2·|x|·(|x| + |x₀|), which is 2·|x|·|new x₀|.
    let length = (norm * x[0].abs()).sqrt();
    x.iter_mut().for_each(|value| *value /= length);
    sign
}

/// Applies the reflection of `reflector`, which starts at row `pivot`, to each of the columns.
fn reflect_all(columns: &mut [Vec<f64>], pivot: usize, reflector: &[f64]) {
    let reflect = |column: &mut Vec<f64>| {
        let part = &mut column[pivot..];
        let product = dot(reflector, part);
        part.iter_mut().zip(reflector).for_each(|(value, &v)| *value -= product * v);
    };
    if columns.len() * reflector.len() < PARALLEL_FROM {
        columns.iter_mut().for_each(reflect);
    } else {
        columns.par_iter_mut().for_each(reflect);
    }
}

/// The first columns of the unit matrix, as many and as long as `columns`.
fn identity(columns: &Columns) -> Columns {
    let unit = |(index, column): (usize, &Vec<f64>)| {
        let mut unit = vec![0.0; column.len()];
        unit[index] = 1.0;
        unit
    };
    columns.iter().enumerate().map(unit).collect()
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    let (left_chunks, left_rest) = left.as_chunks::<LANES>();
    let (right_chunks, right_rest) = right.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (left, right) in left_chunks.iter().zip(right_chunks) {
        for lane in 0..LANES {
            sums[lane] += left[lane] * right[lane];
        }
    }
    let rest: f64 = left_rest.iter().zip(right_rest).map(|(left, right)| left * right).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests;
