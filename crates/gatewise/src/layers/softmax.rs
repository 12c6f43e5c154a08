//! Softmax as a layer.

use serde_json::{Map, Value as Json};

use super::{Axes, Layer, LayerBase, StreamCall, Streamed, Tensor, name_of, single_input};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::{Shape, broadcast};

/// What Keras puts in the place of scores that a mask excludes.
const EXCLUDED: f64 = -1e9;

/// eˣ / Σ eˣ over the axes of `axis`, for every index of the others
/// (<https://keras.io/api/layers/activation_layers/softmax/>). The shape stays and the mask passes.
///
/// Where there is a mask, only what it marks takes part, and the rest of the output is 0. The mask must have as many
/// axes as the inputs, of the same size or 1; a mask `[batch, time]` over `[batch, time, features]` is an error, because
/// Keras lines the two up at their last axes, which is not what such a mask means.
///
/// ```
/// use gatewise::layers::{self, Softmax};
/// use ndarray::array;
///
/// let y = layers::call(&Softmax::new().axis(1), &[array![[[0.0, 1.0], [0.0, 1.0]]].into_dyn()], 1)?;
/// assert_eq!(y[0], array![[[0.5, 0.5], [0.5, 0.5]]].into_dyn());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct Softmax {
    base: LayerBase,
    axis: Axes,
}

impl Softmax {
    /// A layer over the last axis.
    pub fn new() -> Self {
        Self { base: LayerBase::default(), axis: Axes::One(-1) }
    }

    /// Keras's `axis` (default −1): the axis or axes whose elements add up to 1.
    pub fn axis(mut self, axis: impl Into<Axes>) -> Self {
        self.axis = axis.into();
        self
    }

    /// The mask, if it lies over the inputs.
    fn checked_mask(&self, b: &Builder, x: Tensor) -> Result<Option<Value>> {
        let Some(mask) = x.mask else { return Ok(None) };
        let (mask_shape, shape) = (b.shape(mask), b.shape(x.value));
        let joined = broadcast("mask", &mask_shape, &shape);
        if mask_shape.rank() == shape.rank() && joined.is_ok_and(|joined| can_be(&joined, &shape)) {
            return Ok(Some(mask));
        }
        let text = format!("expected a mask with the axes of the inputs {shape}, or 1, got {mask_shape}");
        Err(Error::shape(name_of(self), text))
    }
}

/// Whether a shape after broadcasting is still this one, as far as is known.
fn can_be(joined: &Shape, shape: &Shape) -> bool {
    joined.dims().iter().zip(shape.dims()).all(|(joined, dim)| joined == dim || dim.is_none())
}

/// The softmax over `axes`, of which a mask as large as `x` or of size 1 may choose the elements.
pub(super) fn softmax_over(b: &Builder, x: Value, axes: &[usize], mask: Option<Value>) -> Result<Value> {
    let chosen = mask.map_or(Ok(x), |mask| b.select(mask, x, b.scalar(EXCLUDED)?))?;
    let y = match axes {
        [axis] => along(b, chosen, *axis)?,
        _ => {
            let powers = b.exp(b.sub(chosen, b.max_keep(chosen, axes)?)?)?;
            b.div(powers, b.sum_keep(powers, axes)?)?
        }
    };
    mask.map_or(Ok(y), |mask| b.select(mask, y, b.scalar(0.0)?))
}

/// The softmax over one axis, which is moved to the end for it.
fn along(b: &Builder, x: Value, axis: usize) -> Result<Value> {
    let mut order: Vec<usize> = (0..b.shape(x).rank()).collect();
    let last = order.len() - 1;
    order.swap(axis, last);
    b.transpose(b.softmax(b.transpose(x, &order)?)?, &order)
}

impl Default for Softmax {
    fn default() -> Self {
        Self::new()
    }
}

impl Layer for Softmax {
    fn class_name(&self) -> &str {
        "Softmax"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        let axes = self.axis.resolve_any(self, &b.shape(x.value))?;
        let mask = self.checked_mask(b, x)?;
        Ok(vec![x.with_value(softmax_over(b, x.value, &axes, mask)?)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        let shape = call.inputs.first().map(|input| b.shape(input.tensor.value)).unwrap_or_default();
        if self.axis.resolve_any(self, &shape)?.contains(&1) {
            return Err(call.refused(self, "it joins all steps"));
        }
        call.step_by_step(self, b)
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        written.insert("axis".into(), self.axis.to_json());
        written
    }
}
