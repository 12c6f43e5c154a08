//! How far predictions are on the wrong side of a margin.

use super::align::to_one_shape;
use super::function::plain_loss;
use super::regression::mean_of;
use super::{LossBatch, Losses};
use crate::builder::Builder;
use crate::error::Result;
use crate::graph::Value;

/// Targets 0 and 1 as −1 and 1 if a batch has no others (Keras's `convert_binary_labels_to_hinge`).
fn signs(b: &Builder, y: Value) -> Result<Value> {
    let (zero, one) = (b.scalar(0.0)?, b.scalar(1.0)?);
    let is_other = b.sub(one, b.add(b.equal(y, zero)?, b.equal(y, one)?)?)?;
    let axes: Vec<usize> = (0..b.shape(y).rank()).collect();
    b.select(b.max(is_other, &axes)?, y, b.shift(b.scale(y, 2.0)?, -1.0)?)
}

/// max(1 − y · p, 0).
fn below_margin(b: &Builder, y: Value, p: Value) -> Result<Value> {
    b.maximum(b.sub(b.scalar(1.0)?, b.mul(signs(b, y)?, p)?)?, b.scalar(0.0)?)
}

plain_loss! {
    /// The mean of max(1 − y · p, 0) over the last axis, for targets −1 and 1.
    ///
    /// Targets and predictions `[batch, …, last]`, losses `[batch, …]`. Where all targets of a batch are 0 or 1 (masked
    /// ones too), 0 is read as −1. At y · p = 1 the derivative is that of the side below.
    /// Source: <https://keras.io/api/losses/hinge_losses/#hinge-class>.
    Hinge, "hinge", |b, batch| mean_of(b, batch, |y, p| below_margin(b, y, p))
}

plain_loss! {
    /// The mean of max(1 − y · p, 0)² over the last axis, with targets as for [`Hinge`].
    ///
    /// Targets and predictions `[batch, …, last]`, losses `[batch, …]`.
    /// Source: <https://keras.io/api/losses/hinge_losses/#squaredhinge-class>.
    SquaredHinge, "squared_hinge", |b, batch| mean_of(b, batch, |y, p| b.square(below_margin(b, y, p)?))
}

plain_loss! {
    /// max(neg − pos + 1, 0), where pos = Σ y · p and neg is the largest (1 − y) · p of a row; targets are one-hot.
    ///
    /// Targets and predictions `[batch, …, classes]`, losses `[batch, …]`. Where several classes are the largest, they
    /// share the derivative equally.
    /// Source: <https://keras.io/api/losses/hinge_losses/#categoricalhinge-class>.
    CategoricalHinge, "categorical_hinge", categorical_hinge
}

fn categorical_hinge(b: &Builder, batch: &LossBatch) -> Result<Losses> {
    let (y, p) = to_one_shape(b, batch)?;
    let last = b.shape(p).rank() - 1;
    let right = b.sum(b.mul(y, p)?, &[last])?;
    let wrong = b.max(b.mul(b.sub(b.scalar(1.0)?, y)?, p)?, &[last])?;
    let margin = b.shift(b.sub(wrong, right)?, 1.0)?;
    Ok(Losses::new(b.maximum(margin, b.scalar(0.0)?)?, batch))
}
