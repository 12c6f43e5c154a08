//! A learning rate that a function of the user's gives.

use std::fmt;

use serde_json::{Value, json};

use super::LearningRateSchedule;
use crate::error::{Error, Result};

/// A schedule from a function of the step, counted from 0.
///
/// Its configuration holds its name alone: a model with it can be saved, but not be read back with it.
///
/// ```
/// use gatewise::optimizers::Sgd;
/// use gatewise::optimizers::schedules::{FunctionSchedule, LearningRateSchedule};
///
/// let warm_up = FunctionSchedule::new("warm_up", |step| 0.1 * (step as f32 / 100.0).min(1.0));
/// assert_eq!(warm_up.at(100), 0.1);
/// let sgd = Sgd { learning_rate: warm_up.into(), ..Sgd::default() };
/// # let _ = sgd;
/// ```
pub struct FunctionSchedule<F> {
    name: String,
    function: F,
}

impl<F: Fn(u64) -> f32 + Send + Sync> FunctionSchedule<F> {
    /// A schedule of this name; `function` gives the learning rate, at least 0 and finite, of each step.
    pub fn new(name: impl Into<String>, function: F) -> Self {
        Self { name: name.into(), function }
    }
}

impl<F> fmt::Debug for FunctionSchedule<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionSchedule").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<F: Fn(u64) -> f32 + Send + Sync> LearningRateSchedule for FunctionSchedule<F> {
    fn class_name(&self) -> &str {
        "FunctionSchedule"
    }

    fn config(&self) -> Value {
        json!({"name": self.name})
    }

    fn check(&self) -> Result<()> {
        match self.name.is_empty() {
            true => Err(Error::argument("FunctionSchedule", "`name` must not be empty")),
            false => Ok(()),
        }
    }

    fn at(&self, step: u64) -> f32 {
        (self.function)(step)
    }
}
