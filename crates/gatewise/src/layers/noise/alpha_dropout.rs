//! Dropout that keeps mean and variance of what went through SELU.

use serde_json::{Map, Value as Json, json};

use crate::builder::{Builder, Mode};
use crate::error::Result;
use crate::layers::dropout::{check_rate, noise_shape};
use crate::layers::{Layer, LayerBase, StreamCall, Streamed, Tensor, config, name_of, single_input};
use crate::shape::Dim;

/// −α · λ with the constants of SELU: what a dropped element becomes.
const DROPPED: f64 = -1.673_263_242_354_377_2 * 1.050_700_987_355_480_5;

/// In training each element becomes α' = −1.7581 with probability `rate`, and then all are multiplied by a and shifted by b,
/// so that mean and variance stay what they were:
///
/// ```text
/// a = 1 / √((1 − rate) · (1 + rate · α'²))        b = −a · α' · rate
/// ```
///
/// In inference nothing happens (Klambauer et al. 2017). The mask passes. For use behind the activation `selu`.
#[derive(Debug)]
pub struct AlphaDropout {
    base: LayerBase,
    rate: f32,
    noise_shape: Option<Vec<Dim>>,
    seed: Option<u64>,
}

impl AlphaDropout {
    /// Dropout of this rate, at least 0 and below 1.
    pub fn new(rate: f32) -> Self {
        Self { base: LayerBase::default(), rate, noise_shape: None, seed: None }
    }

    /// The shape of the random mask, broadcast to the inputs; `None` is the inputs' size.
    pub fn noise_shape(mut self, shape: impl Into<Vec<Dim>>) -> Self {
        self.noise_shape = Some(shape.into());
        self
    }

    /// A seed for this layer alone.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

impl Layer for AlphaDropout {
    fn class_name(&self) -> &str {
        "AlphaDropout"
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
        let shape = noise_shape(self, self.noise_shape.as_deref(), &b.shape(x.value))?;
        let kept = b.random_mask(self.rate, &shape, self.seed)?;
        let y = b.select(kept, x.value, b.scalar(DROPPED)?)?;
        let rate = config::decimal(self.rate);
        let a = ((1.0 - rate) * (1.0 + rate * DROPPED * DROPPED)).sqrt().recip();
        Ok(vec![x.with_value(b.shift(b.scale(y, a)?, -a * DROPPED * rate)?)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        written.insert("rate".into(), config::short(self.rate));
        written.insert("seed".into(), json!(self.seed));
        written.insert("noise_shape".into(), json!(self.noise_shape));
        written
    }
}
