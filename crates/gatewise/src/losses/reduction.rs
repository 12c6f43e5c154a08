//! From the losses of samples to one number.

use serde_json::Value as Json;

use super::Losses;
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::{Dim, Shape};

/// How the losses of samples become one number. With a mask each unmasked loss of a mean weighs total / valid, so that
/// masked ones do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reduction {
    /// Their weighted sum divided by their number; with a mask, by the number of unmasked ones. Keras's default.
    #[default]
    SumOverBatchSize,
    /// The same under Keras's other name.
    Mean,
    /// Their weighted sum.
    Sum,
    /// Their weighted sum divided by the sum of the weights as they were given: one weight for a whole sequence counts
    /// once, not once a step.
    MeanWithSampleWeight,
    /// They stay as they are, times their weights. A compiled model then makes their sum small, as in Keras, and reports
    /// their mean. What layers and regularizers add counts once (Keras fails where there is any).
    None,
}

impl Reduction {
    const ALL: [Self; 5] =
        [Self::SumOverBatchSize, Self::Mean, Self::Sum, Self::MeanWithSampleWeight, Self::None];

    /// Keras's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SumOverBatchSize => "sum_over_batch_size",
            Self::Mean => "mean",
            Self::Sum => "sum",
            Self::MeanWithSampleWeight => "mean_with_sample_weight",
            Self::None => "none",
        }
    }

    /// The reduction in a configuration, which may be null for none.
    pub(super) fn from_config(subject: &str, value: &Json) -> Result<Self> {
        if value.is_null() {
            return Ok(Self::None);
        }
        let find = |name: &str| Self::ALL.into_iter().find(|reduction| reduction.name() == name);
        value.as_str().and_then(find).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            Error::argument(subject, format!("expected one of {known} as `reduction`, got {value}"))
        })
    }

    /// Whether it divides by the number of losses.
    fn is_mean(self) -> bool {
        matches!(self, Self::SumOverBatchSize | Self::Mean)
    }
}

/// Emits the reduction of losses `[batch, …]` with weights of samples (Keras's `reduce_weighted_values`).
///
/// # Errors
/// If the mask or the weights do not fit.
pub(super) fn reduce(
    b: &Builder,
    reduction: Reduction,
    losses: Losses,
    sample_weight: Option<Value>,
) -> Result<Value> {
    let Losses { values, mask } = losses;
    // Losses that are a single number are repeated for whatever there are weights for.
    let shape = match (b.shape(values), mask.or(sample_weight)) {
        (shape, Some(factor)) if shape.rank() == 0 => b.shape(factor),
        (shape, _) => shape,
    };
    let mask = mask.map(|mask| mask_weights(b, reduction, mask, &shape)).transpose()?;
    let weights = sample_weight.map(|weights| fit_weights(b, weights, &shape)).transpose()?;
    let factor = match (mask, weights) {
        (Some(mask), Some(weights)) => Some(b.mul(mask, weights)?),
        (mask, weights) => mask.or(weights),
    };
    let weighted = match factor {
        Some(factor) => b.mul(values, factor)?,
        None => values,
    };
    if reduction == Reduction::None {
        return Ok(weighted);
    }
    let total = b.sum_all(weighted)?;
    match (reduction, factor) {
        (Reduction::Sum, _) => Ok(total),
        (Reduction::MeanWithSampleWeight, Some(factor)) => divide_or_zero(b, total, b.sum_all(factor)?),
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
    if !reduction.is_mean() {
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
    let agree = |(axis, (got, want)): (usize, (&Dim, &Dim))| {
        got.is_none() || want.is_none() || got == want || axis > 0 && *got == Some(1)
    };
    let fits = shape.rank() <= losses.rank() && shape.dims().iter().zip(losses.dims()).enumerate().all(agree);
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
