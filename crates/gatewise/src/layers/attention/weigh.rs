//! What the attentions with one head have in common.

use serde_json::{Map, Value as Json};

use super::mask;
use crate::builder::{Builder, Mode};
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::layers::call_arguments::CallArguments;
use crate::layers::{Layer, StreamCall, Streamed, Tensor, name_of};
use crate::shape::{Dim, Shape};

/// What a call is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub causal: bool,
    pub scores: bool,
}

impl Wanted {
    pub fn read(layer: &impl Layer, arguments: &Map<String, Json>) -> Result<Self> {
        let mut arguments = CallArguments::new(layer, arguments);
        let wanted = Self {
            causal: arguments.flag("use_causal_mask")?,
            scores: arguments.flag("return_attention_scores")?,
        };
        arguments.finish()?;
        Ok(wanted)
    }
}

/// Query, value and key of one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub query: Tensor,
    pub value: Tensor,
    pub key: Value,
}

impl Parts {
    /// Checks the inputs; without a key the value is the key too.
    pub fn new(layer: &impl Layer, b: &Builder, inputs: &[Tensor]) -> Result<Self> {
        let shapes: Vec<Shape> = inputs.iter().map(|input| b.shape(input.value)).collect();
        let parts = match *inputs {
            [query, value] => Self { query, value, key: value.value },
            [query, value, key] => Self { query, value, key: key.value },
            _ => {
                let text = format!("expected the inputs query, value and perhaps key, got {}", inputs.len());
                return Err(Error::argument(name_of(layer), text));
            }
        };
        let [query, value, key] =
            [parts.query.value, parts.value.value, parts.key].map(|value| b.shape(value));
        if fit(&query, &value, &key) {
            return Ok(parts);
        }
        let text = format!(
            "expected a query [batch, ..., time, size], a value [batch, ..., steps, features] and a key [batch, ..., \
             steps, size], got {}",
            shapes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
        );
        Err(Error::shape(name_of(layer), text))
    }

    /// The mask of a tensor, which has to be `[batch, time]`.
    fn mask(self, layer: &impl Layer, b: &Builder, tensor: Tensor) -> Result<Option<Value>> {
        let Some(mask) = tensor.mask else { return Ok(None) };
        let (mask_shape, shape) = (b.shape(mask), b.shape(tensor.value));
        if mask_shape.rank() == 2 && shape.rank() == 3 {
            return Ok(Some(mask));
        }
        let text = format!(
            "expected a mask [batch, time] of inputs [batch, time, features], got {mask_shape} of {shape}"
        );
        Err(Error::shape(name_of(layer), text))
    }
}

/// Whether the sizes that have to be equal can be.
fn fit(query: &Shape, value: &Shape, key: &Shape) -> bool {
    let rank = query.rank();
    if rank < 3 || value.rank() != rank || key.rank() != rank {
        return false;
    }
    let can_equal = |a: Dim, b: Dim| a.is_none() || b.is_none() || a == b;
    let leading = |other: &Shape| (0..rank - 2).all(|axis| can_equal(query.dim(axis), other.dim(axis)));
    leading(value)
        && leading(key)
        && can_equal(value.dim(rank - 2), key.dim(rank - 2))
        && can_equal(query.last(), key.last())
}

/// The values weighted by the softmax of `scores [batch, ..., time, steps]`, and the weights if they are wanted.
pub(super) fn weigh(
    layer: &impl Layer,
    b: &Builder,
    parts: Parts,
    scores: Value,
    wanted: Wanted,
    dropout: (f32, Option<u64>),
) -> Result<Vec<Tensor>> {
    let shape = b.shape(scores);
    let of_value = parts.mask(layer, b, parts.value)?;
    let mut used = of_value.map(|mask| mask::over_columns(b, mask)).transpose()?;
    if wanted.causal {
        let band = mask::causal(b, shape.dim(shape.rank() - 2), shape.last())?;
        used = mask::both(b, used, band)?;
    }
    let mut weights = b.softmax(mask::masked(b, scores, used)?)?;
    let (rate, seed) = dropout;
    if b.mode() == Mode::Training && rate > 0.0 {
        weights = b.mul(weights, b.random_mask(rate, &b.shape(weights), seed)?)?;
    }
    let mut y = b.batch_matmul(weights, parts.value.value)?;
    let of_query = parts.mask(layer, b, parts.query)?;
    if let Some(mask) = of_query {
        y = b.select(b.expand_dims(mask, 2)?, y, b.scalar(0.0)?)?;
    }
    let output = Tensor { value: y, mask: of_query };
    Ok([output].into_iter().chain(wanted.scores.then(|| Tensor::new(weights))).collect())
}

/// One step of the query, which may look at values that are there whole.
pub(super) fn step(
    layer: &impl Layer,
    b: &Builder,
    call: &StreamCall<'_>,
    wanted: Wanted,
) -> Result<Vec<Streamed>> {
    if wanted.causal || call.inputs.iter().skip(1).any(|input| input.is_step) {
        return Err(call.refused(layer, "it looks at all steps of a sequence"));
    }
    let inputs: Vec<Tensor> = call.inputs.iter().map(|input| input.tensor).collect();
    let outputs = layer.call_with_arguments(b, &inputs, call.arguments)?;
    Ok(outputs.into_iter().map(|tensor| Streamed { tensor, is_step: true }).collect())
}
