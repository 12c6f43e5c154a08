//! The initializers of K. He et al. (2015), for layers with relu.

use ndarray::ArrayD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Distribution, Initializer, InitializerRandom, Mode, VarianceScaling};
use crate::error::Result;
use crate::serialization::config_of;

/// Uniform numbers within ±√(6 / fan_in); for fan_in and fan_out see [`VarianceScaling`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeUniform {
    /// Seed of its own; by default the model's.
    pub seed: Option<u64>,
    /// Axes that make fan_in; as in [`VarianceScaling`].
    pub input_axes: Option<Vec<isize>>,
    /// Axes that make fan_out; as in [`VarianceScaling`].
    pub output_axes: Option<Vec<isize>>,
}

impl HeUniform {
    fn scaling(&self) -> VarianceScaling {
        VarianceScaling {
            scale: 2.0,
            mode: Mode::FanIn,
            distribution: Distribution::Uniform,
            seed: self.seed,
            input_axes: self.input_axes.clone(),
            output_axes: self.output_axes.clone(),
        }
    }
}

impl Initializer for HeUniform {
    fn class_name(&self) -> &str {
        "HeUniform"
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

/// Normal numbers of deviation √(2 / fan_in), cut at ±2.27 of it; see [`VarianceScaling`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeNormal {
    /// Seed of its own; by default the model's.
    pub seed: Option<u64>,
    /// Axes that make fan_in; as in [`VarianceScaling`].
    pub input_axes: Option<Vec<isize>>,
    /// Axes that make fan_out; as in [`VarianceScaling`].
    pub output_axes: Option<Vec<isize>>,
}

impl HeNormal {
    fn scaling(&self) -> VarianceScaling {
        VarianceScaling {
            scale: 2.0,
            mode: Mode::FanIn,
            distribution: Distribution::TruncatedNormal,
            seed: self.seed,
            input_axes: self.input_axes.clone(),
            output_axes: self.output_axes.clone(),
        }
    }
}

impl Initializer for HeNormal {
    fn class_name(&self) -> &str {
        "HeNormal"
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
