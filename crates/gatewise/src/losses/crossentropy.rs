//! Cross-entropies of targets that are probabilities.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::align::{axis_of, to_one_shape, with_axis_last};
use super::function::{EPSILON, arguments_of, check_number};
use super::{LossBatch, LossFunction, Losses, SparseCategoricalCrossentropy};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::ops::Op;
use crate::ops::row::Row;
use crate::ops::unary::Unary;

/// y (1 − s) + s · `share`.
pub(super) fn smooth(b: &Builder, y_true: Value, smoothing: f64, share: f64) -> Result<Value> {
    match smoothing {
        0.0 => Ok(y_true),
        _ => b.shift(b.scale(y_true, 1.0 - smoothing)?, smoothing * share),
    }
}

pub(super) fn check_smoothing(subject: &str, smoothing: f64) -> Result<()> {
    check_number(subject, "label_smoothing", smoothing, (0.0..=1.0).contains(&smoothing), "from 0 to 1")
}

/// The logits behind a prediction: itself if it is logits, else what its softmax or sigmoid was applied to.
pub(super) fn logits(
    b: &Builder,
    y_pred: Value,
    from_logits: bool,
    is_activation: fn(&Op) -> bool,
) -> Option<Value> {
    match b.inputs_of(y_pred, is_activation) {
        Some(inputs) => Some(inputs[0]),
        None => from_logits.then_some(y_pred),
    }
}

pub(super) fn is_softmax(op: &Op) -> bool {
    matches!(op, Op::Row(Row::Softmax))
}

fn is_sigmoid(op: &Op) -> bool {
    matches!(op, Op::Unary(Unary::Sigmoid))
}

/// Probabilities held between 10⁻⁷ and 1 − 10⁻⁷.
pub(super) fn hold(b: &Builder, p: Value) -> Result<Value> {
    b.clip(p, EPSILON, 1.0 - EPSILON)
}

/// −y · ln p − (1 − y) · ln(1 − p) of every element.
pub(super) fn binary_elements(b: &Builder, y: Value, p: Value, from_logits: bool) -> Result<Value> {
    if let Some(x) = logits(b, p, from_logits, is_sigmoid) {
        // max(x, 0) − x y + ln(1 + e^−|x|) is softplus(x) − x y.
        return b.sub(b.softplus(x)?, b.mul(x, y)?);
    }
    let (p, one) = (hold(b, p)?, b.scalar(1.0)?);
    let yes = b.mul(y, b.log(p)?)?;
    let no = b.mul(b.sub(one, y)?, b.log(b.sub(one, p)?)?)?;
    b.neg(b.add(yes, no)?)
}

/// The number of classes, which lie along the last axis.
pub(super) fn classes(b: &Builder, subject: &str, y_pred: Value) -> Result<usize> {
    let shape = b.shape(y_pred);
    shape.last().filter(|classes| *classes > 0 && shape.rank() >= 2).ok_or_else(|| {
        Error::shape(subject, format!("expected predictions [batch, ..., classes], got {shape}"))
    })
}

/// The mean over `axis` of −y · ln p − (1 − y) · ln(1 − p): yes-or-no labels against probabilities.
///
/// Targets and predictions `[batch, …, last]`, losses `[batch, …]`. Labels become y (1 − s) + s / 2 with
/// s = `label_smoothing`. Probabilities are held between 10⁻⁷ and 1 − 10⁻⁷, where the derivative is 0 beyond; but where
/// the prediction comes from a sigmoid, the logits before it are used, as in Keras on TensorFlow, and nothing is held.
/// Source: <https://keras.io/api/losses/probabilistic_losses/#binarycrossentropy-class>.
///
/// ```
/// use gatewise::losses::BinaryCrossentropy;
///
/// let loss = BinaryCrossentropy { from_logits: true, label_smoothing: 0.1, ..BinaryCrossentropy::default() };
/// let compile = gatewise::Compile::new("adam", loss);
/// # let _ = compile;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BinaryCrossentropy {
    /// Whether predictions are logits, of which the sigmoid is the probability (default: false).
    pub from_logits: bool,
    /// How far labels are moved towards ½, from 0 (default) to 1.
    pub label_smoothing: f64,
    /// The axis of the mean (default: −1, the last), counted from behind if negative.
    pub axis: isize,
}

impl Default for BinaryCrossentropy {
    fn default() -> Self {
        Self { from_logits: false, label_smoothing: 0.0, axis: -1 }
    }
}

