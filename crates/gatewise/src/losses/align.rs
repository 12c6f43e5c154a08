//! Making targets and predictions fit each other.

use super::LossBatch;
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::{Dim, Shape};

/// Whether two lists of sizes agree where both are known.
fn agree(a: &[Dim], b: &[Dim]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_none() || b.is_none() || a == b)
}

/// Whether `long` is `short` with a last axis of size 1.
fn has_one_more(long: &Shape, short: &Shape) -> bool {
    matches!(long.dims().split_last(), Some((Some(1), leading)) if agree(leading, short.dims()))
}

/// Targets and predictions of one shape, which is theirs; where one has a last axis of size 1 more, it loses it, or a
/// vector gets it (Keras's `squeeze_or_expand_to_same_rank`).
///
/// Targets `[batch, time]` of predictions `[batch, time, 1]` so have one loss a sample, which Keras cannot mask. Where a
/// mask or weights need one a step, both are `[batch, time, 1]`.
///
/// # Errors
/// If the shapes differ otherwise. Keras would broadcast them without a word.
pub(super) fn to_one_shape(b: &Builder, batch: &LossBatch) -> Result<(Value, Value)> {
    let LossBatch { y_true, y_pred, by_step, .. } = *batch;
    let (labels, predictions) = (b.shape(y_true), b.shape(y_pred));
    if agree(labels.dims(), predictions.dims()) {
        return Ok((y_true, y_pred));
    }
    let shape = match (has_one_more(&predictions, &labels), has_one_more(&labels, &predictions)) {
        (true, _) if labels.rank() == 1 || by_step => &predictions,
        (_, true) if predictions.rank() == 1 || by_step => &labels,
        (true, _) => &labels,
        (_, true) => &predictions,
        _ => {
            let text =
                format!("expected targets of the shape of the predictions, {predictions}, got {labels}");
            return Err(Error::shape("loss", text));
        }
    };
    Ok((b.reshape(y_true, shape)?, b.reshape(y_pred, shape)?))
}

/// Class numbers in the shape of the predictions less their last axis, from `[batch, …]` or `[batch, …, 1]`.
///
/// # Errors
/// If the shapes differ otherwise.
pub(super) fn to_classes(b: &Builder, subject: &str, batch: &LossBatch) -> Result<Value> {
    let (labels, predictions) = (b.shape(batch.y_true), b.shape(batch.y_pred));
    let leading = Shape::new(&predictions.dims()[..predictions.rank().saturating_sub(1)]);
    if agree(labels.dims(), leading.dims()) {
        Ok(batch.y_true)
    } else if has_one_more(&labels, &leading) {
        b.reshape(batch.y_true, &leading)
    } else {
        let text = format!(
            "expected class numbers {leading} for predictions {predictions}, got {labels}; for one-hot labels \
             use categorical_crossentropy"
        );
        Err(Error::shape(subject, text))
    }
}

/// The position of an axis that is counted from behind if it is negative.
///
/// # Errors
/// If there is no such axis.
pub(super) fn axis_of(b: &Builder, subject: &str, value: Value, axis: isize) -> Result<usize> {
    let shape = b.shape(value);
    let rank = shape.rank();
    let position = if axis < 0 { rank.checked_add_signed(axis) } else { usize::try_from(axis).ok() };
    position.filter(|position| *position < rank).ok_or_else(|| {
        let last = rank as isize - 1;
        Error::argument(
            subject,
            format!("`axis` must be from -{rank} to {last} for predictions {shape}, got {axis}"),
        )
    })
}

/// The same array with an axis moved to the end.
pub(super) fn with_axis_last(b: &Builder, value: Value, axis: usize) -> Result<Value> {
    let rank = b.shape(value).rank();
    let order: Vec<usize> = (0..rank).filter(|other| *other != axis).chain([axis]).collect();
    b.transpose(value, &order)
}
