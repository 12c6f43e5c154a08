//! RMSprop, plain or centered, with or without momentum.

use super::{check_slot, settled, settled_square};
use crate::simd::run_loop;

/// The factors of [`rmsprop`].
#[derive(Clone, Copy, Debug)]
pub struct RmsProp {
    /// α, the step size.
    pub learning_rate: f32,
    /// ρ, from 0 to 1.
    pub rho: f32,
    /// 1 − ρ, subtracted in `f64` and then rounded as in Keras.
    pub one_minus_rho: f32,
    /// μ, from 0 to 1; read only if there is a momentum.
    pub momentum: f32,
    /// ε, added under the root.
    pub epsilon: f32,
}

/// What RMSprop remembers, a number per weight each.
#[derive(Debug)]
pub struct RmsPropSlots<'a> {
    /// s, the mean of the squared gradient.
    pub velocity: &'a mut [f32],
    /// m, the mean of the steps; present if they have momentum.
    pub momentum: Option<&'a mut [f32]>,
    /// a, the mean of the gradient; present if the variance is centered.
    pub average_gradient: Option<&'a mut [f32]>,
}

/// Moves `weights` by RMSprop.
///
/// ```text
/// s ← ρ s + (1 − ρ) g²   a ← ρ a + (1 − ρ) g
/// d = α g / √(s + ε)                centered: α g / √(s − a² + ε)
/// w ← w − d                         with momentum: m ← μ m + d, w ← w − m
/// ```
pub fn rmsprop(rule: &RmsProp, gradient: &[f32], weights: &mut [f32], slots: RmsPropSlots) {
    let RmsPropSlots { velocity, momentum, average_gradient } = slots;
    for (name, slot) in [
        ("gradient", Some(gradient)),
        ("velocity", Some(&*velocity)),
        ("momentum", momentum.as_deref()),
        ("average_gradient", average_gradient.as_deref()),
    ] {
        slot.inspect(|slot| check_slot(name, weights, slot));
    }
    let base = weights.iter_mut().zip(gradient).zip(velocity);
    match (momentum, average_gradient) {
        (None, None) => run_loop(
            #[inline(always)]
            || base.for_each(|((w, &g), s)| *w -= rule.step(g, s, None)),
        ),
        (None, Some(average)) => run_loop(
            #[inline(always)]
            || base.zip(average).for_each(|(((w, &g), s), a)| *w -= rule.step(g, s, Some(a))),
        ),
        (Some(momentum), None) => run_loop(
            #[inline(always)]
            || base.zip(momentum).for_each(|(((w, &g), s), m)| *w -= rule.roll(m, rule.step(g, s, None))),
        ),
        (Some(momentum), Some(average)) => run_loop(
            #[inline(always)]
            || {
                let all = base.zip(momentum).zip(average);
                all.for_each(|((((w, &g), s), m), a)| *w -= rule.roll(m, rule.step(g, s, Some(a))));
            },
        ),
    }
}

impl RmsProp {
    /// Updates `s` and `a` and returns d.
    #[inline(always)]
    fn step(&self, g: f32, s: &mut f32, a: Option<&mut f32>) -> f32 {
        *s = settled_square(self.rho * *s + self.one_minus_rho * (g * g));
        let variance = match a {
            None => *s,
            Some(a) => {
                *a = settled(self.rho * *a + self.one_minus_rho * g);
                *s - *a * *a
            }
        };
        self.learning_rate * g / (variance + self.epsilon).sqrt()
    }

    /// Updates `m` with the step `d` and returns it.
    #[inline(always)]
    fn roll(&self, m: &mut f32, d: f32) -> f32 {
        *m = settled(self.momentum * *m + d);
        *m
    }
}
