//! An activation as a layer of its own.

use serde_json::{Map, Value as Json};

use super::{Layer, LayerBase, StreamCall, Streamed, Tensor, name_of, single_input};
use crate::activations;
use crate::builder::Builder;
use crate::error::Result;

/// f(inputs), element by element or, for softmax, along the last axis. The mask passes.
#[derive(Debug)]
pub struct Activation {
    base: LayerBase,
    activation: activations::Activation,
}

impl Activation {
    /// A layer that applies this activation.
    pub fn new(activation: impl Into<activations::Activation>) -> Self {
        Self { base: LayerBase::default(), activation: activation.into() }
    }
}

impl Layer for Activation {
    fn class_name(&self) -> &str {
        "Activation"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        self.activation.check(&name_of(self))
    }

    fn call(&self, builder: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        Ok(vec![x.with_value(self.activation.apply(builder, x.value)?)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        if call.inputs.iter().any(|input| b.shape(input.tensor.value).rank() < 3) {
            return Err(
                call.refused(self, "an activation may join what lies along the last axis, which is time")
            );
        }
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut config = Map::new();
        config.insert("activation".into(), self.activation.name().into());
        config
    }
}
