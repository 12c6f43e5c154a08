//! The share of answers where the right class is among the first.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::accuracy::{argmax, class_of};
use super::wrapper::arguments_of;
use super::{Direction, MeanMetricWrapper, MetricBatch, MetricFunction, Pair};
use crate::error::{Error, Result};

/// Whether fewer than `k` predictions are larger than that of the class; equal ones do not count against it. False where
/// a prediction is not finite, as in TensorFlow.
fn is_in_top_k(y_pred: &[f32], class: usize, k: usize) -> bool {
    y_pred.iter().all(|x| x.is_finite()) && y_pred.iter().filter(|x| **x > y_pred[class]).count() < k
}

fn check_k(name: &str, k: usize) -> Result<()> {
    if k > 0 { Ok(()) } else { Err(Error::argument(name, "`k` must be at least 1, got 0")) }
}

/// The share of rows where the largest target (one-hot) is among the `k` largest predictions.
///
/// ```
/// let metric = gatewise::metrics::TopKCategoricalAccuracy::new().k(3);
/// let compile = gatewise::Compile::new("adam", "categorical_crossentropy").metrics([metric]);
/// # let _ = compile;
/// ```
pub type TopKCategoricalAccuracy = MeanMetricWrapper<TopKCategoricalMatch>;

/// The function of [`TopKCategoricalAccuracy`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default)]
pub struct TopKCategoricalMatch {
    k: usize,
}

impl Default for TopKCategoricalMatch {
    fn default() -> Self {
        Self { k: 5 }
    }
}

impl TopKCategoricalAccuracy {
    /// How many of the largest predictions count (default: 5).
    pub fn k(self, k: usize) -> Self {
        self.set(|function| function.k = k)
    }
}

impl MetricFunction for TopKCategoricalMatch {
    const CLASS_NAME: &'static str = "TopKCategoricalAccuracy";
    const NAME: &'static str = "top_k_categorical_accuracy";
    const DIRECTION: Option<Direction> = Some(Direction::Up);

    fn pair<'a>(&self, name: &str, batch: &'a MetricBatch<'_>) -> Result<Pair<'a>> {
        Pair::rows(name, batch)
    }

    fn value(&self, _name: &str, y_true: &[f32], y_pred: &[f32]) -> Result<Option<f64>> {
        Ok(Some(f64::from(is_in_top_k(y_pred, argmax(y_true), self.k))))
    }

    fn check(&self, name: &str) -> Result<()> {
        check_k(name, self.k)
    }

    fn arguments(&self) -> Map<String, Value> {
        arguments_of(self)
    }
}

/// The share of rows where the class whose number is the target is among the `k` largest predictions.
///
/// ```
/// let metric = gatewise::metrics::SparseTopKCategoricalAccuracy::new().k(3);
/// let compile = gatewise::Compile::new("adam", "sparse_categorical_crossentropy").metrics([metric]);
/// # let _ = compile;
/// ```
pub type SparseTopKCategoricalAccuracy = MeanMetricWrapper<SparseTopKCategoricalMatch>;

/// The function of [`SparseTopKCategoricalAccuracy`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default)]
pub struct SparseTopKCategoricalMatch {
    k: usize,
    #[serde(skip_serializing_if = "is_false")]
    from_sorted_ids: bool,
}

/// Keras writes `from_sorted_ids` only where it is true.
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Default for SparseTopKCategoricalMatch {
    fn default() -> Self {
        Self { k: 5, from_sorted_ids: false }
    }
}

impl SparseTopKCategoricalAccuracy {
    /// How many of the largest predictions count (default: 5).
    pub fn k(self, k: usize) -> Self {
        self.set(|function| function.k = k)
    }

    /// Whether predictions are class numbers, the best first, instead of a number for each class (default: false).
    pub fn from_sorted_ids(self, from_sorted_ids: bool) -> Self {
        self.set(|function| function.from_sorted_ids = from_sorted_ids)
    }
}

impl MetricFunction for SparseTopKCategoricalMatch {
    const CLASS_NAME: &'static str = "SparseTopKCategoricalAccuracy";
    const NAME: &'static str = "sparse_top_k_categorical_accuracy";
    const DIRECTION: Option<Direction> = Some(Direction::Up);

    fn pair<'a>(&self, name: &str, batch: &'a MetricBatch<'_>) -> Result<Pair<'a>> {
        Pair::classes(name, batch)
    }

    fn value(&self, name: &str, y_true: &[f32], y_pred: &[f32]) -> Result<Option<f64>> {
        let found = match self.from_sorted_ids {
            true => y_pred.iter().take(self.k).any(|class| *class == y_true[0]),
            false => is_in_top_k(y_pred, class_of(name, y_true[0], y_pred.len())?, self.k),
        };
        Ok(Some(f64::from(found)))
    }

    fn check(&self, name: &str) -> Result<()> {
        check_k(name, self.k)
    }

    fn arguments(&self) -> Map<String, Value> {
        arguments_of(self)
    }
}
