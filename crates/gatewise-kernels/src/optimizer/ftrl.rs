//! FTRL, follow the regularized leader.

use super::check_slot;
use crate::simd::run_loop;

/// The factors of [`ftrl`].
#[derive(Clone, Copy, Debug)]
pub struct Ftrl {
    /// α, the step size.
    pub learning_rate: f32,
    /// p, the negative of Keras's `learning_rate_power`, at least 0.
    pub power: f32,
    /// λ₁, at least 0.
    pub l1: f32,
    /// 2 (λ₂ + β / (2 α)).
    pub twice_l2: f32,
    /// Twice the strength of the shrinkage.
    pub twice_shrinkage: f32,
}

/// What FTRL remembers, a number per weight each.
#[derive(Debug)]
pub struct FtrlSlots<'a> {
    /// n, the sum of the squared gradients.
    pub accumulator: &'a mut [f32],
    /// z, the sum of the gradients less what the weights stand for.
    pub linear: &'a mut [f32],
}

/// Sets `weights` by FTRL.
///
/// ```text
/// n' = n + g²   z ← z + g + 2 shrinkage w − (n'ᵖ − nᵖ) / α · w
/// w = (clip(z, −λ₁, λ₁) − z) / (n'ᵖ / α + 2 λ₂)   n ← n'
/// ```
pub fn ftrl(rule: &Ftrl, gradient: &[f32], weights: &mut [f32], slots: FtrlSlots) {
    check_slot("gradient", weights, gradient);
    check_slot("accumulator", weights, slots.accumulator);
    check_slot("linear", weights, slots.linear);
    match rule.power {
        // The usual power is a root, which vectors have.
        0.5 => rule.run(
            gradient,
            weights,
            slots,
            #[inline(always)]
            |x| x.sqrt(),
        ),
        power => rule.run(gradient, weights, slots, |x| libm::powf(x, power)),
    }
}

impl Ftrl {
    #[inline(always)]
    fn run(self, gradient: &[f32], weights: &mut [f32], slots: FtrlSlots, raise: impl Fn(f32) -> f32) {
        let FtrlSlots { accumulator, linear } = slots;
        run_loop(
            #[inline(always)]
            || {
                for ((w, &g), (n, z)) in
                    weights.iter_mut().zip(gradient).zip(accumulator.iter_mut().zip(linear))
                {
                    let next = *n + g * g;
                    let raised = raise(next);
                    *z += (g + self.twice_shrinkage * *w) - (raised - raise(*n)) / self.learning_rate * *w;
                    let quadratic = raised / self.learning_rate + self.twice_l2;
                    let clipped = z.clamp(-self.l1, self.l1);
                    *w = (clipped - *z) / quadratic;
                    *n = next;
                }
            },
        );
    }
}
