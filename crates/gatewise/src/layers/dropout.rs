//! Dropout between layers.

use serde_json::{Map, Value as Json, json};

use super::{Layer, LayerBase, StreamCall, Streamed, Tensor, name_of, single_input};
use crate::builder::{Builder, Mode};
use crate::error::{Error, Result};
use crate::shape::{Dim, Shape};

/// In training each element becomes 0 with probability `rate` and is else multiplied by 1 / (1 − `rate`); in
/// inference nothing happens (Srivastava et al. 2014). The mask of the input passes.
///
/// ```
/// use gatewise::layers::Dropout;
///
/// // One mask for all time steps of a sample.
/// let layer = Dropout::new(0.3).noise_shape([None, Some(1), None]).seed(7);
/// # let _ = layer;
/// ```
#[derive(Debug)]
pub struct Dropout {
    base: LayerBase,
    rate: f32,
    noise_shape: Option<Vec<Dim>>,
    seed: Option<u64>,
}

impl Dropout {
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

/// The shape of a random mask for inputs of this shape: that of the inputs, where `noise` does not say otherwise.
pub(super) fn noise_shape(layer: &impl Layer, noise: Option<&[Dim]>, inputs: &Shape) -> Result<Shape> {
    let Some(noise) = noise else { return Ok(inputs.clone()) };
    if noise.len() != inputs.rank() {
        let text = format!("expected a `noise_shape` of {} sizes for {inputs}", inputs.rank());
        return Err(Error::shape(name_of(layer), format!("{text}, got {}", Shape::new(noise.to_vec()))));
    }
    let dims = noise.iter().zip(inputs.dims()).map(|(noise, dim)| noise.or(*dim));
    Ok(Shape::new(dims.collect::<Vec<_>>()))
}

/// Checks a probability of dropout.
pub(super) fn check_rate(subject: &str, argument: &str, rate: f32) -> Result<()> {
    if (0.0..1.0).contains(&rate) {
        return Ok(());
    }
    Err(Error::argument(subject, format!("`{argument}` must be at least 0 and below 1, got {rate}")))
}

impl Layer for Dropout {
    fn class_name(&self) -> &str {
        "Dropout"
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
        let noise = b.random_mask(self.rate, &shape, self.seed)?;
        Ok(vec![x.with_value(b.mul(x.value, noise)?)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut config = Map::new();
        config.insert("rate".into(), super::config::short(self.rate));
        config.insert("seed".into(), json!(self.seed));
        config.insert("noise_shape".into(), json!(self.noise_shape));
        config
    }
}
