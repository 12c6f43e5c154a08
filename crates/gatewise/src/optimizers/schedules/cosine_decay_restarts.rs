//! A learning rate that falls along half a wave of the cosine again and again.

use std::f32::consts::PI;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LearningRateSchedule;
use crate::error::Result;
use crate::optimizers::check;
use crate::optimizers::float32::{cosine, logarithm, power};
use crate::serialization::config_of;

/// `initial_learning_rate` · ((1 − `alpha`) · `m_mul`ⁱ · ½(1 + cos(π · f)) + `alpha`).
///
/// i counts the restarts so far, f is the share of the current period that has passed. The first period has
/// `first_decay_steps` steps, each further one `t_mul` times as many as the one before
/// (I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts", 2016).
///
/// ```
/// use gatewise::optimizers::schedules::{CosineDecayRestarts, LearningRateSchedule};
///
/// let schedule = CosineDecayRestarts::new(0.5, 10);
/// assert_eq!([schedule.at(0), schedule.at(10)], [0.5, 0.5]);
/// assert!((schedule.at(5) - 0.25).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CosineDecayRestarts {
    /// Learning rate of step 0, at least 0.
    pub initial_learning_rate: f64,
    /// Steps of the first period, above 0.
    pub first_decay_steps: u64,
    /// How many times as long each period is as the one before, at least 1; 2 by default.
    #[serde(default = "default_t_mul")]
    pub t_mul: f64,
    /// How many times as high each period starts as the one before, at least 0; 1 by default.
    #[serde(default = "default_m_mul")]
    pub m_mul: f64,
    /// Learning rate at the end of a period as a share of the initial one, at least 0; 0 by default.
    #[serde(default)]
    pub alpha: f64,
    /// Name in the configuration.
    #[serde(default = "default_name")]
    pub name: String,
}

fn default_t_mul() -> f64 {
    2.0
}

fn default_m_mul() -> f64 {
    1.0
}

fn default_name() -> String {
    "SGDRDecay".to_owned()
}

impl CosineDecayRestarts {
    /// Periods that double in length, each from the initial learning rate to 0.
    pub fn new(initial_learning_rate: f64, first_decay_steps: u64) -> Self {
        Self {
            initial_learning_rate,
            first_decay_steps,
            t_mul: default_t_mul(),
            m_mul: default_m_mul(),
            alpha: 0.0,
            name: default_name(),
        }
    }

    /// The restarts before `periods` times the first period, and the share of the current period that has passed.
    fn position(&self, periods: f32) -> (f32, f32) {
        let t_mul = self.t_mul as f32;
        if t_mul == 1.0 {
            return (periods.floor(), periods - periods.floor());
        }
        // Near a restart this is a matter of the last bit; Keras has the same order of operations in f32.
        let restarts = (logarithm(1.0 - periods * (1.0 - t_mul)) / logarithm(t_mul)).floor();
        let length = power(t_mul, restarts);
        let begin = (1.0 - length) / (1.0 - t_mul);
        (restarts, (periods - begin) / length)
    }
}

impl LearningRateSchedule for CosineDecayRestarts {
    fn class_name(&self) -> &str {
        "CosineDecayRestarts"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        check::not_negative("CosineDecayRestarts", "initial_learning_rate", self.initial_learning_rate)?;
        check::at_least_one("CosineDecayRestarts", "t_mul", self.t_mul)?;
        check::not_negative("CosineDecayRestarts", "m_mul", self.m_mul)?;
        check::not_negative("CosineDecayRestarts", "alpha", self.alpha)?;
        check::some_steps("CosineDecayRestarts", "first_decay_steps", self.first_decay_steps)
    }

    fn at(&self, step: u64) -> f32 {
        let (restarts, fraction) = self.position(step as f32 / self.first_decay_steps as f32);
        let height = power(self.m_mul as f32, restarts);
        let wave = 0.5 * height * (1.0 + cosine(PI * fraction));
        let alpha = self.alpha as f32;
        self.initial_learning_rate as f32 * ((1.0 - alpha) * wave + alpha)
    }
}
