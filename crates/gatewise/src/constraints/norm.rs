//! Constraints on the length of weight vectors.
//!
//! Each vector w of length n along `axis` becomes w · wanted / (ε + n), with ε = 10⁻⁷, so that a vector
//! shrinks a little even where its length is allowed.

use ndarray::{ArrayViewMutD, Zip};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Axis, Constraint};
use crate::error::{Error, Result};
use crate::serialization::config_of;

/// Keras's `backend.epsilon()`.
const EPSILON: f32 = 1e-7;

/// Vectors longer than `max_value` are cut to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaxNorm {
    /// Greatest length, at least 0; 2 by default.
    pub max_value: f64,
    /// Axes of the vectors; 0 by default.
    pub axis: Axis,
}

impl Default for MaxNorm {
    fn default() -> Self {
        Self { max_value: 2.0, axis: Axis::default() }
    }
}

impl Constraint for MaxNorm {
    fn class_name(&self) -> &str {
        "MaxNorm"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        if self.max_value >= 0.0 && self.max_value.is_finite() {
            return Ok(());
        }
        let text = format!("`max_value` must be at least 0 and finite, got {}", self.max_value);
        Err(Error::argument("MaxNorm", text))
    }

    fn apply(&self, weights: &mut ArrayViewMutD<'_, f32>) -> Result<()> {
        self.check()?;
        let max = self.max_value as f32;
        rescale("MaxNorm", &self.axis, weights, |norm| norm.clamp(0.0, max) / (EPSILON + norm))
    }
}

/// All vectors get length 1 (but for ε).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnitNorm {
    /// Axes of the vectors; 0 by default.
    pub axis: Axis,
}

impl Constraint for UnitNorm {
    fn class_name(&self) -> &str {
        "UnitNorm"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn apply(&self, weights: &mut ArrayViewMutD<'_, f32>) -> Result<()> {
        let norms = self.axis.norms("UnitNorm", weights)?;
        Zip::from(weights).and_broadcast(&norms).for_each(|weight, norm| *weight /= EPSILON + norm);
        Ok(())
    }
}

/// Vectors are drawn to a length between `min_value` and `max_value`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MinMaxNorm {
    /// Least length, at least 0; 0 by default.
    pub min_value: f64,
    /// Greatest length, at least `min_value`; 1 by default.
    pub max_value: f64,
    /// The part of the way to an allowed length that is gone at once, 0 to 1; 1 by default.
    pub rate: f64,
    /// Axes of the vectors; 0 by default.
    pub axis: Axis,
}

impl Default for MinMaxNorm {
    fn default() -> Self {
        Self { min_value: 0.0, max_value: 1.0, rate: 1.0, axis: Axis::default() }
    }
}

impl Constraint for MinMaxNorm {
    fn class_name(&self) -> &str {
        "MinMaxNorm"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        let Self { min_value, max_value, rate, .. } = self;
        if !(*min_value >= 0.0 && min_value <= max_value && max_value.is_finite()) {
            let text = format!(
                "`min_value` must be from 0 to a finite `max_value`, got {min_value} and {max_value}"
            );
            return Err(Error::argument("MinMaxNorm", text));
        }
        if !(0.0..=1.0).contains(rate) {
            return Err(Error::argument("MinMaxNorm", format!("`rate` must be from 0 to 1, got {rate}")));
        }
        Ok(())
    }

    fn apply(&self, weights: &mut ArrayViewMutD<'_, f32>) -> Result<()> {
        self.check()?;
        let (min, max) = (self.min_value as f32, self.max_value as f32);
        let (rate, rest) = (self.rate as f32, (1.0 - self.rate) as f32);
        rescale("MinMaxNorm", &self.axis, weights, |norm| {
            (rate * norm.clamp(min, max) + rest * norm) / (EPSILON + norm)
        })
    }
}

/// Multiplies each vector by a factor that follows from its length.
fn rescale(
    class_name: &str,
    axis: &Axis,
    weights: &mut ArrayViewMutD<'_, f32>,
    factor: impl Fn(f32) -> f32,
) -> Result<()> {
    let factors = axis.norms(class_name, weights)?.mapv(factor);
    Zip::from(weights).and_broadcast(&factors).for_each(|weight, factor| *weight *= factor);
    Ok(())
}

#[cfg(test)]
mod tests;
