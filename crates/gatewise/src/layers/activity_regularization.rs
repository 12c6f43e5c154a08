//! A penalty on what passes.

use serde_json::{Map, Value as Json};

use super::rectifier::check_at_least_zero;
use super::weights::add_activity_loss;
use super::{Layer, LayerBase, StreamCall, Streamed, Tensor, config, single_input};
use crate::builder::Builder;
use crate::error::Result;
use crate::regularizers::l1_l2;

/// Passes the inputs on and adds (`l1` · Σ|x| + `l2` · Σx²) / batch to the loss
/// (<https://keras.io/api/layers/regularization_layers/activity_regularization/>). The mask passes; it is not looked at.
#[derive(Debug, Default)]
pub struct ActivityRegularization {
    base: LayerBase,
    l1: f32,
    l2: f32,
}

impl ActivityRegularization {
    /// A layer without a penalty: Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keras's `l1` (default 0): the factor of the sum of magnitudes, at least 0.
    pub fn l1(mut self, l1: f32) -> Self {
        self.l1 = l1;
        self
    }

    /// Keras's `l2` (default 0): the factor of the sum of squares, at least 0.
    pub fn l2(mut self, l2: f32) -> Self {
        self.l2 = l2;
        self
    }
}

impl Layer for ActivityRegularization {
    fn class_name(&self) -> &str {
        "ActivityRegularization"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        check_at_least_zero(self, "l1", self.l1)?;
        check_at_least_zero(self, "l2", self.l2)
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        let regularizer = l1_l2(config::decimal(self.l1), config::decimal(self.l2));
        add_activity_loss(b, Some(&regularizer.into()), x.value)?;
        Ok(vec![x])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        written.insert("l1".into(), config::short(self.l1));
        written.insert("l2".into(), config::short(self.l2));
        written
    }
}

#[cfg(test)]
mod tests;
