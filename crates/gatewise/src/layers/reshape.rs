//! The same numbers in another shape.

use serde_json::{Map, Value as Json, json};

use super::{Layer, LayerBase, Tensor, name_of, single_input};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::shape::{Dim, Shape};

/// `[batch, …] → [batch, target…]`, where one size of the target may be −1 and is computed. The mask ends here.
#[derive(Debug)]
pub struct Reshape {
    base: LayerBase,
    target_shape: Vec<i64>,
}

impl Reshape {
    /// The shape of one sample; one size may be −1.
    pub fn new(target_shape: impl Into<Vec<i64>>) -> Self {
        Self { base: LayerBase::default(), target_shape: target_shape.into() }
    }

    /// The shape of the result for inputs of this shape.
    fn target(&self, inputs: &Shape) -> Result<Shape> {
        let (batch, sample) =
            inputs.dims().split_first().map_or((None, &[][..]), |(batch, rest)| (*batch, rest));
        let have = Shape::new(sample).len();
        let fixed: usize =
            self.target_shape.iter().filter(|size| **size >= 0).map(|size| *size as usize).product();
        let has_open = self.target_shape.contains(&-1);
        let open = have.filter(|_| has_open).and_then(|have| have.checked_div(fixed));
        let fits = have.is_none_or(|have| fixed * open.unwrap_or(1) == have);
        if !fits {
            let wanted = if has_open { "a multiple of " } else { "" };
            let text = format!(
                "expected inputs of {wanted}{fixed} numbers a sample for [batch, {}], got {inputs}",
                self.written()
            );
            return Err(Error::shape(name_of(self), text));
        }
        let mut dims: Vec<Dim> = vec![batch];
        dims.extend(self.target_shape.iter().map(|size| usize::try_from(*size).ok().or(open)));
        Ok(Shape::new(dims))
    }

    fn written(&self) -> String {
        self.target_shape.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
    }
}

impl Layer for Reshape {
    fn class_name(&self) -> &str {
        "Reshape"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        let open = self.target_shape.iter().filter(|size| **size == -1).count();
        if open > 1 || self.target_shape.iter().any(|size| *size < -1 || *size == 0) {
            let text = format!(
                "`target_shape` must have positive sizes and at most one -1, got [{}]",
                self.written()
            );
            return Err(Error::argument(name_of(self), text));
        }
        Ok(())
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        let target = self.target(&b.shape(x.value))?;
        Ok(vec![Tensor::new(b.reshape(x.value, &target)?)])
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut config = Map::new();
        config.insert("target_shape".into(), json!(self.target_shape));
        config
    }
}