impl LossFunction for BinaryCrossentropy {
    fn name(&self) -> &str {
        "binary_crossentropy"
    }

    fn losses(&self, b: &Builder, batch: &LossBatch) -> Result<Losses> {
        let (y, p) = to_one_shape(b, batch)?;
        let axis = axis_of(b, self.name(), p, self.axis)?;
        let elements = binary_elements(b, smooth(b, y, self.label_smoothing, 0.5)?, p, self.from_logits)?;
        Ok(Losses::new(b.mean(elements, &[axis])?, batch))
    }

    fn check(&self) -> Result<()> {
        check_smoothing(self.name(), self.label_smoothing)
    }

    fn class_name(&self) -> Option<&'static str> {
        Some("BinaryCrossentropy")
    }

    fn config(&self) -> Map<String, Json> {
        arguments_of(self, &[])
    }
}

/// −Σ y · ln p over the classes: one-hot labels or distributions against probabilities.
///
/// Targets and predictions `[batch, …, classes]`, losses `[batch, …]`. Labels become y (1 − s) + s / n with
/// s = `label_smoothing`, where n is the size of the last axis (as in Keras, also if `axis` is another). Probabilities
/// are divided by their sum and held between 10⁻⁷ and 1 − 10⁻⁷, where the derivative is 0 beyond; but where the
/// prediction comes from a softmax, the logits before it are used, as in Keras on TensorFlow, and nothing is held.
/// Source: <https://keras.io/api/losses/probabilistic_losses/#categoricalcrossentropy-class>.
///
/// ```
/// use gatewise::losses::CategoricalCrossentropy;
///
/// let loss = CategoricalCrossentropy { label_smoothing: 0.1, ..CategoricalCrossentropy::default() };
/// let compile = gatewise::Compile::new("adam", loss);
/// # let _ = compile;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CategoricalCrossentropy {
    /// Whether predictions are logits, of which the softmax are the probabilities (default: false).
    pub from_logits: bool,
    /// How far labels are moved towards a draw, from 0 (default) to 1.
    pub label_smoothing: f64,
    /// The axis of the classes (default: −1, the last), counted from behind if negative.
    pub axis: isize,
}

impl Default for CategoricalCrossentropy {
    fn default() -> Self {
        Self { from_logits: false, label_smoothing: 0.0, axis: -1 }
    }
}

impl LossFunction for CategoricalCrossentropy {
    fn name(&self) -> &str {
        "categorical_crossentropy"
    }

    fn losses(&self, b: &Builder, batch: &LossBatch) -> Result<Losses> {
        let (y, p) = to_one_shape(b, batch)?;
        let share = 1.0 / classes(b, self.name(), p)? as f64;
        let axis = axis_of(b, self.name(), p, self.axis)?;
        let y = with_axis_last(b, smooth(b, y, self.label_smoothing, share)?, axis)?;
        let log_probabilities = match logits(b, p, self.from_logits, is_softmax) {
            Some(x) => b.log_softmax(with_axis_last(b, x, axis)?)?,
            None => {
                let p = with_axis_last(b, p, axis)?;
                let last = b.shape(p).rank() - 1;
                b.log(hold(b, b.div(p, b.sum_keep(p, &[last])?)?)?)?
            }
        };
        Ok(Losses::new(b.neg(b.sum_last(b.mul(y, log_probabilities)?)?)?, batch))
    }

    fn check(&self) -> Result<()> {
        check_smoothing(self.name(), self.label_smoothing)
    }

    fn class_name(&self) -> Option<&'static str> {
        Some("CategoricalCrossentropy")
    }

    fn config(&self) -> Map<String, Json> {
        arguments_of(self, &[])
    }
}

/// The cross-entropy that the shapes ask for, Keras's `compile(loss="crossentropy")`: the binary one for predictions of one
/// number, the sparse one for targets without the axis of the classes, else the categorical one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AnyCrossentropy;

impl LossFunction for AnyCrossentropy {
    fn name(&self) -> &str {
        "crossentropy"
    }

    fn losses(&self, b: &Builder, batch: &LossBatch) -> Result<Losses> {
        let (labels, predictions) = (b.shape(batch.y_true), b.shape(batch.y_pred));
        if predictions.last() == Some(1) {
            BinaryCrossentropy::default().losses(b, batch)
        } else if labels.rank() < predictions.rank() || labels.last() == Some(1) {
            SparseCategoricalCrossentropy::default().losses(b, batch)
        } else {
            CategoricalCrossentropy::default().losses(b, batch)
        }
    }
}
