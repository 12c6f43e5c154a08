//! The rectified linear unit.

use serde_json::{Map, Value as Json};

use super::check_at_least_zero;
use crate::activations;
use crate::builder::Builder;
use crate::error::Result;
use crate::layers::{Layer, LayerBase, StreamCall, Streamed, Tensor, config, single_input};

/// `negative_slope` · (x − `threshold`) up to the threshold, x above it, `max_value` at most
/// (<https://keras.io/api/layers/activation_layers/relu/>). The shape stays and the mask passes.
///
/// ```
/// use gatewise::layers::{self, ReLU};
/// use ndarray::array;
///
/// let layer = ReLU::new().max_value(4.0).negative_slope(0.1);
/// let y = layers::call(&layer, &[array![[-2.0, 3.0, 5.0]].into_dyn()], 1)?;
/// assert_eq!(y[0], array![[-0.2, 3.0, 4.0]].into_dyn());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct ReLU {
    base: LayerBase,
    max_value: Option<f32>,
    negative_slope: f32,
    threshold: f32,
}

impl ReLU {
    /// max(x, 0): Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keras's `max_value` (default none): the largest output, at least 0.
    pub fn max_value(mut self, max_value: f32) -> Self {
        self.max_value = Some(max_value);
        self
    }

    /// Keras's `negative_slope` (default 0): the slope below the threshold, at least 0.
    pub fn negative_slope(mut self, negative_slope: f32) -> Self {
        self.negative_slope = negative_slope;
        self
    }

    /// Keras's `threshold` (default 0): what the input has to be above to pass, at least 0.
    pub fn threshold(mut self, threshold: f32) -> Self {
        self.threshold = threshold;
        self
    }
}

impl Layer for ReLU {
    fn class_name(&self) -> &str {
        "ReLU"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        self.max_value.map_or(Ok(()), |max| check_at_least_zero(self, "max_value", max))?;
        check_at_least_zero(self, "negative_slope", self.negative_slope)?;
        check_at_least_zero(self, "threshold", self.threshold)
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        let max_value = self.max_value.map(config::decimal);
        let (slope, threshold) = (config::decimal(self.negative_slope), config::decimal(self.threshold));
        Ok(vec![x.with_value(activations::relu(b, x.value, slope, max_value, threshold)?)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        written.insert("max_value".into(), self.max_value.map_or(Json::Null, config::short));
        written.insert("negative_slope".into(), config::short(self.negative_slope));
        written.insert("threshold".into(), config::short(self.threshold));
        written
    }
}
