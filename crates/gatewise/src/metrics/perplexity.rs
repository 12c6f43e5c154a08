//! How many words a language model wavers between.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::probabilistic::SparseCategoricalEntropy;
use super::wrapper::arguments_of;
use super::{Direction, Metric, MetricBatch, MetricFunction, MetricValue, Pair, weights};
use crate::error::Result;

/// e to the power of the mean crossentropy of the tokens of each batch, batches weighted by their samples: 1 is perfect,
/// the number of tokens in the vocabulary is a draw. The definition is KerasHub's `Perplexity`; Keras has none. Steps that
/// are masked do not count, nor do targets of `mask_token_id`.
///
/// Targets are token numbers `[batch, time]`, predictions `[batch, time, tokens]`.
///
/// ```
/// use gatewise::metrics::{Metric, MetricBatch, Perplexity};
/// use ndarray::{ArrayD, array};
///
/// let (y_true, y_pred) = (array![[0.0, 2.0]].into_dyn(), ArrayD::from_elem(vec![1, 2, 4], 0.25));
/// let mut perplexity = Perplexity::new().mask_token_id(3);
/// perplexity.update_state(&MetricBatch::new(y_true.view(), y_pred.view()))?;
/// assert!((perplexity.result().number().unwrap() - 4.0).abs() < 1e-6);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Perplexity {
    name: String,
    arguments: Arguments,
    crossentropy: f64,
    samples: f64,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Arguments {
    from_logits: bool,
    mask_token_id: Option<i64>,
}

impl Perplexity {
    /// The perplexity of probabilities in which every token counts.
    pub fn new() -> Self {
        Self::of(Arguments::default())
    }

    pub(super) fn of(arguments: Arguments) -> Self {
        Self { name: "perplexity".to_owned(), arguments, crossentropy: 0.0, samples: 0.0 }
    }

    /// Gives it another name in the logs.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Whether predictions are logits, of which the softmax are the probabilities (default: false).
    pub fn from_logits(mut self, from_logits: bool) -> Self {
        self.arguments.from_logits = from_logits;
        self
    }

    /// Targets of this token, which fills up shorter texts, do not count (default: none).
    pub fn mask_token_id(mut self, token: i64) -> Self {
        self.arguments.mask_token_id = Some(token);
        self
    }
}

impl Default for Perplexity {
    fn default() -> Self {
        Self::new()
    }
}

impl Metric for Perplexity {
    fn name(&self) -> &str {
        &self.name
    }

    fn update_state(&mut self, batch: &MetricBatch<'_>) -> Result<()> {
        let pair = Pair::classes(&self.name, batch)?;
        let Arguments { from_logits, mask_token_id } = self.arguments;
        let entropy = SparseCategoricalEntropy::new(from_logits, mask_token_id);
        let weights =
            weights::effective(&self.name, pair.shape(), batch.mask.as_ref(), batch.sample_weight.as_ref())?;
        let (mut total, mut count) = (0.0, 0.0);
        for (index, (y, p)) in pair.iter().enumerate() {
            let weight = weights.as_ref().map_or(1.0, |weights| weights[index]);
            if weight == 0.0 {
                continue;
            }
            if let Some(value) = entropy.value(&self.name, y, p)? {
                total += weight * value;
                count += weight;
            }
        }
        // A batch in which no token counts has no crossentropy.
        if count != 0.0 {
            let samples = pair.shape().first().copied().unwrap_or(1) as f64;
            self.crossentropy += samples * total / count;
            self.samples += samples;
        }
        Ok(())
    }

    fn result(&self) -> MetricValue {
        if self.samples == 0.0 { 0.0.into() } else { (self.crossentropy / self.samples).exp().into() }
    }

    fn reset_state(&mut self) {
        (self.crossentropy, self.samples) = (0.0, 0.0);
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Down)
    }

    fn class_name(&self) -> &str {
        "Perplexity"
    }

    fn config(&self) -> Value {
        let mut config =
            Map::from_iter([("name".to_owned(), json!(self.name)), ("dtype".to_owned(), json!("float32"))]);
        config.extend(arguments_of(&self.arguments));
        config.into()
    }
}

#[cfg(test)]
mod tests;
