//! The initializers of X. Glorot and Y. Bengio (2010), for layers with tanh and the like.

use ndarray::ArrayD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Distribution, Initializer, InitializerRandom, Mode, VarianceScaling};
use crate::error::Result;
use crate::serialization::config_of;

/// Uniform numbers within ±√(6 / (fan_in + fan_out)); for fan_in and fan_out see [`VarianceScaling`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GlorotUniform {
    /// Seed of its own; by default the model's.
    pub seed: Option<u64>,
    /// Axes that make fan_in; as in [`VarianceScaling`].
    pub input_axes: Option<Vec<isize>>,
    /// Axes that make fan_out; as in [`VarianceScaling`].
    pub output_axes: Option<Vec<isize>>,
}

impl GlorotUniform {
    fn scaling(&self) -> VarianceScaling {
        VarianceScaling {
            scale: 1.0,
            mode: Mode::FanAvg,
            distribution: Distribution::Uniform,
            seed: self.seed,
            input_axes: self.input_axes.clone(),
            output_axes: self.output_axes.clone(),
        }
    }
}

impl Initializer for GlorotUniform {
    fn class_name(&self) -> &str {
        "GlorotUniform"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        self.scaling().check_as(self.class_name())
    }

    fn initialize(&self, shape: &[usize], random: &mut InitializerRandom) -> Result<ArrayD<f32>> {
        self.scaling().initialize_as(self.class_name(), shape, random)
    }
}

/// Normal numbers of deviation √(2 / (fan_in + fan_out)), cut at ±2.27 of it; see [`VarianceScaling`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GlorotNormal {
    /// Seed of its own; by default the model's.
    pub seed: Option<u64>,
    /// Axes that make fan_in; as in [`VarianceScaling`].
    pub input_axes: Option<Vec<isize>>,
    /// Axes that make fan_out; as in [`VarianceScaling`].
    pub output_axes: Option<Vec<isize>>,
}

impl GlorotNormal {
    fn scaling(&self) -> VarianceScaling {
        VarianceScaling {
            scale: 1.0,
            mode: Mode::FanAvg,
            distribution: Distribution::TruncatedNormal,
            seed: self.seed,
            input_axes: self.input_axes.clone(),
            output_axes: self.output_axes.clone(),
        }
    }
}

impl Initializer for GlorotNormal {
    fn class_name(&self) -> &str {
        "GlorotNormal"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        self.scaling().check_as(self.class_name())
    }

    fn initialize(&self, shape: &[usize], random: &mut InitializerRandom) -> Result<ArrayD<f32>> {
        self.scaling().initialize_as(self.class_name(), shape, random)
    }
}
