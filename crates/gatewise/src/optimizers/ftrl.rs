//! FTRL (H. B. McMahan et al., "Ad click prediction: a view from the trenches", 2013).

use gatewise_kernels::optimizer as kernels;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LearningRate, OptimizerOptions, SlotBlock, Slots, Update, UpdateRule, check};
use crate::error::{Error, Result};
use crate::serialization::config_of;

/// "Follow the regularized leader": weights that the sums of all gradients determine, many of them 0 with
/// `l1_regularization_strength`.
///
/// ```text
/// g' = g + 2 l2_shrinkage_regularization_strength · w    n' = n + g²    p = −learning_rate_power
/// z ← z + g' − (n'ᵖ − nᵖ) / learning_rate · w    n ← n'
/// q = n'ᵖ / learning_rate + 2 (l2_regularization_strength + beta / (2 learning_rate))
/// w ← (clip(z, −l1_regularization_strength, l1_regularization_strength) − z) / q
/// ```
///
/// ```
/// use gatewise::optimizers::{Ftrl, OptimizerArgument};
///
/// let ftrl = Ftrl { l1_regularization_strength: 0.01, ..Ftrl::default() };
/// assert_eq!(OptimizerArgument::from(ftrl).resolve()?.class_name(), "Ftrl");
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Ftrl {
    /// Learning rate; 0.001 by default.
    pub learning_rate: LearningRate,
    /// The arguments that all optimizers share.
    #[serde(flatten)]
    pub options: OptimizerOptions,
    /// How the steps shrink with the sum of the squared gradients, at most 0; −0.5 by default, 0 for steps of one size.
    pub learning_rate_power: f64,
    /// What the sums of squares start from, at least 0; 0.1 by default.
    pub initial_accumulator_value: f64,
    /// Strength of the L1 penalty, at least 0; 0 by default.
    pub l1_regularization_strength: f64,
    /// Strength of the L2 penalty, at least 0; 0 by default.
    pub l2_regularization_strength: f64,
    /// Strength of an L2 penalty that is added to the gradients alone, at least 0; 0 by default.
    pub l2_shrinkage_regularization_strength: f64,
    /// The paper's β, at least 0, which adds to the L2 penalty; 0 by default.
    pub beta: f64,
}

impl Default for Ftrl {
    fn default() -> Self {
        Self {
            learning_rate: LearningRate::Constant(0.001),
            options: OptimizerOptions::default(),
            learning_rate_power: -0.5,
            initial_accumulator_value: 0.1,
            l1_regularization_strength: 0.0,
            l2_regularization_strength: 0.0,
            l2_shrinkage_regularization_strength: 0.0,
            beta: 0.0,
        }
    }
}

impl UpdateRule for Ftrl {
    fn class_name(&self) -> &str {
        "Ftrl"
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
        if !(self.learning_rate_power <= 0.0 && (self.learning_rate_power as f32).is_finite()) {
            let text = format!(
                "`learning_rate_power` must be at most 0 and finite, got {}",
                self.learning_rate_power
            );
            return Err(Error::argument("Ftrl", text));
        }
        let strengths = [
            ("initial_accumulator_value", self.initial_accumulator_value),
            ("l1_regularization_strength", self.l1_regularization_strength),
            ("l2_regularization_strength", self.l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", self.l2_shrinkage_regularization_strength),
            ("beta", self.beta),
        ];
        strengths.into_iter().try_for_each(|(argument, value)| check::not_negative("Ftrl", argument, value))
    }

    fn slots(&self) -> Vec<SlotBlock> {
        vec![SlotBlock::new([("accumulator", self.initial_accumulator_value as f32), ("linear", 0.0)])]
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn update(&self, update: Update, mut slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]) {
        let l2 = self.l2_regularization_strength as f32 + self.beta as f32 / (2.0 * update.learning_rate);
        let rule = kernels::Ftrl {
            learning_rate: update.learning_rate,
            power: -self.learning_rate_power as f32,
            l1: self.l1_regularization_strength as f32,
            twice_l2: 2.0 * l2,
            twice_shrinkage: (2.0 * self.l2_shrinkage_regularization_strength) as f32,
        };
        let slots = kernels::FtrlSlots { accumulator: slots.take(), linear: slots.take() };
        kernels::ftrl(&rule, gradient, weights, slots);
    }
}
