//! Gradient descent, with momentum if asked for (I. Sutskever et al., "On the importance of initialization and
//! momentum in deep learning", 2013).

use gatewise_kernels::optimizer as kernels;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LearningRate, OptimizerOptions, SlotBlock, Slots, Update, UpdateRule, check};
use crate::error::Result;
use crate::serialization::config_of;

/// Steps against the gradient.
///
/// ```text
/// without momentum   w ← w − learning_rate · g
/// with momentum      v ← momentum · v − learning_rate · g    w ← w + v
/// nesterov           v as above                              w ← w + momentum · v − learning_rate · g
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Sgd {
    /// Learning rate; 0.01 by default.
    pub learning_rate: LearningRate,
    /// The arguments that all optimizers share.
    #[serde(flatten)]
    pub options: OptimizerOptions,
    /// Share of the last step in the next one, 0 to 1; 0 by default.
    pub momentum: f64,
    /// Whether to look ahead by one step of the momentum; false by default, of no effect without momentum.
    pub nesterov: bool,
}

impl Default for Sgd {
    fn default() -> Self {
        Self {
            learning_rate: LearningRate::Constant(0.01),
            options: OptimizerOptions::default(),
            momentum: 0.0,
            nesterov: false,
        }
    }
}

impl UpdateRule for Sgd {
    fn class_name(&self) -> &str {
        "SGD"
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
        check::unit_interval("SGD", "momentum", self.momentum)
    }

    fn slots(&self) -> Vec<SlotBlock> {
        Vec::from_iter((self.momentum != 0.0).then(|| SlotBlock::zeros(&["momentum"])))
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn rests_at_zero(&self) -> bool {
        self.momentum == 0.0
    }

    fn update(&self, update: Update, mut slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]) {
        let rule = kernels::Sgd {
            learning_rate: update.learning_rate,
            momentum: self.momentum as f32,
            nesterov: self.nesterov,
        };
        kernels::sgd(&rule, gradient, weights, (self.momentum != 0.0).then(|| slots.take()));
    }
}

#[cfg(test)]
mod tests;
