//! How alike directions are.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::align::{axis_of, to_one_shape};
use super::function::{EPSILON, arguments_of, check_number};
use super::{LossBatch, LossFunction, Losses};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::{Dim, Shape};

/// Minus the cosine of the angle between targets and predictions along `axis`: −1 for the same direction, 1 for the
/// opposite one.
///
/// Targets and predictions `[batch, …, last]`, losses `[batch, …]`. Lengths below 10⁻⁷ count as 10⁻⁷, so that the loss of a
/// zero vector is 0. Keras leaves `axis` out of its configuration though it reads it back; here it is written where it is
/// not −1.
/// Source: <https://keras.io/api/losses/regression_losses/#cosinesimilarity-class>.
///
/// ```
/// let compile = gatewise::Compile::new("adam", gatewise::losses::CosineSimilarity { axis: 1 });
/// # let _ = compile;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CosineSimilarity {
    /// The axis along which numbers make a vector (default: −1, the last), counted from behind if negative.
    pub axis: isize,
}

impl Default for CosineSimilarity {
    fn default() -> Self {
        Self { axis: -1 }
    }
}

impl LossFunction for CosineSimilarity {
    fn name(&self) -> &str {
        "cosine_similarity"
    }

    fn losses(&self, b: &Builder, batch: &LossBatch) -> Result<Losses> {
        let (y, p) = to_one_shape(b, batch)?;
        let axis = axis_of(b, self.name(), p, self.axis)?;
        let unit = |x: Value| {
            let squares = b.sum_keep(b.square(x)?, &[axis])?;
            // The root of the bound, and not a bound of the root, whose derivative would be infinite at 0.
            b.div(x, b.sqrt(b.maximum(squares, b.scalar(EPSILON * EPSILON)?)?)?)
        };
        Ok(Losses::new(b.neg(b.sum(b.mul(unit(y)?, unit(p)?)?, &[axis])?)?, batch))
    }

    fn class_name(&self) -> Option<&'static str> {
        Some("CosineSimilarity")
    }

    fn config(&self) -> Map<String, Json> {
        arguments_of(self, &["axis"])
    }
}

/// Makes predictions of one class alike and those of different classes unlike, by their cosines.
///
/// Targets are class numbers `[batch]` or `[batch, 1]`, predictions `[batch, features]` vectors of length 1
/// (`UnitNormalization`), losses `[batch]`. With d = max(1 − cosine, 0) of every pair of samples, m the margin and γ the
/// scale: ln(1 + Σ exp(−γ (m + d)(m − d)) · Σ exp(γ (1 + m − d)(1 − m − d))), where the first sum goes over the pairs of one
/// class and the second over the others, and factors below 0 count as 0. A sample without a pair of either kind has the loss
/// 0; losses of 0 do not count in a mean.
/// Source: Y. Sun et al., "Circle Loss: A Unified Perspective of Pair Similarity Optimization", 2020,
/// <https://arxiv.org/abs/2002.10857>, and `keras.losses.Circle`.
///
/// ```
/// let compile = gatewise::Compile::new("adam", gatewise::losses::Circle { gamma: 64.0, ..Default::default() });
/// # let _ = compile;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Circle {
    /// γ, the scale; finite, above 0 (default: 80).
    pub gamma: f64,
    /// m, the margin, from 0 to 1 (default: 0.4).
    pub margin: f64,
    /// Whether a sample is no pair with itself (default: true).
    pub remove_diagonal: bool,
}

impl Default for Circle {
    fn default() -> Self {
        Self { gamma: 80.0, margin: 0.4, remove_diagonal: true }
    }
}

