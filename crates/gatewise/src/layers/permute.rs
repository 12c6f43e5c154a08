//! Axes in another order.

use serde_json::{Map, Value as Json, json};

use super::{Layer, LayerBase, StreamCall, Streamed, Tensor, name_of, single_input};
use crate::builder::Builder;
use crate::error::{Error, Result};

/// The axes of a sample in another order: axis i of the output is axis `dims[i − 1]` of the inputs, counted from 1 after
/// the axis of the samples. `Permute::new([2, 1])` is `[batch, time, features] → [batch, features, time]`. The mask ends
/// here, as in Keras.
///
/// ```
/// use gatewise::layers::{self, Permute};
/// use ndarray::array;
///
/// let y = layers::call(&Permute::new([2, 1]), &[array![[[1.0, 2.0], [3.0, 4.0]]].into_dyn()], 1)?;
/// assert_eq!(y[0], array![[[1.0, 3.0], [2.0, 4.0]]].into_dyn());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct Permute {
    base: LayerBase,
    dims: Vec<usize>,
}

impl Permute {
    /// A layer that orders the axes like this: the numbers from 1 on, each once.
    pub fn new(dims: impl Into<Vec<usize>>) -> Self {
        Self { base: LayerBase::default(), dims: dims.into() }
    }
}

impl Layer for Permute {
    fn class_name(&self) -> &str {
        "Permute"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        let mut sorted = self.dims.clone();
        sorted.sort_unstable();
        if sorted.iter().copied().eq(1..=self.dims.len()) {
            return Ok(());
        }
        let text = format!("`dims` must hold the numbers from 1 on, each once, got {:?}", self.dims);
        Err(Error::argument(name_of(self), text))
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?.value;
        let shape = b.shape(x);
        if shape.rank() != self.dims.len() + 1 {
            let text = format!(
                "expected inputs with {} axes for `dims` {:?}, got {shape}",
                self.dims.len() + 1,
                self.dims
            );
            return Err(Error::shape(name_of(self), text));
        }
        let order: Vec<usize> = [0].into_iter().chain(self.dims.iter().copied()).collect();
        Ok(vec![Tensor::new(b.transpose(x, &order)?)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        if self.dims.first() != Some(&1) {
            return Err(call.refused(self, "it moves the time axis"));
        }
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        written.insert("dims".into(), json!(self.dims));
        written
    }
}
