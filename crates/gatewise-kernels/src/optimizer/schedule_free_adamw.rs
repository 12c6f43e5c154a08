//! Schedule-free AdamW: Adam whose average of the weights takes the place of a schedule.

use super::{check_slot, settled_square};
use crate::simd::run_loop;

/// The factors of [`schedule_free_adamw`], all in `f32` throughout as in Keras.
#[derive(Clone, Copy, Debug)]
pub struct ScheduleFreeAdamW {
    /// α, the step size.
    pub learning_rate: f32,
    /// β₁, above 0: the share of the average in the weights.
    pub beta_1: f32,
    /// 1 − β₂.
    pub one_minus_beta_2: f32,
    /// 1 − β₂ᵗ.
    pub velocity_correction: f32,
    /// c = 1/t, the share of this step in the average.
    pub average_share: f32,
    /// ε, added to the root.
    pub epsilon: f32,
}

/// What schedule-free AdamW remembers, a number per weight each.
#[derive(Debug)]
pub struct ScheduleFreeAdamWSlots<'a> {
    /// z, where the steps lead; starts as the weights.
    pub momentum: &'a mut [f32],
    /// v, the mean of the squared gradient.
    pub velocity: &'a mut [f32],
}

/// Moves `weights` by schedule-free AdamW.
///
/// ```text
/// v ← v + (g² − v)(1 − β₂)   z ← z − α g / (√(v / (1 − β₂ᵗ)) + ε)   x = (w − (1 − β₁) z) / β₁
/// w ← (1 − β₁) z + β₁ ((1 − c) x + c z)
/// ```
///
/// As in Keras on TensorFlow x is taken with the new z; in the paper it is taken with the old one.
pub fn schedule_free_adamw(
    rule: &ScheduleFreeAdamW,
    gradient: &[f32],
    weights: &mut [f32],
    slots: ScheduleFreeAdamWSlots,
) {
    let ScheduleFreeAdamWSlots { momentum, velocity } = slots;
    check_slot("gradient", weights, gradient);
    check_slot("momentum", weights, momentum);
    check_slot("velocity", weights, velocity);
    let ScheduleFreeAdamW { learning_rate, beta_1, average_share, .. } = *rule;
    let (rest, old_share) = (1.0 - beta_1, 1.0 - average_share);
    run_loop(
        #[inline(always)]
        || {
            for ((w, &g), (z, v)) in weights.iter_mut().zip(gradient).zip(momentum.iter_mut().zip(velocity)) {
                *v = settled_square(*v + (g * g - *v) * rule.one_minus_beta_2);
                *z -= learning_rate * g / ((*v / rule.velocity_correction).sqrt() + rule.epsilon);
                let average = (*w - rest * *z) / beta_1;
                *w = rest * *z + beta_1 * (old_share * average + average_share * *z);
            }
        },
    );
}
