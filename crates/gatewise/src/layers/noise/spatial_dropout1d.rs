//! Dropout of whole features.

use serde_json::{Map, Value as Json, json};

use crate::builder::{Builder, Mode};
use crate::error::{Error, Result};
use crate::layers::dropout::check_rate;
use crate::layers::{Layer, LayerBase, StreamCall, Streamed, Tensor, config, name_of, single_input};
use crate::shape::Shape;

/// Dropout of whole features: in training a feature of a sample becomes 0 at all steps with probability `rate`, and is else
/// multiplied by 1 / (1 − `rate`); in inference nothing happens (Tompson et al. 2014). `[batch, time, features]`, as it came.
/// The mask passes.
///
/// ```
/// use gatewise::layers::{Embedding, Input, Lstm, SpatialDropout1d};
/// use gatewise::Sequential;
///
/// let mut model = Sequential::new();
/// model.add(Input::new([None]))?.add(Embedding::new(1000, 32))?;
/// model.add(SpatialDropout1d::new(0.2))?.add(Lstm::new(16))?;
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct SpatialDropout1d {
    base: LayerBase,
    rate: f32,
    seed: Option<u64>,
}

impl SpatialDropout1d {
    /// Dropout of this rate, at least 0 and below 1.
    pub fn new(rate: f32) -> Self {
        Self { base: LayerBase::default(), rate, seed: None }
    }

    /// A seed for this layer alone.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

impl Layer for SpatialDropout1d {
    fn class_name(&self) -> &str {
        "SpatialDropout1D"
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
        let shape = b.shape(x.value);
        let [batch, _, features] = shape.dims() else {
            let text = format!("expected inputs [batch, time, features], got {shape}");
            return Err(Error::shape(name_of(self), text));
        };
        if b.mode() == Mode::Inference || self.rate == 0.0 {
            return Ok(vec![x]);
        }
        let noise = b.random_mask(self.rate, &Shape::new([*batch, Some(1), *features]), self.seed)?;
        Ok(vec![x.with_value(b.mul(x.value, noise)?)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        call.step_by_step(self, b)
    }

    /// Keras leaves out `trainable` here, and writes the type of numbers as a name.
    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        written.insert("rate".into(), config::short(self.rate));
        written.insert("seed".into(), json!(self.seed));
        written.insert("name".into(), name_of(self).into());
        written.insert("dtype".into(), "float32".into());
        written
    }
}
