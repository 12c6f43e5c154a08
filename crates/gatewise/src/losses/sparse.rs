//! Cross-entropies of targets that are class numbers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::align::to_classes;
use super::crossentropy::{classes, hold, is_softmax, logits};
use super::function::{arguments_of, check_number};
use super::{LossBatch, LossFunction, Losses};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;

/// −ln of the probability of the class whose number is the target.
///
/// Targets `[batch, …]` or `[batch, …, 1]`, predictions `[batch, …, classes]`, losses `[batch, …]`. Probabilities are held
/// between 10⁻⁷ and 1 − 10⁻⁷, where the derivative is 0 beyond, and then divided by their sum; but where the prediction
/// comes from a softmax and there is no `ignore_class`, the logits before it are used, as in Keras on TensorFlow. Targets
/// of `ignore_class` have the loss 0 and do not count in a mean, as if they were masked.
/// Source: <https://keras.io/api/losses/probabilistic_losses/#sparsecategoricalcrossentropy-class>.
///
/// ```
/// use gatewise::losses::SparseCategoricalCrossentropy;
///
/// let loss = SparseCategoricalCrossentropy { ignore_class: Some(-1), ..SparseCategoricalCrossentropy::default() };
/// let compile = gatewise::Compile::new("adam", loss);
/// # let _ = compile;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SparseCategoricalCrossentropy {
    /// Whether predictions are logits, of which the softmax are the probabilities (default: false).
    pub from_logits: bool,
    /// A target that does not count, which need not be a class (default: none).
    pub ignore_class: Option<i64>,
    /// The axis of the classes: −1, the last, is the only one, as in Keras on TensorFlow.
    pub axis: isize,
}

impl Default for SparseCategoricalCrossentropy {
    fn default() -> Self {
        Self { from_logits: false, ignore_class: None, axis: -1 }
    }
}

impl SparseCategoricalCrossentropy {
    /// The loss of each row of predictions `[..., classes]` for class numbers `[...]`.
    fn rows(&self, b: &Builder, ids: Value, p: Value) -> Result<Value> {
        let subject = format!("{}: targets of {} classes", self.name(), classes(b, self.name(), p)?);
        let x = match logits(b, p, self.from_logits, is_softmax) {
            Some(x) => x,
            None => b.log(hold(b, p)?)?,
        };
        b.sparse_crossentropy(&subject, x, ids)
    }
}

impl LossFunction for SparseCategoricalCrossentropy {
    fn name(&self) -> &str {
        "sparse_categorical_crossentropy"
    }

    fn losses(&self, b: &Builder, batch: &LossBatch) -> Result<Losses> {
        let (ids, p) = (to_classes(b, self.name(), batch)?, batch.y_pred);
        let Some(ignored) = self.ignore_class else {
            return Ok(Losses::new(self.rows(b, ids, p)?, batch));
        };
        let zero = b.scalar(0.0)?;
        let counts = b.sub(b.scalar(1.0)?, b.equal(ids, b.scalar(ignored as f64)?)?)?;
        let rows_that_count = b.expand_dims(counts, b.shape(counts).rank())?;
        let values = self.rows(b, b.select(counts, ids, zero)?, b.select(rows_that_count, p, zero)?)?;
        Losses::new(b.select(counts, values, zero)?, batch).that_count(b, counts)
    }

    fn check(&self) -> Result<()> {
        if self.axis == -1 {
            return Ok(());
        }
        let text = format!("`axis` is only supported as -1, the last axis, got {}", self.axis);
        Err(Error::unsupported(self.name(), text))
    }

    fn class_name(&self) -> Option<&'static str> {
        Some("SparseCategoricalCrossentropy")
    }

    fn config(&self) -> Map<String, Json> {
        arguments_of(self, &["axis"])
    }
}

/// (1 − p^q) / q, where p is the probability of the class whose number is the target: less moved by wrong labels than a
/// cross-entropy, which it nears for q → 0; for q → 1 it nears an absolute error.
///
/// Targets `[batch]` or `[batch, 1]`, predictions `[batch, classes]`, losses `[batch]`. At p = 0 the derivative is infinite.
/// (Targets `[batch, 1]` pair every sample with every other in Keras 3.15.)
/// Source: Z. Zhang, M. Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels",
/// 2018, <https://arxiv.org/abs/1805.07836>.
///
/// ```
/// let compile = gatewise::Compile::new("adam", gatewise::losses::CategoricalGeneralizedCrossEntropy { q: 0.7 });
/// # let _ = compile;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CategoricalGeneralizedCrossEntropy {
    /// Between 0 and 1, which it may not be (default: 0.5).
    pub q: f64,
}

impl Default for CategoricalGeneralizedCrossEntropy {
    fn default() -> Self {
        Self { q: 0.5 }
    }
}

impl LossFunction for CategoricalGeneralizedCrossEntropy {
    fn name(&self) -> &str {
        "categorical_generalized_cross_entropy"
    }

    fn losses(&self, b: &Builder, batch: &LossBatch) -> Result<Losses> {
        let count = classes(b, self.name(), batch.y_pred)?;
        let ids = to_classes(b, self.name(), batch)?;
        let subject = format!("{}: targets of {count} classes", self.name());
        let is_class = b.one_hot(&subject, ids, count)?;
        let p = b.sum_last(b.select(is_class, batch.y_pred, b.scalar(0.0)?)?)?;
        let power = b.pow(p, b.scalar(self.q)?)?;
        Ok(Losses::new(b.scale(b.sub(b.scalar(1.0)?, power)?, 1.0 / self.q)?, batch))
    }

    fn check(&self) -> Result<()> {
        check_number(self.name(), "q", self.q, self.q > 0.0 && self.q < 1.0, "above 0 and below 1")
    }

    fn class_name(&self) -> Option<&'static str> {
        Some("CategoricalGeneralizedCrossEntropy")
    }

    fn config(&self) -> Map<String, Json> {
        arguments_of(self, &[])
    }
}
