//! Losses of classes.

use super::align::{to_classes, to_predictions};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::ops::Op;
use crate::ops::row::Row;
use crate::ops::unary::Unary;

/// Keras's `epsilon`: probabilities are kept this far from 0 and 1.
const EPSILON: f64 = 1e-7;

/// y (1 − s) + s · `share`.
fn smooth(b: &Builder, y_true: Value, smoothing: f64, share: f64) -> Result<Value> {
    if !(0.0..=1.0).contains(&smoothing) {
        let text = format!("`label_smoothing` must be from 0 to 1, got {smoothing}");
        return Err(Error::argument("loss", text));
    }
    if smoothing == 0.0 {
        return Ok(y_true);
    }
    b.shift(b.scale(y_true, 1.0 - smoothing)?, smoothing * share)
}

/// The logits behind a prediction: itself if it is logits, else what its softmax or sigmoid was applied to.
fn logits(b: &Builder, y_pred: Value, from_logits: bool, is_activation: fn(&Op) -> bool) -> Option<Value> {
    match b.inputs_of(y_pred, is_activation) {
        Some(inputs) => Some(inputs[0]),
        None => from_logits.then_some(y_pred),
    }
}

fn is_softmax(op: &Op) -> bool {
    matches!(op, Op::Row(Row::Softmax))
}

fn is_sigmoid(op: &Op) -> bool {
    matches!(op, Op::Unary(Unary::Sigmoid))
}

pub(super) fn binary(
    b: &Builder,
    y_true: Value,
    y_pred: Value,
    from_logits: bool,
    label_smoothing: f64,
) -> Result<Value> {
    let y = smooth(b, to_predictions(b, y_true, y_pred)?, label_smoothing, 0.5)?;
    let losses = match logits(b, y_pred, from_logits, is_sigmoid) {
        // max(x, 0) − x y + ln(1 + e^−|x|) is softplus(x) − x y.
        Some(x) => b.sub(b.softplus(x)?, b.mul(x, y)?)?,
        None => {
            let p = b.clip(y_pred, EPSILON, 1.0 - EPSILON)?;
            let one = b.scalar(1.0)?;
            let yes = b.mul(y, b.log(p)?)?;
            let no = b.mul(b.sub(one, y)?, b.log(b.sub(one, p)?)?)?;
            b.neg(b.add(yes, no)?)?
        }
    };
    b.mean_last(losses)
}

pub(super) fn categorical(
    b: &Builder,
    y_true: Value,
    y_pred: Value,
    from_logits: bool,
    label_smoothing: f64,
) -> Result<Value> {
    let classes = classes(b, "categorical_crossentropy", y_pred)?;
    let y = smooth(b, to_predictions(b, y_true, y_pred)?, label_smoothing, 1.0 / classes as f64)?;
    let log_probabilities = match logits(b, y_pred, from_logits, is_softmax) {
        Some(x) => b.log_softmax(x)?,
        None => {
            let axis = b.shape(y_pred).rank() - 1;
            let p = b.div(y_pred, b.sum_keep(y_pred, &[axis])?)?;
            b.log(b.clip(p, EPSILON, 1.0 - EPSILON)?)?
        }
    };
    b.neg(b.sum_last(b.mul(y, log_probabilities)?)?)
}

pub(super) fn sparse_categorical(
    b: &Builder,
    y_true: Value,
    y_pred: Value,
    from_logits: bool,
) -> Result<Value> {
    let name = "sparse_categorical_crossentropy";
    let classes = classes(b, name, y_pred)?;
    let ids = to_classes(b, y_true, y_pred)?;
    let x = match logits(b, y_pred, from_logits, is_softmax) {
        Some(x) => x,
        None => b.log(b.clip(y_pred, EPSILON, 1.0 - EPSILON)?)?,
    };
    let chosen = b.mul(b.one_hot(&format!("{name}: targets"), ids, classes)?, b.log_softmax(x)?)?;
    b.neg(b.sum_last(chosen)?)
}

/// The number of classes.
fn classes(b: &Builder, name: &str, y_pred: Value) -> Result<usize> {
    let shape = b.shape(y_pred);
    shape
        .last()
        .filter(|classes| *classes > 0 && shape.rank() >= 2)
        .ok_or_else(|| Error::shape(name, format!("expected predictions [batch, ..., classes], got {shape}")))
}
