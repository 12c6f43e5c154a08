//! Nadam (T. Dozat, "Incorporating Nesterov momentum into Adam", 2015).

use gatewise_kernels::optimizer as kernels;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::float32::power;
use super::{LearningRate, OptimizerOptions, SlotBlock, Slots, Update, UpdateRule, check};
use crate::error::Result;
use crate::serialization::config_of;

/// Adam with Nesterov momentum.
///
/// ```text
/// m ← m + (1 − beta_1)(g − m)    v ← v + (1 − beta_2)(g² − v)    uₜ = beta_1 (1 − ½ · 0.96ᵗ)
/// m̂ = uₜ₊₁ m / (1 − u₁ ⋯ uₜ₊₁) + (1 − uₜ) g / (1 − u₁ ⋯ uₜ)    v̂ = v / (1 − beta_2ᵗ)
/// w ← w − learning_rate · m̂ / (√v̂ + epsilon)
/// ```
///
/// ```
/// use gatewise::optimizers::{Nadam, OptimizerArgument};
///
/// let nadam = Nadam { learning_rate: 0.01.into(), ..Nadam::default() };
/// assert_eq!(OptimizerArgument::from(nadam).resolve()?.class_name(), "Nadam");
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Nadam {
    /// Learning rate; 0.001 by default.
    pub learning_rate: LearningRate,
    /// The arguments that all optimizers share.
    #[serde(flatten)]
    pub options: OptimizerOptions,
    /// Share of the old mean gradient in the new one, at least 0 and below 1; 0.9 by default.
    pub beta_1: f64,
    /// Share of the old mean squared gradient in the new one, at least 0 and below 1; 0.999 by default.
    pub beta_2: f64,
    /// Added to the root of the mean squared gradient, at least 0; 10⁻⁷ by default.
    pub epsilon: f64,
}

impl Default for Nadam {
    fn default() -> Self {
        Self {
            learning_rate: LearningRate::Constant(0.001),
            options: OptimizerOptions::default(),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
        }
    }
}

impl UpdateRule for Nadam {
    fn class_name(&self) -> &str {
        "Nadam"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn learning_rate(&self) -> &LearningRate {
        &self.learning_rate
    }

    fn options(&self) -> &OptimizerOptions {
        &self.options
    }

    fn check(&self) -> Result<()> {
        check::below_one("Nadam", "beta_1", self.beta_1)?;
        check::below_one("Nadam", "beta_2", self.beta_2)?;
        check::not_negative("Nadam", "epsilon", self.epsilon)
    }

    fn slots(&self) -> Vec<SlotBlock> {
        vec![SlotBlock::zeros(&["momentum", "velocity"])]
    }

    fn shared(&self) -> Vec<SlotBlock> {
        // u₁ ⋯ uₜ, which Keras leaves without a name of its own.
        vec![SlotBlock::new([("variable", 1.0)])]
    }

    fn advance(&self, update: Update, mut shared: Slots<'_>) {
        let product = &mut shared.take()[0];
        *product = *product * self.beta_1 as f32 * (1.0 - 0.5 * power(0.96, update.number as f32));
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn update(&self, update: Update, mut slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]) {
        let (beta_1, number) = (self.beta_1 as f32, update.number as f32);
        let share = beta_1 * (1.0 - 0.5 * power(0.96, number));
        let next_share = beta_1 * (1.0 - 0.5 * power(0.96, number + 1.0));
        let product = slots.shared(0);
        let rule = kernels::Nadam {
            learning_rate: update.learning_rate,
            one_minus_beta_1: 1.0 - beta_1,
            one_minus_beta_2: 1.0 - self.beta_2 as f32,
            momentum_share: (next_share, 1.0 - product * next_share),
            gradient_share: (1.0 - share, 1.0 - product),
            velocity_correction: update.bias_correction(self.beta_2),
            epsilon: self.epsilon as f32,
        };
        let slots = kernels::NadamSlots { momentum: slots.take(), velocity: slots.take() };
        kernels::nadam(&rule, gradient, weights, slots);
    }
}
