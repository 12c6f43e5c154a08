//! Losses whose least value is at a quantile.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::align::to_one_shape;
use super::function::{arguments_of, check_number, row};
use super::{LossBatch, LossFunction, Losses};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::Shape;

/// The pinball loss max(q e, (q − 1) e) with e = y − p, which predictions make least that are above a share q of the
/// targets: forecasts with an upper and a lower bound. Keras has none; this one is Gatewise's.
///
/// With one quantile targets and predictions are `[batch, …, last]` and the losses `[batch, …]` the mean over the last axis.
/// With several, each has its prediction: predictions `[batch, …, quantiles]` in their order, targets `[batch, …]` or
/// `[batch, …, 1]`, losses `[batch, …]` the mean over the quantiles. Where y = p the derivative is 0.
/// Source: R. Koenker, G. Bassett, "Regression Quantiles", Econometrica 46, 1978.
///
/// ```
/// use gatewise::losses::Quantile;
///
/// let median_and_bounds = Quantile::new([0.05, 0.5, 0.95]);
/// let compile = gatewise::Compile::new("adam", median_and_bounds); // for a model that ends in Dense::new(3)
/// # let _ = compile;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quantile {
    /// The quantiles, each above 0 and below 1 (default: 0.5).
    pub quantiles: Vec<f64>,
}

impl Quantile {
    /// The loss of one quantile or several.
    pub fn new(quantiles: impl Into<Vec<f64>>) -> Self {
        Self { quantiles: quantiles.into() }
    }
}

impl Default for Quantile {
    fn default() -> Self {
        Self::new([0.5])
    }
}

impl Quantile {
    /// Targets as a column beside the predictions for each quantile.
    fn beside_each(&self, b: &Builder, batch: &LossBatch) -> Result<(Value, Value)> {
        let (labels, predictions) = (b.shape(batch.y_true), b.shape(batch.y_pred));
        let column = predictions.with_last(Some(1));
        let leading = Shape::new(&column.dims()[..column.rank().saturating_sub(1)]);
        if predictions.last() == Some(self.quantiles.len()) && (labels == column || labels == leading) {
            return Ok((b.reshape(batch.y_true, &column)?, batch.y_pred));
        }
        let text = format!(
            "expected predictions [batch, ..., {}], one for each quantile, and targets [batch, ...] or [batch, ..., 1], \
             got {predictions} and {labels}",
            self.quantiles.len()
        );
        Err(Error::shape(self.name(), text))
    }
}

impl LossFunction for Quantile {
    fn name(&self) -> &str {
        "quantile"
    }

    fn losses(&self, b: &Builder, batch: &LossBatch) -> Result<Losses> {
        let (y, p) = match self.quantiles.len() {
            1 => to_one_shape(b, batch)?,
            _ => self.beside_each(b, batch)?,
        };
        let q = row(b, &self.quantiles)?;
        let error = b.sub(y, p)?;
        let below = b.mul(q, b.relu(error)?)?;
        let above = b.mul(b.sub(b.scalar(1.0)?, q)?, b.relu(b.neg(error)?)?)?;
        Ok(Losses::new(b.mean_last(b.add(below, above)?)?, batch))
    }

    fn check(&self) -> Result<()> {
        if self.quantiles.is_empty() {
            return Err(Error::argument(self.name(), "expected at least one quantile, got none"));
        }
        for q in &self.quantiles {
            check_number(self.name(), "quantiles", *q, *q > 0.0 && *q < 1.0, "above 0 and below 1")?;
        }
        Ok(())
    }

    fn class_name(&self) -> Option<&'static str> {
        Some("Quantile")
    }

    fn config(&self) -> Map<String, Json> {
        arguments_of(self, &[])
    }
}
