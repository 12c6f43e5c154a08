//! A function as a layer.

use std::fmt::{self, Debug, Formatter};

use serde_json::{Map, Value as Json};

use super::{Layer, LayerBase, Tensor, name_of};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;

/// A function that emits operations.
type Function = dyn Fn(&Builder, &[Value]) -> Result<Value> + Send + Sync;

/// A function of the inputs as a layer, written in the operations of [`Builder`]; its gradient follows. The mask ends here,
/// unless [`keep_mask`](Self::keep_mask) is called.
///
/// The function is code, so a model with it can be trained and used, but its configuration cannot be read back: give the model
/// a layer of a class of its own for that. One step at a time it is refused, because it may look at all steps.
///
/// ```
/// use gatewise::layers::{Dense, Input, Lambda, Lstm};
/// use gatewise::Sequential;
///
/// let mut model = Sequential::new();
/// model.add(Input::new([None, Some(3)]))?;
/// model.add(Lambda::new(|b, x| b.log(b.shift(b.square(x)?, 1.0)?)))?; // ln(1 + x²)
/// model.add(Lstm::new(4))?.add(Dense::new(1))?;
/// # Ok::<(), gatewise::Error>(())
/// ```
pub struct Lambda {
    base: LayerBase,
    function: Box<Function>,
    keeps_mask: bool,
}

impl Lambda {
    /// A layer with one input.
    pub fn new(function: impl Fn(&Builder, Value) -> Result<Value> + Send + Sync + 'static) -> Self {
        Self::several(move |b, inputs| match inputs {
            [input] => function(b, *input),
            _ => Err(Error::argument("lambda", format!("expected one input, got {}", inputs.len()))),
        })
    }

    /// A layer that is called on a list of inputs.
    pub fn several(function: impl Fn(&Builder, &[Value]) -> Result<Value> + Send + Sync + 'static) -> Self {
        Self { base: LayerBase::default(), function: Box::new(function), keeps_mask: false }
    }

    /// Passes on the mask of the first input.
    pub fn keep_mask(mut self) -> Self {
        self.keeps_mask = true;
        self
    }
}

impl Debug for Lambda {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lambda").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Layer for Lambda {
    fn class_name(&self) -> &str {
        "Lambda"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let values: Vec<Value> = inputs.iter().map(|input| input.value).collect();
        let output = (self.function)(b, &values)
            .map_err(|error| error.in_argument(name_of(self), "function", "lambda"))?;
        let mask = inputs.first().and_then(|input| input.mask).filter(|_| self.keeps_mask);
        Ok(vec![Tensor { value: output, mask }])
    }

    fn own_config(&self) -> Map<String, Json> {
        Map::new()
    }
}
