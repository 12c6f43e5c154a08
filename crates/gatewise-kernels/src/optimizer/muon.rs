//! Muon: steps along the momentum made nearly orthogonal.

use super::sums::sum;
use super::{check_slot, settled};
use crate::matmul::{Product, matmul, workspace_len};

/// The factors of [`muon`].
#[derive(Clone, Copy, Debug)]
pub struct Muon {
    /// α, the step size.
    pub learning_rate: f32,
    /// μ, the share of the old momentum.
    pub momentum: f32,
    /// μ − 1, subtracted in `f64` and then rounded as in Keras.
    pub momentum_minus_one: f32,
    /// Whether to look ahead by one step of the momentum.
    pub nesterov: bool,
    /// a, b, c of the iteration.
    pub coefficients: [f32; 3],
    /// How often to iterate.
    pub iterations: usize,
    /// What steps are multiplied by beside √max(rows, columns); none of both where there is nothing.
    pub rms_rate: Option<f32>,
}

/// Moves `weights` `[rows, columns]` by Muon.
///
/// ```text
/// m ← m + (g + m(μ − 1))    x = g + μ m, or m without Nesterov
/// x ← x / (|x| + 10⁻⁷)      then, so often as `iterations` says, with x transposed if it has more rows than columns:
/// A = x xᵀ    x ← a x + (b A + c A A) x
/// w ← w − α x √max(rows, columns) rms_rate
/// ```
pub fn muon(
    rule: &Muon,
    (rows, columns): (usize, usize),
    gradient: &[f32],
    weights: &mut [f32],
    momentum: &mut [f32],
) {
    check_slot("gradient", weights, gradient);
    check_slot("momentum", weights, momentum);
    assert_eq!(weights.len(), rows * columns, "optimizer: `weights` must hold rows × columns numbers");
    for (m, g) in momentum.iter_mut().zip(gradient) {
        *m = settled(*m + (g + *m * rule.momentum_minus_one));
    }
    let ahead = |(m, g): (&f32, &f32)| if rule.nesterov { g + rule.momentum * m } else { *m };
    let step: Vec<f32> = momentum.iter().zip(gradient).map(ahead).collect();
    let is_tall = rows > columns;
    let step = match is_tall {
        true => transposed(&orthogonal(rule, (columns, rows), transposed(&step, columns)), rows),
        false => orthogonal(rule, (rows, columns), step),
    };
    let size = (rows.max(columns) as f32).sqrt();
    for (w, x) in weights.iter_mut().zip(step) {
        let step = rule.learning_rate * x;
        *w -= rule.rms_rate.map_or(step, |rate| step * size * rate);
    }
}

/// x with singular values near 1, for x with at most as many rows as columns.
fn orthogonal(rule: &Muon, (rows, columns): (usize, usize), mut x: Vec<f32>) -> Vec<f32> {
    let norm = sum(x.len(), |i| f64::from(x[i]) * f64::from(x[i])).sqrt() as f32;
    x.iter_mut().for_each(|x| *x /= norm + 1e-7);
    let [a, b, c] = rule.coefficients;
    let square = Product { b_transposed: true, ..Product::new(rows, columns, rows) };
    for _ in 0..rule.iterations {
        let gram = product(&square, &x, &x);
        let scaled: Vec<f32> = gram.iter().map(|number| c * number).collect();
        let mut mix = product(&Product::new(rows, rows, rows), &scaled, &gram);
        mix.iter_mut().zip(&gram).for_each(|(mix, gram)| *mix += b * gram);
        let turned = product(&Product::new(rows, rows, columns), &mix, &x);
        x.iter_mut().zip(turned).for_each(|(x, turned)| *x = a * *x + turned);
    }
    x
}

fn product(product: &Product, a: &[f32], b: &[f32]) -> Vec<f32> {
    let (mut c, mut workspace) = (vec![0.0; product.m * product.n], vec![0.0; workspace_len(product)]);
    matmul(product, a, b, None, &mut c, &mut workspace);
    c
}

/// The transpose of a matrix with this many columns.
fn transposed(matrix: &[f32], columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|column| matrix.iter().skip(column).step_by(columns).copied()).collect()
}
