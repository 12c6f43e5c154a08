//! The layer that does nothing.

use serde_json::{Map, Value as Json};

use super::{Layer, LayerBase, StreamCall, Streamed, Tensor, single_input};
use crate::builder::Builder;
use crate::error::Result;

/// The inputs as they are, with their mask: a place in a model that can be named or exchanged.
#[derive(Debug, Default)]
pub struct Identity {
    base: LayerBase,
}

impl Identity {
    /// A layer that passes everything on.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Layer for Identity {
    fn class_name(&self) -> &str {
        "Identity"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn call(&self, _b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        Ok(vec![single_input(self, inputs)?])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        Map::new()
    }
}
