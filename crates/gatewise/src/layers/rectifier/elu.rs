//! The exponential linear unit.

use serde_json::{Map, Value as Json};

use crate::activations;
use crate::builder::Builder;
use crate::error::Result;
use crate::layers::{Layer, LayerBase, StreamCall, Streamed, Tensor, config, single_input};

/// x above 0, `alpha` · (eˣ − 1) elsewhere (Clevert et al. 2015). The shape stays and the mask passes.
#[derive(Debug)]
pub struct ELU {
    base: LayerBase,
    alpha: f32,
}

impl ELU {
    /// A layer with Keras's default, 1.0.
    pub fn new() -> Self {
        Self { base: LayerBase::default(), alpha: 1.0 }
    }

    /// Keras's `alpha` (default 1): what the output tends to below 0, with the opposite sign.
    pub fn alpha(mut self, alpha: f32) -> Self {
        self.alpha = alpha;
        self
    }
}

impl Default for ELU {
    fn default() -> Self {
        Self::new()
    }
}

impl Layer for ELU {
    fn class_name(&self) -> &str {
        "ELU"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        let y = activations::elu(b, x.value, config::decimal(self.alpha))?;
        Ok(vec![x.with_value(y)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        written.insert("alpha".into(), config::short(self.alpha));
        written
    }
}
