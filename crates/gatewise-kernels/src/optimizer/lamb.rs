//! Lamb: Adam with steps in proportion to the norm of the weights.

use super::sums::sum;
use super::{check_slot, settled, settled_square};
use crate::simd::run_loop;

/// The factors of [`lamb`].
#[derive(Clone, Copy, Debug)]
pub struct Lamb {
    /// α, the step size.
    pub learning_rate: f32,
    /// 1 − β₁, subtracted in `f64` and then rounded as in Keras.
    pub one_minus_beta_1: f32,
    /// 1 − β₂, subtracted in `f64` and then rounded as in Keras.
    pub one_minus_beta_2: f32,
    /// 1 − β₁ᵗ.
    pub momentum_correction: f32,
    /// 1 − β₂ᵗ.
    pub velocity_correction: f32,
    /// ε, added to the root.
    pub epsilon: f32,
}

/// What Lamb remembers, a number per weight each.
#[derive(Debug)]
pub struct LambSlots<'a> {
    /// m, the mean of the gradient.
    pub momentum: &'a mut [f32],
    /// v, the mean of the squared gradient.
    pub velocity: &'a mut [f32],
}

/// Moves `weights` by Lamb; |·| is the norm over all of `weights`.
///
/// ```text
/// m ← m + (g − m)(1 − β₁)   v ← v + (g² − v)(1 − β₂)
/// u = m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε)
/// w ← w − |w| / |u| · α u          without the ratio if a norm is 0
/// ```
pub fn lamb(rule: &Lamb, gradient: &[f32], weights: &mut [f32], slots: LambSlots) {
    let LambSlots { momentum, velocity } = slots;
    check_slot("gradient", weights, gradient);
    check_slot("momentum", weights, momentum);
    check_slot("velocity", weights, velocity);
    run_loop(
        #[inline(always)]
        || {
            for ((m, v), &g) in momentum.iter_mut().zip(&mut *velocity).zip(gradient) {
                *m = settled(*m + (g - *m) * rule.one_minus_beta_1);
                *v = settled_square(*v + (g * g - *v) * rule.one_minus_beta_2);
            }
        },
    );
    let weight_norm = sum(weights.len(), |i| square(weights[i])).sqrt() as f32;
    let step_norm = sum(weights.len(), |i| square(rule.step(momentum[i], velocity[i]))).sqrt() as f32;
    let ratio = if weight_norm > 0.0 && step_norm > 0.0 { weight_norm / step_norm } else { 1.0 };
    let factor = ratio * rule.learning_rate;
    run_loop(
        #[inline(always)]
        || {
            for ((w, &m), &v) in weights.iter_mut().zip(&*momentum).zip(&*velocity) {
                *w -= factor * rule.step(m, v);
            }
        },
    );
}

#[inline(always)]
fn square(x: f32) -> f64 {
    f64::from(x) * f64::from(x)
}

impl Lamb {
    #[inline(always)]
    fn step(&self, m: f32, v: f32) -> f32 {
        m / self.momentum_correction / ((v / self.velocity_correction).sqrt() + self.epsilon)
    }
}
