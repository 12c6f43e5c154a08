//! Noise that is added.

use serde_json::{Map, Value as Json, json};

use crate::builder::{Builder, Mode};
use crate::error::{Error, Result};
use crate::layers::{Layer, LayerBase, StreamCall, Streamed, Tensor, config, name_of, single_input};

/// In training adds normal numbers of mean 0 and deviation `stddev`; in inference nothing happens
/// (<https://keras.io/api/layers/regularization_layers/gaussian_noise/>). The mask passes.
#[derive(Debug)]
pub struct GaussianNoise {
    base: LayerBase,
    stddev: f32,
    seed: Option<u64>,
}

impl GaussianNoise {
    /// Noise of this deviation, from 0 to 1.
    pub fn new(stddev: f32) -> Self {
        Self { base: LayerBase::default(), stddev, seed: None }
    }

    /// A seed for this layer alone.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

impl Layer for GaussianNoise {
    fn class_name(&self) -> &str {
        "GaussianNoise"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        if (0.0..=1.0).contains(&self.stddev) {
            return Ok(());
        }
        Err(Error::argument(name_of(self), format!("`stddev` must be from 0 to 1, got {}", self.stddev)))
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        if b.mode() == Mode::Inference || self.stddev == 0.0 {
            return Ok(vec![x]);
        }
        let noise = b.random_normal(&b.shape(x.value), self.seed)?;
        Ok(vec![x.with_value(b.add(x.value, b.scale(noise, config::decimal(self.stddev))?)?)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        written.insert("stddev".into(), config::short(self.stddev));
        written.insert("seed".into(), json!(self.seed));
        written
    }
}
