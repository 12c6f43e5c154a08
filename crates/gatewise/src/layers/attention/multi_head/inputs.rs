//! What an attention with several heads is called on.

use serde_json::{Map, Value as Json};

use super::{MultiHeadAttention, mask, place_inputs};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::layers::{Tensor, name_of};
use crate::shape::{Dim, Shape};

/// Query, value and key of one call, and the mask that was given by name.
pub(super) struct Inputs {
    pub query: Tensor,
    pub value: Tensor,
    /// The value where no key was given, and then without its mask.
    pub key: Tensor,
    pub attention_mask: Option<Value>,
}

impl Inputs {
    pub fn new(
        layer: &MultiHeadAttention,
        b: &Builder,
        inputs: &[Tensor],
        arguments: &Map<String, Json>,
    ) -> Result<Self> {
        let places = place_inputs(layer, arguments, inputs.len());
        let given = |index: usize| places[index].and_then(|place| inputs.get(place)).copied();
        // A fourth input without a name would be Keras's `query_mask`.
        let is_named = arguments.contains_key("attention_mask");
        let (Some(query), Some(value), true) =
            (given(0), given(1), inputs.len() <= if is_named { 4 } else { 3 })
        else {
            return Err(wrong_number(layer, inputs.len()));
        };
        let key = given(2).unwrap_or(Tensor::new(value.value));
        let attention_mask = given(3).filter(|_| is_named).map(|mask| mask.value);
        let shapes = [query, value, key].map(|input| b.shape(input.value));
        check_shapes(layer, &shapes)?;
        Ok(Self { query, value, key, attention_mask })
    }

    /// What the masks of query, value and key leave: `[batch, time or 1, steps or 1]`.
    pub fn travelling_mask(&self, b: &Builder) -> Result<Option<Value>> {
        let mut joined = self.query.mask.map(|mask| b.expand_dims(mask, 2)).transpose()?;
        for mask in [self.value.mask, self.key.mask].into_iter().flatten() {
            joined = mask::both(b, joined, mask::over_columns(b, mask)?)?;
        }
        Ok(joined)
    }
}

/// The error for a call on too few or too many inputs.
pub(super) fn wrong_number(layer: &MultiHeadAttention, count: usize) -> Error {
    let text = format!("expected the inputs query, value and perhaps key, one after another, got {count}");
    Error::argument(name_of(layer), text)
}

/// Whether an input can be the key of this value: one step for each of the value's.
fn can_be_key(key: &Shape, value: &Shape) -> bool {
    let can_equal = |(a, b): (&Dim, &Dim)| a.is_none() || b.is_none() || a == b;
    let rank = value.rank();
    key.rank() == rank && key.dims()[..rank - 1].iter().zip(value.dims()).all(can_equal)
}

fn check_shapes(layer: &MultiHeadAttention, [query, value, key]: &[Shape; 3]) -> Result<()> {
    let rank = query.rank();
    let is_batch = |a: &Shape| a.dim(0).is_none() || query.dim(0).is_none() || a.dim(0) == query.dim(0);
    if rank >= 3 && value.rank() == rank && is_batch(value) && can_be_key(key, value) {
        return Ok(());
    }
    let text = format!(
        "expected a query [batch, time, features] and, with as many axes, a value and a key [batch, steps, features] of \
         equal length, got {query}, {value} and {key}"
    );
    Err(Error::shape(name_of(layer), text))
}
