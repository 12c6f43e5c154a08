//! The initializers of Y. LeCun et al. (1998), for layers with selu.

use ndarray::ArrayD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Distribution, Initializer, InitializerRandom, Mode, VarianceScaling};
use crate::error::Result;
use crate::serialization::config_of;

/// Uniform numbers within ±√(3 / fan_in); for fan_in and fan_out see [`VarianceScaling`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LecunUniform {
    /// Seed of its own; by default the model's.
    pub seed: Option<u64>,
    /// Axes that make fan_in; as in [`VarianceScaling`].
    pub input_axes: Option<Vec<isize>>,
    /// Axes that make fan_out; as in [`VarianceScaling`].
    pub output_axes: Option<Vec<isize>>,
}

impl LecunUniform {
    fn scaling(&self) -> VarianceScaling {
        VarianceScaling {
            scale: 1.0,
            mode: Mode::FanIn,
            distribution: Distribution::Uniform,
            seed: self.seed,
            input_axes: self.input_axes.clone(),
            output_axes: self.output_axes.clone(),
        }
    }
}

impl Initializer for LecunUniform {
    fn class_name(&self) -> &str {
        "LecunUniform"
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

/// Normal numbers of deviation √(1 / fan_in), cut at ±2.27 of it; see [`VarianceScaling`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LecunNormal {
    /// Seed of its own; by default the model's.
    pub seed: Option<u64>,
    /// Axes that make fan_in; as in [`VarianceScaling`].
    pub input_axes: Option<Vec<isize>>,
    /// Axes that make fan_out; as in [`VarianceScaling`].
    pub output_axes: Option<Vec<isize>>,
}

impl LecunNormal {
    fn scaling(&self) -> VarianceScaling {
        VarianceScaling {
            scale: 1.0,
            mode: Mode::FanIn,
            distribution: Distribution::TruncatedNormal,
            seed: self.seed,
            input_axes: self.input_axes.clone(),
            output_axes: self.output_axes.clone(),
        }
    }
}

impl Initializer for LecunNormal {
    fn class_name(&self) -> &str {
        "LecunNormal"
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
