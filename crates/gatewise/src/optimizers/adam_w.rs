//! AdamW (I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", 2019).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LearningRate, OptimizerOptions, SlotBlock, Slots, Update, UpdateRule, adam};
use crate::error::{Error, Result};
use crate::serialization::config_of;

/// [`Adam`](super::Adam) with a decay of the weights that does not go through the moments.
///
/// ```text
/// w ← w − learning_rate · weight_decay · w    then as Adam
/// ```
///
/// The decay is [`OptimizerOptions::weight_decay`], here 0.004 by default; it must be given.
///
/// ```
/// use gatewise::optimizers::{AdamW, OptimizerOptions};
///
/// let options = OptimizerOptions { exclude_from_weight_decay: vec!["bias".to_owned()], ..AdamW::default().options };
/// let adam_w = AdamW { learning_rate: 3e-4.into(), options, ..AdamW::default() };
/// assert_eq!(adam_w.options.weight_decay, Some(0.004));
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct AdamW {
    /// Learning rate; 0.001 by default.
    pub learning_rate: LearningRate,
    /// The arguments that all optimizers share; the weight decay is 0.004 by default.
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

impl Default for AdamW {
    fn default() -> Self {
        Self {
            learning_rate: LearningRate::Constant(0.001),
            options: OptimizerOptions { weight_decay: Some(0.004), ..OptimizerOptions::default() },
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            amsgrad: false,
        }
    }
}

impl UpdateRule for AdamW {
    fn class_name(&self) -> &str {
        "AdamW"
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
        adam::check_arguments("AdamW", self.beta_1, self.beta_2, self.epsilon)?;
        match self.options.weight_decay {
            Some(_) => Ok(()),
            None => Err(Error::argument(
                "AdamW",
                "`weight_decay` must be a number, got none; use `Adam` without it",
            )),
        }
    }

    fn slots(&self) -> Vec<SlotBlock> {
        adam::slots(self.amsgrad)
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn update(&self, update: Update, slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]) {
        let factors = adam::factors(update, self.beta_1, self.beta_2, self.epsilon);
        adam::step(&factors, self.amsgrad, slots, gradient, weights);
    }
}
