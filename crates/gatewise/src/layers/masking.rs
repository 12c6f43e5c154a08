//! A mask from a value that stands for "no step".

use serde_json::{Map, Value as Json};

use super::{Layer, LayerBase, StreamCall, Streamed, Tensor, name_of, single_input};
use crate::builder::Builder;
use crate::error::{Error, Result};

/// Masks the steps of `[batch, time, features]` at which every feature equals `mask_value`, and sets them to 0.
///
/// The comparison is exact; NaN equals nothing, so a step with NaN is not masked.
#[derive(Debug)]
pub struct Masking {
    base: LayerBase,
    mask_value: f32,
}

impl Masking {
    /// Masks steps of this value; Keras's default is 0.
    pub fn new(mask_value: f32) -> Self {
        Self { base: LayerBase::default(), mask_value }
    }
}

impl Layer for Masking {
    fn class_name(&self) -> &str {
        "Masking"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?.value;
        let shape = b.shape(x);
        let rank = shape.rank();
        if rank < 2 {
            let text = format!("expected inputs [batch, time, features], got {shape}");
            return Err(Error::shape(name_of(self), text));
        }
        let zero = b.scalar(0.0)?;
        let differs = b.sub(b.scalar(1.0)?, b.equal(x, b.scalar(f64::from(self.mask_value))?)?)?;
        let mask = b.greater(b.sum(differs, &[rank - 1])?, zero)?;
        let is_used = b.expand_dims(mask, rank - 1)?;
        Ok(vec![Tensor { value: b.select(is_used, x, zero)?, mask: Some(mask) }])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut config = Map::new();
        config.insert("mask_value".into(), super::config::short(self.mask_value));
        config
    }
}
