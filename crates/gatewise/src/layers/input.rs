//! Where data enters a model.

use serde_json::{Map, Value as Json, json};

use super::{Layer, LayerBase, Tensor, name_of, single_input};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::shape::{Dim, Shape};

/// The shape of a model's input, as `keras.Input`.
///
/// ```
/// use gatewise::layers::Input;
///
/// let any_length = Input::new([None, Some(8)]);            // [None, None, 8]
/// let tokens = Input::batch([Some(32), Some(10)]);         // a fixed batch is only a description
/// # let _ = (any_length, tokens);
/// ```
#[derive(Debug)]
pub struct Input {
    base: LayerBase,
    shape: Shape,
    dtype: String,
}

/// The types of numbers that an input may be declared to have.
const DTYPES: [&str; 3] = ["float32", "int32", "int64"];

impl Input {
    /// An input of samples of this shape, in batches of any size; `None` is an unknown size.
    pub fn new(shape: impl Into<Vec<Dim>>) -> Self {
        let mut dims = vec![None];
        dims.extend(shape.into());
        Self::batch(dims)
    }

    /// An input of batches of this shape, Keras's `batch_shape`.
    pub fn batch(batch_shape: impl Into<Vec<Dim>>) -> Self {
        Self { base: LayerBase::default(), shape: Shape::new(batch_shape), dtype: DTYPES[0].into() }
    }

    /// Keras's `dtype`: `float32` (default), or `int32` or `int64` for tokens. It is only a description, for files
    /// that Keras reads; data is given as `f32` in any case.
    pub fn dtype(mut self, dtype: impl Into<String>) -> Self {
        self.dtype = dtype.into();
        self
    }

    /// The shape of a batch.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }
}

impl Layer for Input {
    fn class_name(&self) -> &str {
        "InputLayer"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        if DTYPES.contains(&self.dtype.as_str()) {
            return Ok(());
        }
        let text = format!("`dtype` must be one of {}, got \"{}\"", DTYPES.join(", "), self.dtype);
        Err(Error::unsupported(name_of(self), text))
    }

    fn call(&self, _builder: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        Ok(vec![single_input(self, inputs)?])
    }

    fn as_input(&self) -> Option<Shape> {
        Some(self.shape.clone())
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut config = Map::new();
        config.insert("batch_shape".into(), json!(self.shape.dims()));
        config.insert("dtype".into(), self.dtype.as_str().into());
        config.insert("sparse".into(), false.into());
        config.insert("ragged".into(), false.into());
        config.insert("name".into(), name_of(self).into());
        config.insert("optional".into(), false.into());
        config
    }
}
