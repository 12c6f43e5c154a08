//! Lion (X. Chen et al., "Symbolic discovery of optimization algorithms", 2023).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LearningRate, OptimizerOptions, SlotBlock, Slots, Update, UpdateRule, check};
use crate::error::Result;
use crate::ops::unary::Unary;
use crate::serialization::config_of;

/// Steps of one size in the direction of the sign of a mean gradient.
///
/// ```text
/// w ← w − learning_rate · sign(beta_1 · m + (1 − beta_1) g)    m ← beta_2 · m + (1 − beta_2) g
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Lion {
    /// Learning rate; 0.001 by default.
    pub learning_rate: LearningRate,
    /// The arguments that all optimizers share.
    #[serde(flatten)]
    pub options: OptimizerOptions,
    /// Share of the mean gradient in the direction, at least 0 and below 1; 0.9 by default.
    pub beta_1: f64,
    /// Share of the old mean gradient in the new one, at least 0 and below 1; 0.99 by default.
    pub beta_2: f64,
}

impl Default for Lion {
    fn default() -> Self {
        Self {
            learning_rate: LearningRate::Constant(0.001),
            options: OptimizerOptions::default(),
            beta_1: 0.9,
            beta_2: 0.99,
        }
    }
}

impl UpdateRule for Lion {
    fn class_name(&self) -> &str {
        "Lion"
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
        check::below_one("Lion", "beta_1", self.beta_1)?;
        check::below_one("Lion", "beta_2", self.beta_2)
    }

    fn slots(&self) -> Vec<SlotBlock> {
        vec![SlotBlock::zeros(&["momentum"])]
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn update(&self, update: Update, mut slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]) {
        let (keep, take) = (self.beta_1 as f32, (1.0 - self.beta_1) as f32);
        let (old, new) = (self.beta_2 as f32, (1.0 - self.beta_2) as f32);
        for ((w, g), m) in weights.iter_mut().zip(gradient).zip(slots.take()) {
            *w -= update.learning_rate * Unary::Sign.apply(*m * keep + g * take);
            *m = *m * old + g * new;
        }
    }
}
