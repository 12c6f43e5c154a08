//! Random numbers whose spread follows from the shape of the weight.

use ndarray::ArrayD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::distribution::{normal_into, truncated_normal_into, uniform_into};
use super::{Initializer, InitializerRandom, filled};
use crate::error::{Error, Result};
use crate::serialization::config_of;

/// The deviation of the normal distribution of deviation 1 after it is cut at ±2.
const TRUNCATED_STDDEV: f64 = 0.879_625_661_034_239_8;

/// Random numbers of mean 0 and variance `scale` / n, where n counts what the weight connects.
///
/// The n of `mode` is at least 1. For a weight [rows, columns], fan_in is the rows and fan_out the columns;
/// for a vector both are its length; for more axes the last two count and all others multiply both.
/// An LSTM's kernels have fan_out 4 · units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VarianceScaling {
    /// Factor of the variance, above 0; 1 by default.
    pub scale: f64,
    /// What n is; fan_in by default.
    pub mode: Mode,
    /// Shape of the distribution; the truncated normal one by default.
    pub distribution: Distribution,
    /// Seed of its own; by default the model's.
    pub seed: Option<u64>,
    /// Axes whose sizes multiply to fan_in, negative ones from the end; given together with `output_axes`.
    pub input_axes: Option<Vec<isize>>,
    /// Axes whose sizes multiply to fan_out, negative ones from the end; given together with `input_axes`.
    pub output_axes: Option<Vec<isize>>,
}

/// What the variance is divided by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The number of inputs.
    #[default]
    FanIn,
    /// The number of outputs.
    FanOut,
    /// The mean of both.
    FanAvg,
}

/// The shape of the distribution; the variance is the same with all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Normal and cut at two deviations (of the uncut distribution); Keras also calls it `normal`.
    #[default]
    #[serde(alias = "normal")]
    TruncatedNormal,
    /// Normal.
    UntruncatedNormal,
    /// Uniform.
    Uniform,
}

impl Default for VarianceScaling {
    fn default() -> Self {
        Self {
            scale: 1.0,
            mode: Mode::default(),
            distribution: Distribution::default(),
            seed: None,
            input_axes: None,
            output_axes: None,
        }
    }
}

impl VarianceScaling {
    /// Fills a weight in the name of `class_name`, for the initializers that fix some of the arguments.
    pub(super) fn initialize_as(
        &self,
        class_name: &str,
        shape: &[usize],
        random: &mut InitializerRandom,
    ) -> Result<ArrayD<f32>> {
        self.check_as(class_name)?;
        let variance = self.scale / self.fan(class_name, shape)?.max(1.0);
        let key = random.key(self.seed);
        filled(shape, |values| match self.distribution {
            Distribution::TruncatedNormal => {
                truncated_normal_into(key, 0.0, variance.sqrt() / TRUNCATED_STDDEV, values)
            }
            Distribution::UntruncatedNormal => normal_into(key, 0.0, variance.sqrt(), values),
            Distribution::Uniform => {
                let limit = (3.0 * variance).sqrt();
                uniform_into(key, -limit, limit, values)
            }
        })
    }

    /// Checks the arguments in the name of `class_name`.
    pub(super) fn check_as(&self, class_name: &str) -> Result<()> {
        if !(self.scale > 0.0 && (self.scale as f32).is_finite()) {
            let text = format!("`scale` must be above 0 and finite, got {}", self.scale);
            return Err(Error::argument(class_name, text));
        }
        if self.input_axes.is_some() != self.output_axes.is_some() {
            return Err(Error::argument(class_name, "`input_axes` and `output_axes` must be given together"));
        }
        Ok(())
    }

    /// The number that the variance is divided by.
    fn fan(&self, class_name: &str, shape: &[usize]) -> Result<f64> {
        let (fan_in, fan_out) = match (&self.input_axes, &self.output_axes) {
            (Some(inputs), Some(outputs)) => {
                (product(class_name, shape, inputs)?, product(class_name, shape, outputs)?)
            }
            _ => fans(shape),
        };
        Ok(match self.mode {
            Mode::FanIn => fan_in,
            Mode::FanOut => fan_out,
            Mode::FanAvg => (fan_in + fan_out) / 2.0,
        })
    }
}

impl Initializer for VarianceScaling {
    fn class_name(&self) -> &str {
        "VarianceScaling"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        self.check_as(self.class_name())
    }

    fn initialize(&self, shape: &[usize], random: &mut InitializerRandom) -> Result<ArrayD<f32>> {
        self.initialize_as(self.class_name(), shape, random)
    }
}

/// The numbers of inputs and outputs that a weight of this shape connects.
fn fans(shape: &[usize]) -> (f64, f64) {
    match *shape {
        [] => (1.0, 1.0),
        [len] => (len as f64, len as f64),
        [ref field @ .., inputs, outputs] => {
            let field: f64 = field.iter().map(|&dim| dim as f64).product();
            (field * inputs as f64, field * outputs as f64)
        }
    }
}

/// The product of the sizes of some axes.
fn product(class_name: &str, shape: &[usize], axes: &[isize]) -> Result<f64> {
    let size = |&axis: &isize| {
        let index = if axis < 0 { shape.len().checked_add_signed(axis) } else { Some(axis as usize) };
        index.and_then(|index| shape.get(index)).map(|&dim| dim as f64).ok_or_else(|| {
            Error::argument(class_name, format!("there is no axis {axis} in a weight {shape:?}"))
        })
    };
    axes.iter().map(size).product()
}

#[cfg(test)]
mod tests;
