//! Noise that is multiplied.

use serde_json::{Map, Value as Json, json};

use crate::builder::{Builder, Mode};
use crate::error::Result;
use crate::layers::dropout::check_rate;
use crate::layers::{Layer, LayerBase, StreamCall, Streamed, Tensor, config, name_of, single_input};

/// In training multiplies by normal numbers of mean 1 and deviation √(`rate` / (1 − `rate`)); in inference nothing
/// happens (Srivastava et al. 2014, section 10). The mask passes.
#[derive(Debug)]
pub struct GaussianDropout {
    base: LayerBase,
    rate: f32,
    seed: Option<u64>,
}

impl GaussianDropout {
    /// Noise that varies as much as that of a dropout of this rate, at least 0 and below 1.
    pub fn new(rate: f32) -> Self {
        Self { base: LayerBase::default(), rate, seed: None }
    }

    /// A seed for this layer alone.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

impl Layer for GaussianDropout {
    fn class_name(&self) -> &str {
        "GaussianDropout"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        check_rate(&name_of(self), "rate", self.rate)
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        if b.mode() == Mode::Inference || self.rate == 0.0 {
            return Ok(vec![x]);
        }
        let rate = config::decimal(self.rate);
        let noise = b.scale(b.random_normal(&b.shape(x.value), self.seed)?, (rate / (1.0 - rate)).sqrt())?;
        Ok(vec![x.with_value(b.mul(x.value, b.shift(noise, 1.0)?)?)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        written.insert("rate".into(), config::short(self.rate));
        written.insert("seed".into(), json!(self.seed));
        written
    }
}
