//! A vector repeated as a sequence.

use serde_json::{Map, Value as Json};

use super::{Layer, LayerBase, Tensor, name_of, single_input};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::shape::Shape;

/// `[batch, features] → [batch, n, features]`. The mask ends here.
#[derive(Debug)]
pub struct RepeatVector {
    base: LayerBase,
    n: usize,
}

impl RepeatVector {
    /// Repeats `n` times, at least once.
    pub fn new(n: usize) -> Self {
        Self { base: LayerBase::default(), n }
    }
}

impl Layer for RepeatVector {
    fn class_name(&self) -> &str {
        "RepeatVector"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        if self.n > 0 {
            return Ok(());
        }
        Err(Error::argument(name_of(self), "`n` must be at least 1, got 0"))
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        let shape = b.shape(x.value);
        let [batch, features] = shape.dims() else {
            let text = format!("expected inputs [batch, features], got {shape}");
            return Err(Error::shape(name_of(self), text));
        };
        let once = b.reshape(x.value, &Shape::new([*batch, Some(1), *features]))?;
        let repeated = b.broadcast_to(once, &Shape::new([*batch, Some(self.n), *features]))?;
        Ok(vec![Tensor::new(repeated)])
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut config = Map::new();
        config.insert("n".into(), self.n.into());
        config
    }
}
