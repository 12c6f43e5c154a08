//! Adam and AMSGrad.

use super::{check_slot, settled, settled_square};
use crate::simd::run_loop;

/// The factors of [`adam`].
#[derive(Clone, Copy, Debug)]
pub struct Adam {
    /// α √(1 − β₂ᵗ) / (1 − β₁ᵗ) with the learning rate α, in `f32` throughout as in Keras.
    pub corrected_learning_rate: f32,
    /// 1 − β₁, subtracted in `f64` and then rounded as in Keras.
    pub one_minus_beta_1: f32,
    /// 1 − β₂, subtracted in `f64` and then rounded as in Keras.
    pub one_minus_beta_2: f32,
    /// ε, which is not corrected for bias.
    pub epsilon: f32,
}

/// What Adam remembers, a number per weight each.
#[derive(Debug)]
pub struct AdamSlots<'a> {
    /// m, the mean of the gradient.
    pub momentum: &'a mut [f32],
    /// v, the mean of the squared gradient.
    pub velocity: &'a mut [f32],
    /// v̂, the largest velocity so far; present for AMSGrad.
    pub velocity_hat: Option<&'a mut [f32]>,
}

/// Moves `weights` by Adam, or by AMSGrad if there is a `velocity_hat`.
///
/// ```text
/// m ← m + (g − m)(1 − β₁)   v ← v + (g² − v)(1 − β₂)   v̂ ← max(v̂, v)
/// w ← w − m α' / (√v + ε)          with v̂ for v in AMSGrad
/// ```
pub fn adam(rule: &Adam, gradient: &[f32], weights: &mut [f32], slots: AdamSlots) {
    let AdamSlots { momentum, velocity, velocity_hat } = slots;
    check_slot("gradient", weights, gradient);
    check_slot("momentum", weights, momentum);
    check_slot("velocity", weights, velocity);
    velocity_hat.as_deref().inspect(|slot| check_slot("velocity_hat", weights, slot));
    let moving = weights.iter_mut().zip(gradient).zip(momentum.iter_mut().zip(velocity));
    match velocity_hat {
        None => run_loop(
            #[inline(always)]
            || {
                for ((w, &g), (m, v)) in moving {
                    rule.update_slots(g, m, v);
                    *w -= rule.step(*m, *v);
                }
            },
        ),
        Some(velocity_hat) => run_loop(
            #[inline(always)]
            || {
                for (((w, &g), (m, v)), largest) in moving.zip(velocity_hat) {
                    rule.update_slots(g, m, v);
                    *largest = if *v > *largest { *v } else { *largest };
                    *w -= rule.step(*m, *largest);
                }
            },
        ),
    }
}

impl Adam {
    #[inline(always)]
    fn update_slots(&self, g: f32, m: &mut f32, v: &mut f32) {
        *m = settled(*m + (g - *m) * self.one_minus_beta_1);
        *v = settled_square(*v + (g * g - *v) * self.one_minus_beta_2);
    }

    #[inline(always)]
    fn step(&self, m: f32, v: f32) -> f32 {
        m * self.corrected_learning_rate / (v.sqrt() + self.epsilon)
    }
}
