//! A learning rate that falls along a power of the steps that are left.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LearningRateSchedule;
use crate::error::Result;
use crate::optimizers::check;
use crate::optimizers::float32::power;
use crate::serialization::config_of;

/// (`initial_learning_rate` − `end_learning_rate`) · (1 − step / `decay_steps`)^`power` + `end_learning_rate`.
///
/// After `decay_steps` it stays at the end; with `cycle` it starts anew instead, from where the curve is at that
/// share of two, three, … times as many steps.
///
/// ```
/// use gatewise::optimizers::schedules::{LearningRateSchedule, PolynomialDecay};
///
/// let schedule = PolynomialDecay { end_learning_rate: 0.0, ..PolynomialDecay::new(0.5, 10) };
/// assert_eq!([schedule.at(0), schedule.at(5), schedule.at(20)], [0.5, 0.25, 0.0]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolynomialDecay {
    /// Learning rate of step 0, at least 0.
    pub initial_learning_rate: f64,
    /// Steps of the decay, above 0.
    pub decay_steps: u64,
    /// Learning rate at the end, at least 0; 0.0001 by default.
    #[serde(default = "default_end")]
    pub end_learning_rate: f64,
    /// Exponent, at least 0; 1 by default, which is a straight line.
    #[serde(default = "default_power")]
    pub power: f64,
    /// Whether the decay starts anew at its end; false by default.
    #[serde(default)]
    pub cycle: bool,
    /// Name in the configuration.
    #[serde(default = "default_name")]
    pub name: String,
}

fn default_end() -> f64 {
    0.0001
}

fn default_power() -> f64 {
    1.0
}

fn default_name() -> String {
    "PolynomialDecay".to_owned()
}

impl PolynomialDecay {
    /// A straight line to 0.0001, where it stays.
    pub fn new(initial_learning_rate: f64, decay_steps: u64) -> Self {
        Self {
            initial_learning_rate,
            decay_steps,
            end_learning_rate: default_end(),
            power: default_power(),
            cycle: false,
            name: default_name(),
        }
    }
}

impl LearningRateSchedule for PolynomialDecay {
    fn class_name(&self) -> &str {
        "PolynomialDecay"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        check::not_negative("PolynomialDecay", "initial_learning_rate", self.initial_learning_rate)?;
        check::not_negative("PolynomialDecay", "end_learning_rate", self.end_learning_rate)?;
        check::not_negative("PolynomialDecay", "power", self.power)?;
        check::some_steps("PolynomialDecay", "decay_steps", self.decay_steps)
    }

    fn at(&self, step: u64) -> f32 {
        let (mut step, mut decay_steps) = (step as f32, self.decay_steps as f32);
        if self.cycle {
            let multiplier = if step == 0.0 { 1.0 } else { (step / decay_steps).ceil() };
            decay_steps *= multiplier;
        } else {
            step = step.min(decay_steps);
        }
        let end = self.end_learning_rate as f32;
        let left = power(1.0 - step / decay_steps, self.power as f32);
        (self.initial_learning_rate as f32 - end) * left + end
    }
}
