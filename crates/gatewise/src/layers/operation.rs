//! Operations on symbolic values that Keras writes into the graph of a model by itself.

use serde_json::{Map, Value as Json};

use super::{CallForm, Layer, LayerBase, StreamCall, Streamed, Tensor, name_of, single_input};
use crate::builder::Builder;
use crate::error::{Error, Result};

/// A node that no user wrote: where a layer with a mask is called, Keras 3 records how the mask was computed.
///
/// Such nodes come with the configurations of Keras's functional models, and are there so that these run and are
/// written again as they were. In Gatewise a mask travels with its tensor, so its own graphs have none of them.
#[derive(Debug)]
pub(crate) struct Operation {
    base: LayerBase,
    kind: OperationKind,
}

/// What is computed; truth is 1 and its opposite 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OperationKind {
    /// Whether each element differs from the number `x2`.
    NotEqual,
    /// Whether any element along the last axis is not 0.
    Any,
    /// The value as it is.
    ConvertToTensor,
}

impl Operation {
    pub fn new(kind: OperationKind) -> Self {
        Self { base: LayerBase::default(), kind }
    }

    /// The module that Keras names in files.
    pub fn module(&self) -> &'static str {
        match self.kind {
            OperationKind::NotEqual | OperationKind::Any => "keras.src.ops.numpy",
            OperationKind::ConvertToTensor => "keras.src.ops.core",
        }
    }
}

impl Layer for Operation {
    fn class_name(&self) -> &str {
        match self.kind {
            OperationKind::NotEqual => "NotEqual",
            OperationKind::Any => "Any",
            OperationKind::ConvertToTensor => "ConvertToTensor",
        }
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn call(&self, builder: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        self.call_with_arguments(builder, inputs, &Map::new())
    }

    fn call_with_arguments(
        &self,
        b: &Builder,
        inputs: &[Tensor],
        arguments: &Map<String, Json>,
    ) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?.value;
        let value = match self.kind {
            OperationKind::NotEqual => {
                let other = arguments.get("x2").and_then(Json::as_f64).ok_or_else(|| {
                    Error::unsupported(name_of(self), "a comparison with anything but one number")
                })?;
                b.sub(b.scalar(1.0)?, b.equal(x, b.scalar(other)?)?)?
            }
            OperationKind::Any => {
                let axis = b.shape(x).rank().saturating_sub(1);
                b.greater(b.sum(x, &[axis])?, b.scalar(0.0)?)?
            }
            OperationKind::ConvertToTensor => x,
        };
        Ok(vec![Tensor::new(value)])
    }

    fn call_form(&self) -> CallForm {
        CallForm::Operation
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        let is_over_time =
            |input: &Streamed| self.kind == OperationKind::Any && b.shape(input.tensor.value).rank() < 3;
        if call.inputs.iter().any(is_over_time) {
            return Err(call.refused(self, "it joins all steps"));
        }
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let arguments: &[(&str, Json)] = match self.kind {
            OperationKind::NotEqual => &[],
            OperationKind::Any => &[("axis", Json::from(-1)), ("keepdims", Json::Bool(false))],
            OperationKind::ConvertToTensor => {
                &[("dtype", Json::Null), ("sparse", Json::Null), ("ragged", Json::Null)]
            }
        };
        let name = ("name", Json::from(name_of(self)));
        [name].iter().chain(arguments).map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
    }
}
