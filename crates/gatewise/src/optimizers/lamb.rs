//! Lamb (Y. You et al., "Large batch optimization for deep learning", 2019).

use gatewise_kernels::optimizer as kernels;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LearningRate, OptimizerOptions, SlotBlock, Slots, Update, UpdateRule, check};
use crate::error::Result;
use crate::serialization::config_of;

/// Adam with steps in proportion to the norm of each weight.
///
/// ```text
/// m ← m + (1 − beta_1)(g − m)    v ← v + (1 − beta_2)(g² − v)
/// u = m / (1 − beta_1ᵗ) / (√(v / (1 − beta_2ᵗ)) + epsilon)
/// w ← w − learning_rate · |w| / |u| · u          without the ratio if a norm is 0
/// ```
///
/// ```
/// use gatewise::optimizers::{Lamb, OptimizerArgument};
///
/// let lamb = Lamb { learning_rate: 0.01.into(), ..Lamb::default() };
/// assert_eq!(OptimizerArgument::from(lamb).resolve()?.class_name(), "Lamb");
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Lamb {
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

impl Default for Lamb {
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

impl UpdateRule for Lamb {
    fn class_name(&self) -> &str {
        "Lamb"
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
        check::below_one("Lamb", "beta_1", self.beta_1)?;
        check::below_one("Lamb", "beta_2", self.beta_2)?;
        check::not_negative("Lamb", "epsilon", self.epsilon)
    }

    fn slots(&self) -> Vec<SlotBlock> {
        vec![SlotBlock::zeros(&["momentum", "velocity"])]
    }

    fn update(&self, update: Update, mut slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]) {
        let rule = kernels::Lamb {
            learning_rate: update.learning_rate,
            one_minus_beta_1: (1.0 - self.beta_1) as f32,
            one_minus_beta_2: (1.0 - self.beta_2) as f32,
            momentum_correction: update.bias_correction(self.beta_1),
            velocity_correction: update.bias_correction(self.beta_2),
            epsilon: self.epsilon as f32,
        };
        let slots = kernels::LambSlots { momentum: slots.take(), velocity: slots.take() };
        kernels::lamb(&rule, gradient, weights, slots);
    }
}
