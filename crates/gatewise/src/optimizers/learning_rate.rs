//! The learning rate: a number or a schedule.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::check;
use super::schedules::{self, LearningRateSchedule};
use crate::error::{Error, Result};

/// How far weights move in a step.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "Value", try_from = "Value")]
pub enum LearningRate {
    /// The same in every step until it is set anew; above 0.
    Constant(f32),
    /// A function of the step.
    Schedule(Arc<dyn LearningRateSchedule>),
}

impl LearningRate {
    /// The learning rate of a step, counted from 0.
    pub fn at(&self, step: u64) -> f32 {
        match self {
            Self::Constant(learning_rate) => *learning_rate,
            Self::Schedule(schedule) => schedule.at(step),
        }
    }

    /// Checks the number or the schedule's arguments.
    pub(super) fn check(&self, class_name: &str) -> Result<()> {
        match self {
            Self::Constant(learning_rate) => {
                check::positive(class_name, "learning_rate", f64::from(*learning_rate))
            }
            Self::Schedule(schedule) => schedule.check(),
        }
    }
}

impl From<f32> for LearningRate {
    fn from(learning_rate: f32) -> Self {
        Self::Constant(learning_rate)
    }
}

impl From<f64> for LearningRate {
    fn from(learning_rate: f64) -> Self {
        Self::Constant(learning_rate as f32)
    }
}

impl<S: LearningRateSchedule + 'static> From<S> for LearningRate {
    fn from(schedule: S) -> Self {
        Self::Schedule(Arc::new(schedule))
    }
}

impl From<LearningRate> for Value {
    fn from(learning_rate: LearningRate) -> Self {
        match learning_rate {
            LearningRate::Constant(learning_rate) => f64::from(learning_rate).into(),
            LearningRate::Schedule(schedule) => schedules::serialize(&*schedule),
        }
    }
}

impl TryFrom<Value> for LearningRate {
    type Error = Error;

    fn try_from(value: Value) -> Result<Self> {
        match value.as_f64() {
            Some(learning_rate) => Ok(learning_rate.into()),
            None => Ok(Self::Schedule(schedules::deserialize(&value)?)),
        }
    }
}

#[cfg(test)]
mod tests;
