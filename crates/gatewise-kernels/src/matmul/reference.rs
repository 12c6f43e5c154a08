//! The product as its definition reads.

use super::Product;
use crate::Real;

/// Writes the product of `a` `[m, k]` and `b` `[k, n]` to `c` `[m, n]`, summed from `bias` `[n]`, `c` or zero.
pub fn matmul<F: Real>(product: &Product, a: &[F], b: &[F], bias: Option<&[F]>, c: &mut [F]) {
    product.check(a, b, bias, c);
    let Product { m, k, n, .. } = *product;
    let a_at = |row: usize, s: usize| {
        if product.a_transposed { a[s * m + row] } else { a[row * k + s] }
    };
    let b_at = |s: usize, column: usize| {
        if product.b_transposed { b[column * k + s] } else { b[s * n + column] }
    };
    for row in 0..m {
        for column in 0..n {
            let element = &mut c[row * n + column];
            let start = match bias {
                Some(bias) => bias[column],
                None if product.accumulate => *element,
                None => F::zero(),
            };
            *element = (0..k).fold(start, |sum, s| a_at(row, s).mul_add(b_at(s, column), sum));
        }
    }
}
