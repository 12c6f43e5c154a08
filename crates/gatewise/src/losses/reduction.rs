//! From the losses of samples to one number.

use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::Shape;

/// How the losses of samples become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reduction {
    /// Their weighted sum divided by their number; with a mask, by the number of unmasked ones. Keras's default.
    #[default]
    SumOverBatchSize,
    /// Their weighted sum.
    Sum,
    /// Their weighted sum divided by the sum of the weights.
    MeanWithSampleWeight,
}

/// Emits the reduction of `losses [batch, …]` with a mask and weights of samples (Keras's `reduce_weighted_values`).
///
/// # Errors
/// If the mask or the weights do not fit.
pub(super) fn reduce(
    b: &Builder,
    reduction: Reduction,
    losses: Value,
    mask: Option<Value>,
    sample_weight: Option<Value>,
) -> Result<Value> {
    let shape = b.shape(losses);
    let mask = mask.map(|mask| mask_weights(b, reduction, mask, &shape)).transpose()?;
    let weights = sample_weight.map(|weights| fit_weights(b, weights, &shape)).transpose()?;
    let factor = match (mask, weights) {
        (Some(mask), Some(weights)) => Some(b.mul(mask, weights)?),
        (mask, weights) => mask.or(weights),
    };
    let weighted = match factor {
        Some(factor) => b.mul(losses, factor)?,
        None => losses,
    };
    let total = b.sum_all(weighted)?;
    match (reduction, factor) {
        (Reduction::Sum, _) => Ok(total),
        (Reduction::MeanWithSampleWeight, Some(factor)) => {
            let weights = b.broadcast_to(factor, &shape)?;
            divide_or_zero(b, total, b.sum_all(weights)?)
        }
        _ => {
            let count = shape
                .len()
                .ok_or_else(|| Error::shape("loss", format!("expected known sizes, got losses {shape}")))?;
            b.scale(total, 1.0 / count.max(1) as f64)
        }
    }
}

/// x / y, and 0 where y is 0.
fn divide_or_zero(b: &Builder, x: Value, y: Value) -> Result<Value> {
    let zero = b.scalar(0.0)?;
    let is_zero = b.equal(y, zero)?;
    let divisor = b.select(is_zero, b.scalar(1.0)?, y)?;
    b.select(is_zero, zero, b.div(x, divisor)?)
}

/// The mask as weights; for a mean each unmasked one weighs total / valid, so that masked ones do not count.
fn mask_weights(b: &Builder, reduction: Reduction, mask: Value, losses: &Shape) -> Result<Value> {
    let shape = b.shape(mask);
    if shape.rank() != losses.rank() {
        let text = format!("the predictions carry a mask {shape}, which does not fit losses {losses}");
        return Err(Error::shape("loss", text));
    }
    if reduction != Reduction::SumOverBatchSize {
        return Ok(mask);
    }
    let total = shape.len().unwrap_or(1) as f64;
    let weight = divide_or_zero(b, b.scalar(total)?, b.sum_all(mask)?)?;
    b.select(mask, weight, b.scalar(0.0)?)
}

/// Weights `[batch]` or `[batch, time]` in a shape that broadcasts to the losses. One weight a sample counts for all
/// its time steps, as in Keras 2. A last axis of size 1 beyond those of the losses is left out.
fn fit_weights(b: &Builder, weights: Value, losses: &Shape) -> Result<Value> {
    let given = b.shape(weights);
    let is_column = given.rank() == losses.rank() + 1 && given.last() == Some(1);
    let shape = if is_column { Shape::new(&given.dims()[..losses.rank()]) } else { given.clone() };
    let fits = shape.rank() <= losses.rank()
        && shape.dims().iter().zip(losses.dims()).all(|(a, b)| a.is_none() || b.is_none() || a == b);
    if !fits {
        let text = match losses.rank() {
            0 | 1 => format!("expected weights {losses}, got {given}"),
            _ => format!("expected weights {} or {losses}, got {given}", Shape::new([losses.dim(0)])),
        };
        return Err(Error::shape("sample_weight", text));
    }
    let mut dims = shape.dims().to_vec();
    dims.resize(losses.rank(), Some(1));
    b.reshape(weights, &Shape::new(dims))
}
