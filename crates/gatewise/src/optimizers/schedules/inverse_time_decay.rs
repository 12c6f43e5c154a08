//! A learning rate that falls like one over the step.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LearningRateSchedule;
use crate::error::Result;
use crate::optimizers::check;
use crate::serialization::config_of;

/// `initial_learning_rate` / (1 + `decay_rate` · step / `decay_steps`).
///
/// ```
/// use gatewise::optimizers::schedules::{InverseTimeDecay, LearningRateSchedule};
///
/// let schedule = InverseTimeDecay::new(0.5, 10, 1.0);
/// assert_eq!([schedule.at(0), schedule.at(10)], [0.5, 0.25]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InverseTimeDecay {
    /// Learning rate of step 0, at least 0.
    pub initial_learning_rate: f64,
    /// Steps after which the denominator has grown by `decay_rate`, above 0.
    pub decay_steps: u64,
    /// Growth of the denominator, at least 0.
    pub decay_rate: f64,
    /// Whether only whole multiples of `decay_steps` count; false by default.
    #[serde(default)]
    pub staircase: bool,
    /// Name in the configuration.
    #[serde(default = "default_name")]
    pub name: String,
}

fn default_name() -> String {
    "InverseTimeDecay".to_owned()
}

impl InverseTimeDecay {
    /// A smooth decay.
    pub fn new(initial_learning_rate: f64, decay_steps: u64, decay_rate: f64) -> Self {
        Self { initial_learning_rate, decay_steps, decay_rate, staircase: false, name: default_name() }
    }
}

impl LearningRateSchedule for InverseTimeDecay {
    fn class_name(&self) -> &str {
        "InverseTimeDecay"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        check::not_negative("InverseTimeDecay", "initial_learning_rate", self.initial_learning_rate)?;
        check::not_negative("InverseTimeDecay", "decay_rate", self.decay_rate)?;
        check::some_steps("InverseTimeDecay", "decay_steps", self.decay_steps)
    }

    fn at(&self, step: u64) -> f32 {
        let periods = step as f32 / self.decay_steps as f32;
        let periods = if self.staircase { periods.floor() } else { periods };
        self.initial_learning_rate as f32 / (1.0 + self.decay_rate as f32 * periods)
    }
}
