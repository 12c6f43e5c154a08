//! Metrics of right and wrong answers at thresholds: counts, precision, recall and areas under curves.

mod at;
mod auc;
mod counter;
mod counts;
mod thresholds;

use std::fmt::Debug;

use serde::Serialize;
use serde_json::{Map, Value, json};

pub(super) use at::{PrecisionAt, RecallAt, SensitivityAt, SpecificityAt};
pub use at::{PrecisionAtRecall, RecallAtPrecision, SensitivityAtSpecificity, SpecificityAtSensitivity};
pub(super) use auc::AreaUnderCurve;
pub use auc::{Auc, Curve, SummationMethod};
pub use counter::Counts;
use counter::{Counter, Selection};
pub(super) use counts::{
    FalseNegativeCount, FalsePositiveCount, PrecisionRatio, RecallRatio, TrueNegativeCount, TruePositiveCount,
};
pub use counts::{FalseNegatives, FalsePositives, Precision, Recall, TrueNegatives, TruePositives};
pub use thresholds::Thresholds;

use super::wrapper::arguments_of;
use super::{Direction, Metric, MetricBatch, MetricValue};
use crate::error::Result;

/// What is made of the counts at thresholds, with its arguments.
pub trait ConfusionFunction: Debug + Send + Sync + Serialize {
    /// Keras's name of the class of the metric.
    const CLASS_NAME: &'static str;
    /// The name that the metric has by default.
    const NAME: &'static str;
    /// Which way is better.
    const DIRECTION: Option<Direction> = Some(Direction::Up);

    /// The thresholds, in single precision as in Keras.
    fn thresholds(&self) -> Vec<f32>;

    /// Which predictions are looked at.
    fn selection(&self) -> Selection<'_> {
        Selection::default()
    }

    /// Checks the arguments.
    ///
    /// # Errors
    /// If one is outside its range.
    fn check(&self, name: &str) -> Result<()>;

    /// The value of the counts, of each label and at each threshold.
    fn value(&self, counts: &[Vec<Counts>]) -> MetricValue;
}

/// A metric of right and wrong answers at thresholds. Like Keras's, it does not leave out masked steps.
#[derive(Debug, Clone)]
pub struct ConfusionMetric<F> {
    name: String,
    function: F,
    /// None before the first batch.
    counter: Option<Counter>,
}

impl<F: ConfusionFunction> ConfusionMetric<F> {
    /// The metric of this function.
    pub fn of(function: F) -> Self {
        Self { name: F::NAME.to_owned(), function, counter: None }
    }

    /// Gives it another name in the logs.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Changes the function's arguments, and forgets all batches.
    fn set(mut self, change: impl FnOnce(&mut F)) -> Self {
        change(&mut self.function);
        self.counter = None;
        self
    }

    fn new_counter(&self, labels: usize) -> Counter {
        let selection = self.function.selection();
        Counter::new(self.function.thresholds(), selection.has_even_thresholds, labels)
    }
}

impl<F: ConfusionFunction + Default> ConfusionMetric<F> {
    /// The metric with Keras's default arguments.
    pub fn new() -> Self {
        Self::of(F::default())
    }
}

impl<F: ConfusionFunction + Default> Default for ConfusionMetric<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: ConfusionFunction> Metric for ConfusionMetric<F> {
    fn name(&self) -> &str {
        &self.name
    }

    fn update_state(&mut self, batch: &MetricBatch<'_>) -> Result<()> {
        let selection = self.function.selection();
        let answers = counter::Answers::new(&self.name, batch, &selection)?;
        let labels = if selection.is_multi_label { answers.width() } else { 1 };
        let mut counter = match self.counter.take() {
            Some(counter) => counter,
            None => self.new_counter(labels),
        };
        let result = counter.add(&self.name, &answers, &selection);
        self.counter = Some(counter);
        result
    }

    fn result(&self) -> MetricValue {
        match &self.counter {
            Some(counter) => self.function.value(&counter.counts()),
            None => self.function.value(&self.new_counter(1).counts()),
        }
    }

    fn reset_state(&mut self) {
        self.counter = None;
    }

    fn direction(&self) -> Option<Direction> {
        F::DIRECTION
    }

    fn check(&self) -> Result<()> {
        self.function.check(&self.name)
    }

    fn class_name(&self) -> &str {
        F::CLASS_NAME
    }

    fn config(&self) -> Value {
        let mut config =
            Map::from_iter([("name".to_owned(), json!(self.name)), ("dtype".to_owned(), json!("float32"))]);
        config.extend(arguments_of(&self.function));
        config.into()
    }
}

/// x / y, and 0 where y is 0.
fn ratio(x: f64, y: f64) -> f64 {
    if y == 0.0 { 0.0 } else { x / y }
}

#[cfg(test)]
mod tests;
