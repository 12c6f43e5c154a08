//! Numbers brought to another scale.

use serde_json::{Map, Value as Json};

use super::{Layer, LayerBase, Numbers, StreamCall, Streamed, Tensor, name_of, single_input};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::shape::broadcast;

/// x · `scale` + `offset` (<https://keras.io/api/layers/preprocessing_layers/image_preprocessing/rescaling/>). The shape
/// stays and the mask passes.
///
/// ```
/// use gatewise::layers::{self, Rescaling};
/// use ndarray::array;
///
/// let y = layers::call(&Rescaling::new(0.5).offset([1.0, -1.0]), &[array![[2.0, 4.0]].into_dyn()], 1)?;
/// assert_eq!(y[0], array![[2.0, 1.0]].into_dyn());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct Rescaling {
    base: LayerBase,
    scale: Numbers,
    offset: Numbers,
}

impl Rescaling {
    /// A layer that multiplies by `scale`: a number, or numbers that broadcast to the inputs, such as one a feature.
    pub fn new(scale: impl Into<Numbers>) -> Self {
        Self { base: LayerBase::default(), scale: scale.into(), offset: 0.0.into() }
    }

    /// Keras's `offset` (default 0): what is added, a number or numbers that broadcast to the inputs.
    pub fn offset(mut self, offset: impl Into<Numbers>) -> Self {
        self.offset = offset.into();
        self
    }
}

impl Layer for Rescaling {
    fn class_name(&self) -> &str {
        "Rescaling"
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
        let mut arguments = Vec::new();
        for (argument, numbers) in [("scale", &self.scale), ("offset", &self.offset)] {
            let value = b.literal(numbers.array())?;
            if !broadcast("rescaling", &shape, &b.shape(value)).is_ok_and(|joined| joined == shape) {
                let text =
                    format!("`{argument}` must broadcast to the inputs {shape}, got {}", b.shape(value));
                return Err(Error::shape(name_of(self), text));
            }
            arguments.push(value);
        }
        Ok(vec![x.with_value(b.add(b.mul(x.value, arguments[0])?, arguments[1])?)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        let rank = call.inputs.first().map_or(0, |input| b.shape(input.tensor.value).rank());
        let differs = |numbers: &Numbers| {
            let sizes = numbers.array().shape();
            (sizes.len() + 1)
                .checked_sub(rank)
                .and_then(|time| sizes.get(time))
                .is_some_and(|size| *size != 1)
        };
        if differs(&self.scale) || differs(&self.offset) {
            return Err(call.refused(self, "each step has numbers of its own"));
        }
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        written.insert("scale".into(), self.scale.to_json());
        written.insert("offset".into(), self.offset.to_json());
        written
    }
}