impl Circle {
    /// Which pairs `[batch, batch]` are of one class, and which are not.
    fn pairs(&self, b: &Builder, batch: &LossBatch) -> Result<(Value, Value)> {
        let (labels, predictions) = (b.shape(batch.y_true), b.shape(batch.y_pred));
        let samples: Dim = predictions.dims().first().copied().flatten();
        let is_labels = matches!((labels.rank(), labels.last()), (1, _) | (2, Some(1)))
            && labels.dim(0) == samples
            && predictions.rank() == 2;
        let count = samples.filter(|_| is_labels).ok_or_else(|| {
            let text = format!(
                "expected predictions [batch, features] and class numbers [batch], got {predictions} and {labels}"
            );
            Error::shape(self.name(), text)
        })?;
        let column = b.reshape(batch.y_true, &Shape::known(&[count, 1]))?;
        let alike = b.equal(column, b.reshape(column, &Shape::known(&[1, count]))?)?;
        let unlike = b.sub(b.scalar(1.0)?, alike)?;
        let alike = match self.remove_diagonal {
            true => b.mul(alike, b.sub(b.scalar(1.0)?, b.eye(count)?)?)?,
            false => alike,
        };
        Ok((alike, unlike))
    }

    /// `factor` · max(weight, 0) · distance where there is a pair.
    fn weighted(&self, b: &Builder, factor: f64, weight: Value, distance: Value) -> Result<Value> {
        let weight = b.maximum(weight, b.scalar(0.0)?)?;
        b.scale(b.mul(weight, distance)?, factor * self.gamma)
    }
}

impl LossFunction for Circle {
    fn name(&self) -> &str {
        "circle"
    }

    fn losses(&self, b: &Builder, batch: &LossBatch) -> Result<Losses> {
        let (alike, unlike) = self.pairs(b, batch)?;
        let cosines = b.matmul_with(batch.y_pred, batch.y_pred, true)?;
        let distance = b.maximum(b.sub(b.scalar(1.0)?, cosines)?, b.scalar(0.0)?)?;
        let less = |from: f64| b.sub(b.scalar(from)?, distance);
        let (m, zero) = (self.margin, b.scalar(0.0)?);
        let near = self.weighted(b, -1.0, b.shift(distance, m)?, less(m)?)?;
        let far = self.weighted(b, 1.0, less(1.0 + m)?, less(1.0 - m)?)?;
        let (of_alike, has_alike) = log_sum_exp(b, alike, near)?;
        let (of_unlike, has_unlike) = log_sum_exp(b, unlike, far)?;
        let losses = b.softplus(b.add(of_alike, of_unlike)?)?;
        let losses = b.select(b.mul(has_alike, has_unlike)?, losses, zero)?;
        Losses::new(losses, batch).that_count(b, b.greater(losses, zero)?)
    }

    fn check(&self) -> Result<()> {
        check_number(self.name(), "gamma", self.gamma, self.gamma > 0.0, "a finite number above 0")?;
        check_number(self.name(), "margin", self.margin, (0.0..=1.0).contains(&self.margin), "from 0 to 1")
    }

    fn class_name(&self) -> Option<&'static str> {
        Some("Circle")
    }

    fn config(&self) -> Map<String, Json> {
        arguments_of(self, &[])
    }
}

/// ln Σ eˣ over the elements of each row of `x [rows, columns]` that `is_part` marks with 1, and 1 where there is one.
/// Where there is none the first is 0.
fn log_sum_exp(b: &Builder, is_part: Value, x: Value) -> Result<(Value, Value)> {
    // Smaller than any number that is a part, and finite so that it can be taken away from.
    let lowest = b.scalar(-1e30)?;
    let has_part = b.max(is_part, &[1])?;
    let largest = b.select(has_part, b.max(b.select(is_part, x, lowest)?, &[1])?, b.scalar(0.0)?)?;
    let shifted = b.select(is_part, b.sub(x, b.expand_dims(largest, 1)?)?, lowest)?;
    let sum = b.select(has_part, b.sum(b.exp(shifted)?, &[1])?, b.scalar(1.0)?)?;
    Ok((b.add(largest, b.log(sum)?)?, has_part))
}
