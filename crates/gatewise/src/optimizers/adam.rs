//! Adam (D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", 2014) and AMSGrad (S. J. Reddi,
//! S. Kale and S. Kumar, "On the convergence of Adam and beyond", 2018).

use gatewise_kernels::optimizer as kernels;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LearningRate, OptimizerOptions, SlotBlock, Slots, Update, UpdateRule, check};
use crate::error::Result;
use crate::serialization::config_of;

/// Gradient descent with steps scaled by the moments of the gradient.
///
/// ```text
/// m ← m + (1 − beta_1)(g − m)    v ← v + (1 − beta_2)(g² − v)    v̂ ← max(v̂, v)
/// w ← w − learning_rate · √(1 − beta_2ᵗ) / (1 − beta_1ᵗ) · m / (√v + epsilon)
/// ```
///
/// With `amsgrad` v̂ stands for v in the last line. Keras's `epsilon` is the paper's "epsilon hat".
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Adam {
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
    /// Whether steps are scaled by the largest mean squared gradient so far; false by default.
    pub amsgrad: bool,
}

impl Default for Adam {
    fn default() -> Self {
        Self {
            learning_rate: LearningRate::Constant(0.001),
            options: OptimizerOptions::default(),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            amsgrad: false,
        }
    }
}

impl UpdateRule for Adam {
    fn class_name(&self) -> &str {
        "Adam"
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
        check_arguments("Adam", self.beta_1, self.beta_2, self.epsilon)
    }

    fn slots(&self) -> Vec<SlotBlock> {
        slots(self.amsgrad)
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn update(&self, update: Update, slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]) {
        let factors = factors(update, self.beta_1, self.beta_2, self.epsilon);
        step(&factors, self.amsgrad, slots, gradient, weights);
    }
}

/// Checks the arguments of Adam in the name of an optimizer.
pub(super) fn check_arguments(class_name: &str, beta_1: f64, beta_2: f64, epsilon: f64) -> Result<()> {
    check::below_one(class_name, "beta_1", beta_1)?;
    check::below_one(class_name, "beta_2", beta_2)?;
    check::not_negative(class_name, "epsilon", epsilon)
}

/// What Adam keeps for each weight.
pub(super) fn slots(amsgrad: bool) -> Vec<SlotBlock> {
    let mut blocks = vec![SlotBlock::zeros(&["momentum", "velocity"])];
    blocks.extend(amsgrad.then(|| SlotBlock::zeros(&["velocity_hat"])));
    blocks
}

/// The factors of one step.
pub(super) fn factors(update: Update, beta_1: f64, beta_2: f64, epsilon: f64) -> kernels::Adam {
    kernels::Adam {
        corrected_learning_rate: update.learning_rate * update.bias_correction(beta_2).sqrt()
            / update.bias_correction(beta_1),
        one_minus_beta_1: (1.0 - beta_1) as f32,
        one_minus_beta_2: (1.0 - beta_2) as f32,
        epsilon: epsilon as f32,
    }
}

/// One step of Adam with slots of [`slots`].
pub(super) fn step(
    factors: &kernels::Adam,
    amsgrad: bool,
    mut slots: Slots<'_>,
    gradient: &[f32],
    weights: &mut [f32],
) {
    let slots = kernels::AdamSlots {
        momentum: slots.take(),
        velocity: slots.take(),
        velocity_hat: amsgrad.then(|| slots.take()),
    };
    kernels::adam(factors, gradient, weights, slots);
}

#[cfg(test)]
mod tests;
