//! Random numbers of a given spread, whatever the shape.

use ndarray::ArrayD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Initializer, InitializerRandom, filled};
use crate::error::{Error, Result};
use crate::random::{self, RandomKey};
use crate::serialization::config_of;

/// Normal numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RandomNormal {
    /// Mean; 0 by default.
    pub mean: f64,
    /// Standard deviation, at least 0; 0.05 by default.
    pub stddev: f64,
    /// Seed of its own; by default the model's.
    pub seed: Option<u64>,
}

impl Default for RandomNormal {
    fn default() -> Self {
        Self { mean: 0.0, stddev: 0.05, seed: None }
    }
}

impl Initializer for RandomNormal {
    fn class_name(&self) -> &str {
        "RandomNormal"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        check_normal("RandomNormal", self.mean, self.stddev)
    }

    fn initialize(&self, shape: &[usize], random: &mut InitializerRandom) -> Result<ArrayD<f32>> {
        self.check()?;
        filled(shape, |values| normal_into(random.key(self.seed), self.mean, self.stddev, values))
    }
}

/// Normal numbers, redrawn while further than two deviations from the mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TruncatedNormal {
    /// Mean; 0 by default.
    pub mean: f64,
    /// Standard deviation before the cut, at least 0; 0.05 by default. After the cut it is 0.8796 of that.
    pub stddev: f64,
    /// Seed of its own; by default the model's.
    pub seed: Option<u64>,
}

impl Default for TruncatedNormal {
    fn default() -> Self {
        Self { mean: 0.0, stddev: 0.05, seed: None }
    }
}

impl Initializer for TruncatedNormal {
    fn class_name(&self) -> &str {
        "TruncatedNormal"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        check_normal("TruncatedNormal", self.mean, self.stddev)
    }

    fn initialize(&self, shape: &[usize], random: &mut InitializerRandom) -> Result<ArrayD<f32>> {
        self.check()?;
        filled(shape, |values| truncated_normal_into(random.key(self.seed), self.mean, self.stddev, values))
    }
}

/// Uniform numbers in [`minval`, `maxval`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RandomUniform {
    /// Lower bound, which may occur; −0.05 by default.
    pub minval: f64,
    /// Upper bound, which does not occur; 0.05 by default.
    pub maxval: f64,
    /// Seed of its own; by default the model's.
    pub seed: Option<u64>,
}

impl Default for RandomUniform {
    fn default() -> Self {
        Self { minval: -0.05, maxval: 0.05, seed: None }
    }
}

impl Initializer for RandomUniform {
    fn class_name(&self) -> &str {
        "RandomUniform"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        let (low, high) = (self.minval as f32, self.maxval as f32);
        if low < high && (high - low).is_finite() {
            return Ok(());
        }
        let text = format!(
            "`minval` must be below `maxval` and both finite, got {} and {}",
            self.minval, self.maxval
        );
        Err(Error::argument("RandomUniform", text))
    }

    fn initialize(&self, shape: &[usize], random: &mut InitializerRandom) -> Result<ArrayD<f32>> {
        self.check()?;
        filled(shape, |values| uniform_into(random.key(self.seed), self.minval, self.maxval, values))
    }
}

fn check_normal(class_name: &str, mean: f64, stddev: f64) -> Result<()> {
    if !(mean as f32).is_finite() {
        return Err(Error::argument(class_name, format!("`mean` must be finite, got {mean}")));
    }
    if !(stddev >= 0.0 && (stddev as f32).is_finite()) {
        return Err(Error::argument(
            class_name,
            format!("`stddev` must be at least 0 and finite, got {stddev}"),
        ));
    }
    Ok(())
}

/// Fills `values` with normal numbers.
pub(super) fn normal_into(key: RandomKey, mean: f64, stddev: f64, values: &mut [f32]) {
    random::normal_into(key, 0, values);
    scale(mean, stddev, values);
}

/// Fills `values` with normal numbers within two deviations of the mean.
pub(super) fn truncated_normal_into(key: RandomKey, mean: f64, stddev: f64, values: &mut [f32]) {
    random::truncated_normal_into(key, 0, values);
    scale(mean, stddev, values);
}

/// Fills `values` with uniform numbers in [`low`, `high`).
pub(super) fn uniform_into(key: RandomKey, low: f64, high: f64, values: &mut [f32]) {
    random::uniform_into(key, 0, values);
    scale(low, high - low, values);
    // Rounding to f32 can reach the upper bound, which is promised not to occur.
    let highest = (high as f32).next_down();
    values.iter_mut().for_each(|value| *value = value.min(highest));
}

fn scale(shift: f64, factor: f64, values: &mut [f32]) {
    for value in values {
        *value = (shift + factor * f64::from(*value)) as f32;
    }
}

#[cfg(test)]
mod tests;
