//! Gradient descent, with or without momentum.

use super::{check_slot, settled};
use crate::simd::run_loop;

/// The factors of [`sgd`].
#[derive(Clone, Copy, Debug)]
pub struct Sgd {
    /// α, the step size.
    pub learning_rate: f32,
    /// μ, from 0 to 1; read only if there is a velocity.
    pub momentum: f32,
    /// Look ahead by one step of the velocity.
    pub nesterov: bool,
}

/// Moves `weights` against `gradient`.
///
/// ```text
/// without velocity   w ← w − α g
/// with velocity v    v ← μ v − α g   w ← w + v
/// nesterov           v ← μ v − α g   w ← w + (μ v − α g)
/// ```
pub fn sgd(rule: &Sgd, gradient: &[f32], weights: &mut [f32], velocity: Option<&mut [f32]>) {
    check_slot("gradient", weights, gradient);
    let Sgd { learning_rate, momentum, nesterov } = *rule;
    match velocity {
        None => run_loop(
            #[inline(always)]
            || {
                for (w, &g) in weights.iter_mut().zip(gradient) {
                    *w -= g * learning_rate;
                }
            },
        ),
        Some(velocity) => {
            check_slot("velocity", weights, velocity);
            run_loop(
                #[inline(always)]
                || {
                    for ((w, &g), v) in weights.iter_mut().zip(gradient).zip(velocity) {
                        *v = settled(*v * momentum - g * learning_rate);
                        *w += if nesterov { *v * momentum - g * learning_rate } else { *v };
                    }
                },
            );
        }
    }
}
