//! Adadelta (M. D. Zeiler, "Adadelta: an adaptive learning rate method", 2012).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LearningRate, OptimizerOptions, SlotBlock, Slots, Update, UpdateRule, check};
use crate::error::Result;
use crate::serialization::config_of;

/// Gradient descent with steps scaled by the recent steps over the recent gradients.
///
/// ```text
/// a ← rho · a + (1 − rho) g²    Δ = −√(d + epsilon) / √(a + epsilon) · g
/// d ← rho · d + (1 − rho) Δ²    w ← w + learning_rate · Δ
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Adadelta {
    /// Learning rate; 0.001 by default.
    pub learning_rate: LearningRate,
    /// The arguments that all optimizers share.
    #[serde(flatten)]
    pub options: OptimizerOptions,
    /// Share of the old means in the new ones, at least 0 and below 1; 0.95 by default.
    pub rho: f64,
    /// Added to both means, at least 0; 10⁻⁷ by default.
    pub epsilon: f64,
}

impl Default for Adadelta {
    fn default() -> Self {
        Self {
            learning_rate: LearningRate::Constant(0.001),
            options: OptimizerOptions::default(),
            rho: 0.95,
            epsilon: 1e-7,
        }
    }
}

impl UpdateRule for Adadelta {
    fn class_name(&self) -> &str {
        "Adadelta"
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
        check::below_one("Adadelta", "rho", self.rho)?;
        check::not_negative("Adadelta", "epsilon", self.epsilon)
    }

    fn slots(&self) -> Vec<SlotBlock> {
        vec![SlotBlock::zeros(&["accumulated_grad", "accumulated_delta_var"])]
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn update(&self, update: Update, mut slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]) {
        let (rho, rest, epsilon) = (self.rho as f32, (1.0 - self.rho) as f32, self.epsilon as f32);
        let (gradients, deltas) = (slots.take(), slots.take());
        let means = gradients.iter_mut().zip(deltas);
        for ((w, g), (mean_gradient, mean_delta)) in weights.iter_mut().zip(gradient).zip(means) {
            *mean_gradient = rho * *mean_gradient + rest * g * g;
            let delta = -(*mean_delta + epsilon).sqrt() * g / (*mean_gradient + epsilon).sqrt();
            *mean_delta = rho * *mean_delta + rest * delta * delta;
            *w += update.learning_rate * delta;
        }
    }
}
