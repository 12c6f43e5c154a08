//! A learning rate that jumps at given steps.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LearningRateSchedule;
use crate::error::{Error, Result};
use crate::optimizers::check;
use crate::serialization::config_of;

/// `values[i]` from the step after `boundaries[i − 1]` to the step `boundaries[i]`, which still belongs to it.
///
/// ```
/// use gatewise::optimizers::schedules::{LearningRateSchedule, PiecewiseConstantDecay};
///
/// let schedule = PiecewiseConstantDecay::new([100, 200], [0.1, 0.05, 0.01]);
/// assert_eq!([schedule.at(100), schedule.at(101), schedule.at(201)], [0.1, 0.05, 0.01]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PiecewiseConstantDecay {
    /// The last step of each value but the last, each greater than the one before.
    pub boundaries: Vec<u64>,
    /// Learning rates, each at least 0; one more than boundaries.
    pub values: Vec<f64>,
    /// Name in the configuration.
    #[serde(default = "default_name")]
    pub name: String,
}

fn default_name() -> String {
    "PiecewiseConstant".to_owned()
}

impl PiecewiseConstantDecay {
    /// The last step of each value, and the values.
    pub fn new(boundaries: impl Into<Vec<u64>>, values: impl Into<Vec<f64>>) -> Self {
        Self { boundaries: boundaries.into(), values: values.into(), name: default_name() }
    }
}

impl LearningRateSchedule for PiecewiseConstantDecay {
    fn class_name(&self) -> &str {
        "PiecewiseConstantDecay"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        let error = |text| Err(Error::argument("PiecewiseConstantDecay", text));
        let (boundaries, values) = (self.boundaries.len(), self.values.len());
        if boundaries == 0 {
            return error("`boundaries` must not be empty".to_owned());
        }
        if values != boundaries + 1 {
            return error(format!(
                "expected one of `values` more than {boundaries} `boundaries`, got {values}"
            ));
        }
        if !self.boundaries.is_sorted_by(|earlier, later| earlier < later) {
            return error(format!("`boundaries` must rise, got {:?}", self.boundaries));
        }
        self.values
            .iter()
            .try_for_each(|&value| check::not_negative("PiecewiseConstantDecay", "values", value))
    }

    fn at(&self, step: u64) -> f32 {
        let passed = self.boundaries.iter().filter(|&&boundary| step > boundary).count();
        self.values[passed] as f32
    }
}
