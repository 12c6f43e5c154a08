//! Adafactor: steps scaled by a velocity that is kept as a product of its rows and columns.

use super::check_slot;
use super::sums::sum;

/// Columns that are summed side by side: as many as a line of the cache holds.
const LANES: usize = 16;

/// The factors of [`adafactor`].
#[derive(Clone, Copy, Debug)]
pub struct Adafactor {
    /// ρₜ, the step size relative to the weights.
    pub relative_step: f32,
    /// β₂ of this step.
    pub beta_2: f32,
    /// ε₁, added to the squared gradient.
    pub epsilon_1: f32,
    /// ε₂, the least root mean square of the weights.
    pub epsilon_2: f32,
    /// d, the greatest root mean square of a step.
    pub clip_threshold: f32,
}

/// What Adafactor remembers.
#[derive(Debug)]
pub struct AdafactorSlots<'a> {
    /// The means along the last two axes; absent for weights with fewer axes.
    pub factors: Option<AdafactorFactors<'a>>,
    /// v, a number per weight.
    pub velocity: &'a mut [f32],
}

/// The means of the squared gradient along the last two axes of weights `[matrices, R, C]`.
#[derive(Debug)]
pub struct AdafactorFactors<'a> {
    /// r `[matrices, R]`, means over columns.
    pub rows: &'a mut [f32],
    /// c `[matrices, C]`, means over rows.
    pub columns: &'a mut [f32],
    /// R and C.
    pub sizes: (usize, usize),
}

/// Moves `weights` by Adafactor; rms is the root mean square over all of an array.
///
/// ```text
/// r ← β₂ r + (1 − β₂) mean_C(g² + ε₁)   c ← β₂ c + (1 − β₂) mean_R(g² + ε₁)   v = r / mean_R(r) · c
/// without factors   v ← β₂ v + (1 − β₂)(g² + ε₁)
/// u = g / √v   w ← w − max(ε₂, rms(w)) ρₜ · u / max(1, rms(u) / d)
/// ```
pub fn adafactor(rule: &Adafactor, gradient: &[f32], weights: &mut [f32], slots: AdafactorSlots) {
    let AdafactorSlots { factors, velocity } = slots;
    check_slot("gradient", weights, gradient);
    check_slot("velocity", weights, velocity);
    match factors {
        Some(factors) => rule.update_factors(gradient, factors, velocity),
        None => {
            for (v, &g) in velocity.iter_mut().zip(gradient) {
                *v = rule.mean(*v, g * g + rule.epsilon_1);
            }
        }
    }
    let step = greater(rms(weights.len(), |i| weights[i]), rule.epsilon_2) * rule.relative_step;
    let size = rms(weights.len(), |i| gradient[i] / velocity[i].sqrt());
    let divisor = greater(size / rule.clip_threshold, 1.0);
    for ((w, &g), &v) in weights.iter_mut().zip(gradient).zip(&*velocity) {
        *w -= step * (g / v.sqrt() / divisor);
    }
}

/// The greater of a number and a limit; not `f32::max`, which would let the limit win over NaN.
fn greater(x: f32, limit: f32) -> f32 {
    if x < limit { limit } else { x }
}

/// The root of the mean of `value(i)²` for i below `len`.
fn rms(len: usize, value: impl Fn(usize) -> f32) -> f32 {
    let squares = sum(len, |i| f64::from(value(i)) * f64::from(value(i)));
    ((squares / len as f64) as f32).sqrt()
}

impl Adafactor {
    fn mean(&self, old: f32, new: f32) -> f32 {
        self.beta_2 * old + (1.0 - self.beta_2) * new
    }

    fn update_factors(&self, gradient: &[f32], factors: AdafactorFactors, velocity: &mut [f32]) {
        let AdafactorFactors { rows, columns, sizes: (r, c) } = factors;
        if gradient.is_empty() {
            return;
        }
        assert_eq!(rows.len() * c, gradient.len(), "optimizer: `rows` must hold a number per row");
        assert_eq!(columns.len() * r, gradient.len(), "optimizer: `columns` must hold a number per column");
        let matrices = gradient.chunks_exact(r * c).zip(velocity.chunks_exact_mut(r * c));
        for ((g, v), (rows, columns)) in
            matrices.zip(rows.chunks_exact_mut(r).zip(columns.chunks_exact_mut(c)))
        {
            let square = |i: usize| f64::from(g[i] * g[i] + self.epsilon_1);
            for (row, mean) in rows.iter_mut().enumerate() {
                *mean = self.mean(*mean, (sum(c, |column| square(row * c + column)) / c as f64) as f32);
            }
            for (block, means) in columns.chunks_mut(LANES).enumerate() {
                let mut sums = [0.0_f64; LANES];
                for row in 0..r {
                    let first = row * c + block * LANES;
                    sums.iter_mut()
                        .take(means.len())
                        .enumerate()
                        .for_each(|(i, sum)| *sum += square(first + i));
                }
                for (mean, sum) in means.iter_mut().zip(sums) {
                    *mean = self.mean(*mean, (sum / r as f64) as f32);
                }
            }
            let mean_row = (sum(r, |row| f64::from(rows[row])) / r as f64) as f32;
            for (v, &row) in v.chunks_exact_mut(c).zip(&*rows) {
                let share = row / mean_row;
                v.iter_mut().zip(&*columns).for_each(|(v, &column)| *v = share * column);
            }
        }
    }
}
