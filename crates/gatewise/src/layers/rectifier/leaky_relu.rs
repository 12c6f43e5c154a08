//! The rectifier that leaks.

use serde_json::{Map, Value as Json};

use super::check_at_least_zero;
use crate::activations;
use crate::builder::Builder;
use crate::error::Result;
use crate::layers::{Layer, LayerBase, StreamCall, Streamed, Tensor, config, single_input};

/// x above 0, `negative_slope` · x elsewhere (Maas et al. 2013). The shape stays and the mask passes.
#[derive(Debug)]
pub struct LeakyReLU {
    base: LayerBase,
    negative_slope: f32,
}

impl LeakyReLU {
    /// A layer with Keras's default, 0.3.
    pub fn new() -> Self {
        Self { base: LayerBase::default(), negative_slope: 0.3 }
    }

    /// Keras's `negative_slope` (default 0.3): the slope below 0, at least 0.
    pub fn negative_slope(mut self, negative_slope: f32) -> Self {
        self.negative_slope = negative_slope;
        self
    }
}

impl Default for LeakyReLU {
    fn default() -> Self {
        Self::new()
    }
}

impl Layer for LeakyReLU {
    fn class_name(&self) -> &str {
        "LeakyReLU"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        check_at_least_zero(self, "negative_slope", self.negative_slope)
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        let y = activations::leaky_relu(b, x.value, config::decimal(self.negative_slope))?;
        Ok(vec![x.with_value(y)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        written.insert("negative_slope".into(), config::short(self.negative_slope));
        written
    }
}
