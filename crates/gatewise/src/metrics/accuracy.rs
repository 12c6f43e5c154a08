//! The share of right answers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::wrapper::{arguments_of, row_metric};
use super::{Direction, MeanMetricWrapper, Metric, MetricBatch, MetricFunction, MetricValue, Pair};
use crate::error::{Error, Result};

/// The first position of the largest number.
pub(super) fn argmax(row: &[f32]) -> usize {
    row.iter().enumerate().fold(0, |best, (index, x)| if *x > row[best] { index } else { best })
}

/// The class that a label stands for.
///
/// # Errors
/// If it is not a whole number from 0 to before `classes`.
pub(super) fn class_of(name: &str, label: f32, classes: usize) -> Result<usize> {
    if label >= 0.0 && label < classes as f32 && label.fract() == 0.0 {
        return Ok(label as usize);
    }
    let last = classes.saturating_sub(1);
    Err(Error::data(
        name,
        format!("expected class numbers from 0 to {last}, as there are predictions for, got {label}"),
    ))
}

row_metric! {
    /// The share of predictions that equal their targets, number by number.
    ///
    /// ```
    /// let compile = gatewise::Compile::new("adam", "mse").metrics([gatewise::metrics::Accuracy::new()]);
    /// # let _ = compile;
    /// ```
    ///
    /// By its name, `"accuracy"`, `compile` takes the accuracy that the shapes call for instead.
    Accuracy, Equality, "Accuracy", "accuracy", Some(Direction::Up),
    elements, |y, p| f64::from(y == p)
}

row_metric! {
    /// The share of rows whose largest prediction is at the place of the largest target (one-hot).
    ///
    /// ```
    /// let metric = gatewise::metrics::CategoricalAccuracy::new();
    /// let compile = gatewise::Compile::new("adam", "categorical_crossentropy").metrics([metric]);
    /// # let _ = compile;
    /// ```
    CategoricalAccuracy, CategoricalMatch, "CategoricalAccuracy", "categorical_accuracy", Some(Direction::Up),
    rows, |y, p| f64::from(argmax(y) == argmax(p))
}

/// The share of rows whose largest prediction is that of the class whose number is the target.
///
/// ```
/// let metric = gatewise::metrics::SparseCategoricalAccuracy::new();
/// let compile = gatewise::Compile::new("adam", "sparse_categorical_crossentropy").metrics([metric]);
/// # let _ = compile;
/// ```
pub type SparseCategoricalAccuracy = MeanMetricWrapper<SparseCategoricalMatch>;

/// The function of [`SparseCategoricalAccuracy`].
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct SparseCategoricalMatch {}

impl MetricFunction for SparseCategoricalMatch {
    const CLASS_NAME: &'static str = "SparseCategoricalAccuracy";
    const NAME: &'static str = "sparse_categorical_accuracy";
    const DIRECTION: Option<Direction> = Some(Direction::Up);

    fn pair<'a>(&self, name: &str, batch: &'a MetricBatch<'_>) -> Result<Pair<'a>> {
        Pair::classes(name, batch)
    }

    fn value(&self, name: &str, y_true: &[f32], y_pred: &[f32]) -> Result<Option<f64>> {
        let class = class_of(name, y_true[0], y_pred.len())?;
        Ok(Some(f64::from(class == argmax(y_pred))))
    }
}

/// The share of predictions on the right side of a threshold: above it where the target is 1, else where it is 0.
///
/// ```
/// let metric = gatewise::metrics::BinaryAccuracy::new().threshold(0.6);
/// let compile = gatewise::Compile::new("adam", "binary_crossentropy").metrics([metric]);
/// # let _ = compile;
/// ```
pub type BinaryAccuracy = MeanMetricWrapper<BinaryMatch>;

/// The function of [`BinaryAccuracy`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default)]
pub struct BinaryMatch {
    threshold: f64,
}

impl Default for BinaryMatch {
    fn default() -> Self {
        Self { threshold: 0.5 }
    }
}

impl BinaryAccuracy {
    /// Predictions above this mean 1 (default: 0.5).
    pub fn threshold(self, threshold: f64) -> Self {
        self.set(|function| function.threshold = threshold)
    }
}

impl MetricFunction for BinaryMatch {
    const CLASS_NAME: &'static str = "BinaryAccuracy";
    const NAME: &'static str = "binary_accuracy";
    const DIRECTION: Option<Direction> = Some(Direction::Up);

    fn pair<'a>(&self, name: &str, batch: &'a MetricBatch<'_>) -> Result<Pair<'a>> {
        Pair::elements(name, batch)
    }

    fn value(&self, _name: &str, y_true: &[f32], y_pred: &[f32]) -> Result<Option<f64>> {
        let answer = if y_pred[0] > self.threshold as f32 { 1.0 } else { 0.0 };
        Ok(Some(f64::from(y_true[0] == answer)))
    }

    fn arguments(&self) -> Map<String, Value> {
        arguments_of(self)
    }
}

/// Keras's `accuracy`, which means one of three by the shapes of the first batch.
#[derive(Debug)]
pub(super) struct AccuracyByShape {
    name: String,
    chosen: Option<Box<dyn Metric>>,
}

impl AccuracyByShape {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), chosen: None }
    }
}

/// The accuracy that Keras takes for these shapes.
fn accuracy_for(name: &str, y_true: &[usize], y_pred: &[usize]) -> Box<dyn Metric> {
    let last = |shape: &[usize]| shape.last().copied().unwrap_or(1);
    if last(y_pred) == 1 {
        Box::new(BinaryAccuracy::new().with_name(name))
    } else if y_true.len() < y_pred.len() || last(y_true) == 1 {
        Box::new(SparseCategoricalAccuracy::new().with_name(name))
    } else {
        Box::new(CategoricalAccuracy::new().with_name(name))
    }
}

impl Metric for AccuracyByShape {
    fn name(&self) -> &str {
        &self.name
    }

    fn update_state(&mut self, batch: &MetricBatch<'_>) -> Result<()> {
        let choose = || accuracy_for(&self.name, batch.y_true.shape(), batch.y_pred.shape());
        self.chosen.get_or_insert_with(choose).update_state(batch)
    }

    fn result(&self) -> MetricValue {
        self.chosen.as_ref().map_or(0.0.into(), |metric| metric.result())
    }

    fn reset_state(&mut self) {
        if let Some(metric) = &mut self.chosen {
            metric.reset_state();
        }
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    fn class_name(&self) -> &str {
        self.chosen.as_ref().map_or("Accuracy", |metric| metric.class_name())
    }

    fn config(&self) -> Value {
        match &self.chosen {
            Some(metric) => metric.config(),
            None => json!({"name": self.name, "dtype": "float32"}),
        }
    }
}
