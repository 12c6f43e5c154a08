//! Layers that join several inputs into one.

use super::{Layer, Tensor, name_of};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::{Dim, Shape, broadcast};

mod concatenate;
mod dot;
mod elementwise;

pub use concatenate::Concatenate;
pub use dot::{Dot, DotAxes};
pub use elementwise::{Add, Average, Maximum, Minimum, Multiply, Subtract};

/// The shapes of the inputs, for messages.
fn written(shapes: &[Shape]) -> String {
    shapes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

/// The shapes of inputs that have a batch axis, of which there is at least one.
fn shapes_of(layer: &impl Layer, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Shape>> {
    let shapes: Vec<Shape> = inputs.iter().map(|input| b.shape(input.value)).collect();
    if shapes.is_empty() {
        return Err(Error::argument(name_of(layer), "expected at least one input, got none"));
    }
    if shapes.iter().any(|shape| shape.rank() == 0) {
        let text = format!("expected inputs [batch, ...], got {}", written(&shapes));
        return Err(Error::shape(name_of(layer), text));
    }
    Ok(shapes)
}

/// Checks that all known batch sizes are the same, which Keras does not broadcast.
fn check_batches(layer: &impl Layer, shapes: &[Shape]) -> Result<()> {
    let mut known = shapes.iter().filter_map(|shape| shape.dim(0));
    let first = known.next();
    if known.all(|batch| Some(batch) == first) {
        return Ok(());
    }
    Err(Error::shape(name_of(layer), format!("expected inputs of one batch size, got {}", written(shapes))))
}

/// The inputs with as many axes as the one that has most, filled up with 1 after the batch axis as Keras does; where
/// an input grows it loses its mask, which no longer fits.
fn aligned(layer: &impl Layer, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
    let shapes = shapes_of(layer, b, inputs)?;
    check_batches(layer, &shapes)?;
    let rank = shapes.iter().map(Shape::rank).max().unwrap_or(0);
    let mut joined = Shape::scalar();
    let mut aligned = Vec::new();
    for (input, shape) in inputs.iter().zip(&shapes) {
        let mut dims: Vec<Dim> = shape.dims().to_vec();
        let missing = rank - dims.len();
        dims.splice(1..1, std::iter::repeat_n(Some(1), missing));
        let full = Shape::new(dims);
        joined = broadcast("merge", &joined, &full).map_err(|_| {
            let text = format!("expected shapes that broadcast (equal sizes or 1), got {}", written(&shapes));
            Error::shape(name_of(layer), text)
        })?;
        aligned.push(match missing {
            0 => *input,
            _ => Tensor::new(b.reshape(input.value, &full)?),
        });
    }
    Ok(aligned)
}

/// The mask that elementwise layers pass on: 1 where any input has a step, if all of them have masks.
fn joined_mask(layer: &impl Layer, b: &Builder, inputs: &[Tensor]) -> Result<Option<Value>> {
    let masks: Option<Vec<Value>> = inputs.iter().map(|input| input.mask).collect();
    let Some((first, others)) = masks.as_deref().and_then(<[Value]>::split_first) else { return Ok(None) };
    let mut joined = *first;
    for mask in others {
        let (known, other) = (b.shape(joined), b.shape(*mask));
        if known.rank() != other.rank() {
            let text =
                format!("masks with different numbers of axes are not supported, got {known} and {other}");
            return Err(Error::unsupported(name_of(layer), text));
        }
        joined = b.maximum(joined, *mask)?;
    }
    Ok(Some(joined))
}

/// The mask of a tensor with axes of size 1 added behind it, so that it broadcasts over the array.
fn spread_mask(b: &Builder, tensor: Tensor) -> Result<Option<Value>> {
    let Some(mask) = tensor.mask else { return Ok(None) };
    let mut dims = b.shape(mask).dims().to_vec();
    dims.resize(b.shape(tensor.value).rank().max(dims.len()), Some(1));
    b.reshape(mask, &Shape::new(dims)).map(Some)
}

/// The axis that a number stands for, which counts from the end where it is negative.
pub(super) fn resolve_axis(layer: &impl Layer, argument: &str, axis: i64, shape: &Shape) -> Result<usize> {
    let rank = shape.rank() as i64;
    if (-rank..rank).contains(&axis) {
        return Ok(axis.rem_euclid(rank) as usize);
    }
    let text = format!("`{argument}` must be from {} to {} for inputs {shape}, got {axis}", -rank, rank - 1);
    Err(Error::argument(name_of(layer), text))
}
