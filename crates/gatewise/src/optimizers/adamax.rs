//! Adamax (D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", section 7, 2014).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LearningRate, OptimizerOptions, SlotBlock, Slots, Update, UpdateRule, check};
use crate::error::Result;
use crate::serialization::config_of;

/// Adam with the largest recent gradient in place of the root of their mean square.
///
/// ```text
/// m ← m + (1 − beta_1)(g − m)    u ← max(beta_2 · u, |g|)
/// w ← w − learning_rate / (1 − beta_1ᵗ) · m / (u + epsilon)
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Adamax {
    /// Learning rate; 0.001 by default.
    pub learning_rate: LearningRate,
    /// The arguments that all optimizers share.
    #[serde(flatten)]
    pub options: OptimizerOptions,
    /// Share of the old mean gradient in the new one, at least 0 and below 1; 0.9 by default.
    pub beta_1: f64,
    /// What is left of the largest gradient after a step, at least 0 and below 1; 0.999 by default.
    pub beta_2: f64,
    /// Added to the largest gradient, at least 0; 10⁻⁷ by default.
    pub epsilon: f64,
}

impl Default for Adamax {
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

impl UpdateRule for Adamax {
    fn class_name(&self) -> &str {
        "Adamax"
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
        check::below_one("Adamax", "beta_1", self.beta_1)?;
        check::below_one("Adamax", "beta_2", self.beta_2)?;
        check::not_negative("Adamax", "epsilon", self.epsilon)
    }

    fn slots(&self) -> Vec<SlotBlock> {
        vec![SlotBlock::zeros(&["momentum", "norm"])]
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn update(&self, update: Update, mut slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]) {
        let (rest, decay, epsilon) = ((1.0 - self.beta_1) as f32, self.beta_2 as f32, self.epsilon as f32);
        let correction = update.bias_correction(self.beta_1);
        let (means, norms) = (slots.take(), slots.take());
        for ((w, g), (m, u)) in weights.iter_mut().zip(gradient).zip(means.iter_mut().zip(norms)) {
            *m += (g - *m) * rest;
            *u = (decay * *u).max(g.abs());
            *w -= update.learning_rate * *m / (correction * (*u + epsilon));
        }
    }
}
