//! Nadam: Adam with Nesterov momentum.

use super::{check_slot, settled, settled_square};
use crate::simd::run_loop;

/// The factors of [`nadam`], all in `f32` throughout as in Keras.
#[derive(Clone, Copy, Debug)]
pub struct Nadam {
    /// α, the step size.
    pub learning_rate: f32,
    /// 1 − β₁.
    pub one_minus_beta_1: f32,
    /// 1 − β₂.
    pub one_minus_beta_2: f32,
    /// uₜ₊₁, the share of the momentum, and 1 − u₁ ⋯ uₜ₊₁, what it is divided by.
    pub momentum_share: (f32, f32),
    /// 1 − uₜ, the share of the gradient, and 1 − u₁ ⋯ uₜ, what it is divided by.
    pub gradient_share: (f32, f32),
    /// 1 − β₂ᵗ.
    pub velocity_correction: f32,
    /// ε, added to the root.
    pub epsilon: f32,
}

/// What Nadam remembers, a number per weight each.
#[derive(Debug)]
pub struct NadamSlots<'a> {
    /// m, the mean of the gradient.
    pub momentum: &'a mut [f32],
    /// v, the mean of the squared gradient.
    pub velocity: &'a mut [f32],
}

/// Moves `weights` by Nadam.
///
/// ```text
/// m ← m + (g − m)(1 − β₁)   v ← v + (g² − v)(1 − β₂)
/// m̂ = uₜ₊₁ m / (1 − u₁ ⋯ uₜ₊₁) + (1 − uₜ) g / (1 − u₁ ⋯ uₜ)   v̂ = v / (1 − β₂ᵗ)
/// w ← w − m̂ α / (√v̂ + ε)
/// ```
pub fn nadam(rule: &Nadam, gradient: &[f32], weights: &mut [f32], slots: NadamSlots) {
    let NadamSlots { momentum, velocity } = slots;
    check_slot("gradient", weights, gradient);
    check_slot("momentum", weights, momentum);
    check_slot("velocity", weights, velocity);
    let rule = *rule;
    let ((m_share, m_divisor), (g_share, g_divisor)) = (rule.momentum_share, rule.gradient_share);
    run_loop(
        #[inline(always)]
        || {
            for ((w, &g), (m, v)) in weights.iter_mut().zip(gradient).zip(momentum.iter_mut().zip(velocity)) {
                *m = settled(*m + (g - *m) * rule.one_minus_beta_1);
                *v = settled_square(*v + (g * g - *v) * rule.one_minus_beta_2);
                let mean = m_share * *m / m_divisor + g_share * g / g_divisor;
                let root = (*v / rule.velocity_correction).sqrt();
                *w -= mean * rule.learning_rate / (root + rule.epsilon);
            }
        },
    );
}
