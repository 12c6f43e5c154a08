//! RMSprop (G. Hinton, "Neural networks for machine learning", lecture 6e, 2012).

use gatewise_kernels::optimizer as kernels;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LearningRate, OptimizerOptions, SlotBlock, Slots, Update, UpdateRule, check};
use crate::error::Result;
use crate::serialization::config_of;

/// Gradient descent with steps scaled by the root mean square of the gradient.
///
/// ```text
/// s ← rho · s + (1 − rho) g²    a ← rho · a + (1 − rho) g
/// d = learning_rate · g / √(s + epsilon)          centered: s − a² + epsilon under the root
/// w ← w − d                                       with momentum: m ← momentum · m + d, w ← w − m
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct RmsProp {
    /// Learning rate; 0.001 by default.
    pub learning_rate: LearningRate,
    /// The arguments that all optimizers share.
    #[serde(flatten)]
    pub options: OptimizerOptions,
    /// Share of the old mean squared gradient in the new one, 0 to 1; 0.9 by default.
    pub rho: f64,
    /// Share of the last step in the next one, 0 to 1; 0 by default.
    pub momentum: f64,
    /// Added under the root, at least 0; 10⁻⁷ by default.
    pub epsilon: f64,
    /// Whether steps are scaled by the deviation of the gradient instead of its root mean square; false by
    /// default.
    pub centered: bool,
}

impl Default for RmsProp {
    fn default() -> Self {
        Self {
            learning_rate: LearningRate::Constant(0.001),
            options: OptimizerOptions::default(),
            rho: 0.9,
            momentum: 0.0,
            epsilon: 1e-7,
            centered: false,
        }
    }
}

impl UpdateRule for RmsProp {
    fn class_name(&self) -> &str {
        "RMSprop"
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
        check::unit_interval("RMSprop", "rho", self.rho)?;
        check::unit_interval("RMSprop", "momentum", self.momentum)?;
        check::not_negative("RMSprop", "epsilon", self.epsilon)
    }

    fn slots(&self) -> Vec<SlotBlock> {
        let mut blocks = vec![SlotBlock::zeros(&["velocity"])];
        blocks.extend((self.momentum > 0.0).then(|| SlotBlock::zeros(&["momentum"])));
        blocks.extend(self.centered.then(|| SlotBlock::zeros(&["average_gradient"])));
        blocks
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn update(&self, update: Update, mut slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]) {
        let rule = kernels::RmsProp {
            learning_rate: update.learning_rate,
            rho: self.rho as f32,
            one_minus_rho: (1.0 - self.rho) as f32,
            momentum: self.momentum as f32,
            epsilon: self.epsilon as f32,
        };
        let slots = kernels::RmsPropSlots {
            velocity: slots.take(),
            momentum: (self.momentum > 0.0).then(|| slots.take()),
            average_gradient: self.centered.then(|| slots.take()),
        };
        kernels::rmsprop(&rule, gradient, weights, slots);
    }
}

#[cfg(test)]
mod tests;
