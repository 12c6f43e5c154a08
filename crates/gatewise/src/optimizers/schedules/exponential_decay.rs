//! A learning rate that shrinks by the same factor in the same number of steps.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LearningRateSchedule;
use crate::error::Result;
use crate::optimizers::check;
use crate::optimizers::float32::power;
use crate::serialization::config_of;

/// `initial_learning_rate` · `decay_rate`^(step / `decay_steps`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExponentialDecay {
    /// Learning rate of step 0, at least 0.
    pub initial_learning_rate: f64,
    /// Steps in which the learning rate changes by the factor `decay_rate`, above 0.
    pub decay_steps: u64,
    /// The factor, at least 0.
    pub decay_rate: f64,
    /// Whether the exponent counts only whole multiples of `decay_steps`; false by default.
    #[serde(default)]
    pub staircase: bool,
    /// Name in the configuration.
    #[serde(default = "default_name")]
    pub name: String,
}

fn default_name() -> String {
    "ExponentialDecay".to_owned()
}

impl ExponentialDecay {
    /// A smooth decay.
    pub fn new(initial_learning_rate: f64, decay_steps: u64, decay_rate: f64) -> Self {
        Self { initial_learning_rate, decay_steps, decay_rate, staircase: false, name: default_name() }
    }
}

impl LearningRateSchedule for ExponentialDecay {
    fn class_name(&self) -> &str {
        "ExponentialDecay"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        check::not_negative("ExponentialDecay", "initial_learning_rate", self.initial_learning_rate)?;
        check::not_negative("ExponentialDecay", "decay_rate", self.decay_rate)?;
        check::some_steps("ExponentialDecay", "decay_steps", self.decay_steps)
    }

    fn at(&self, step: u64) -> f32 {
        let exponent = step as f32 / self.decay_steps as f32;
        let exponent = if self.staircase { exponent.floor() } else { exponent };
        self.initial_learning_rate as f32 * power(self.decay_rate as f32, exponent)
    }
}
