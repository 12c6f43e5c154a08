//! All axes but the batch as one.

use serde_json::{Map, Value as Json, json};

use super::{Layer, LayerBase, Tensor, single_input};
use crate::builder::Builder;
use crate::error::Result;
use crate::shape::Shape;

/// `[batch, a, b, …] → [batch, a·b·…]`. The mask ends here.
#[derive(Debug, Default)]
pub struct Flatten {
    base: LayerBase,
}

impl Flatten {
    /// The layer; it has no arguments of its own.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Layer for Flatten {
    fn class_name(&self) -> &str {
        "Flatten"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        let shape = b.shape(x.value);
        let (batch, rest) =
            shape.dims().split_first().map_or((None, &[][..]), |(batch, rest)| (*batch, rest));
        let width = Shape::new(rest).len();
        Ok(vec![Tensor::new(b.reshape(x.value, &Shape::new([batch, width]))?)])
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut config = Map::new();
        config.insert("data_format".into(), json!("channels_last"));
        config
    }
}
