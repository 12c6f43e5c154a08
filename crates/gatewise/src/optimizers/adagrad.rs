//! Adagrad (J. Duchi, E. Hazan and Y. Singer, "Adaptive subgradient methods", 2011).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LearningRate, OptimizerOptions, SlotBlock, Slots, Update, UpdateRule, check};
use crate::error::Result;
use crate::serialization::config_of;

/// Gradient descent with steps scaled by all gradients so far.
///
/// ```text
/// a ← a + g²    w ← w − learning_rate · g / √(a + epsilon)
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Adagrad {
    /// Learning rate; 0.001 by default.
    pub learning_rate: LearningRate,
    /// The arguments that all optimizers share.
    #[serde(flatten)]
    pub options: OptimizerOptions,
    /// What the sums of squares start from, at least 0; 0.1 by default.
    pub initial_accumulator_value: f64,
    /// Added to the sums of squares, at least 0; 10⁻⁷ by default.
    pub epsilon: f64,
}

impl Default for Adagrad {
    fn default() -> Self {
        Self {
            learning_rate: LearningRate::Constant(0.001),
            options: OptimizerOptions::default(),
            initial_accumulator_value: 0.1,
            epsilon: 1e-7,
        }
    }
}

impl UpdateRule for Adagrad {
    fn class_name(&self) -> &str {
        "Adagrad"
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
        check::not_negative("Adagrad", "initial_accumulator_value", self.initial_accumulator_value)?;
        check::not_negative("Adagrad", "epsilon", self.epsilon)
    }

    fn slots(&self) -> Vec<SlotBlock> {
        vec![SlotBlock::new([("accumulator", self.initial_accumulator_value as f32)])]
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn update(&self, update: Update, mut slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]) {
        let epsilon = self.epsilon as f32;
        for ((w, g), sum) in weights.iter_mut().zip(gradient).zip(slots.take()) {
            *sum += g * g;
            *w -= update.learning_rate * g / (*sum + epsilon).sqrt();
        }
    }
}
