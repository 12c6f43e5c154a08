//! How much of the targets' variance predictions explain.

use ndarray::Axis;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::f_score::two_axes;
use super::wrapper::arguments_of;
use super::{Direction, Metric, MetricBatch, MetricValue, weights};
use crate::error::{Error, Result};

/// How the scores of several outputs become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassAggregation {
    /// Their mean.
    UniformAverage,
    /// Their mean weighted by the variances of the targets.
    VarianceWeightedAverage,
}

/// The coefficient of determination 1 − Σ (y_true − y_pred)² / Σ (y_true − mean)², for targets and predictions
/// `[batch, outputs]`; 1 is perfect, 0 no better than the mean, 0 also where the targets do not vary, NaN where they do
/// not vary and are hit. Like Keras's, it does not leave out masked steps.
///
/// ```
/// use gatewise::metrics::{Metric, MetricBatch, R2Score};
/// use ndarray::array;
///
/// let (y_true, y_pred) = (array![[1.0], [4.0], [3.0]].into_dyn(), array![[2.0], [4.0], [4.0]].into_dyn());
/// let mut r2 = R2Score::new();
/// r2.update_state(&MetricBatch::new(y_true.view(), y_pred.view()))?;
/// assert!((r2.result().as_slice()[0] - 0.5714286).abs() < 1e-6);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct R2Score {
    name: String,
    arguments: Arguments,
    outputs: Vec<Moments>,
    /// Keras counts the numbers of the targets, not their rows.
    numbers: usize,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Arguments {
    class_aggregation: Option<ClassAggregation>,
    num_regressors: usize,
}

impl Default for Arguments {
    fn default() -> Self {
        Self { class_aggregation: Some(ClassAggregation::UniformAverage), num_regressors: 0 }
    }
}

/// What is summed up of an output.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: f64,
    mean: f64,
    /// Σ w · (y − mean)², kept by the method of B. P. Welford (1962), in which nothing cancels.
    total: f64,
    residual: f64,
}

impl Moments {
    fn add(&mut self, y: f64, p: f64, weight: f64) {
        self.residual += weight * (y - p) * (y - p);
        self.count += weight;
        if weight != 0.0 {
            let before = y - self.mean;
            self.mean += before * weight / self.count;
            self.total += weight * before * (y - self.mean);
        }
    }

    fn score(&self) -> f64 {
        let score = if self.count == 0.0 { f64::NAN } else { 1.0 - self.residual / self.total };
        if score.is_infinite() { 0.0 } else { score }
    }
}

impl R2Score {
    /// The score with Keras's default arguments: the mean over the outputs, not adjusted.
    pub fn new() -> Self {
        Self::of(Arguments::default())
    }

    pub(super) fn of(arguments: Arguments) -> Self {
        Self { name: "r2_score".to_owned(), arguments, outputs: Vec::new(), numbers: 0 }
    }

    /// Gives it another name in the logs.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// How outputs become one number; `None` gives a number for each (default: their mean).
    pub fn class_aggregation(mut self, aggregation: Option<ClassAggregation>) -> Self {
        self.arguments.class_aggregation = aggregation;
        self
    }

    /// Adjusts the score for so many independent variables (default: 0, not adjusted). Not where there are too few
    /// samples for it.
    pub fn num_regressors(mut self, num_regressors: usize) -> Self {
        self.arguments.num_regressors = num_regressors;
        self
    }

    fn adjusted(&self, score: f64) -> f64 {
        let (numbers, regressors) = (self.numbers as f64, self.arguments.num_regressors as f64);
        if regressors == 0.0 || regressors >= numbers - 1.0 {
            return score;
        }
        1.0 - (1.0 - score) * (numbers - 1.0) / (numbers - regressors - 1.0)
    }
}

impl Default for R2Score {
    fn default() -> Self {
        Self::new()
    }
}

impl Metric for R2Score {
    fn name(&self) -> &str {
        &self.name
    }

    fn update_state(&mut self, batch: &MetricBatch<'_>) -> Result<()> {
        let [rows, outputs] = two_axes(&self.name, batch)?;
        if !self.outputs.is_empty() && self.outputs.len() != outputs {
            let text = format!(
                "expected predictions [batch, {}], as before, got {outputs} outputs",
                self.outputs.len()
            );
            return Err(Error::shape(&self.name, text));
        }
        let weights = weights::effective(&self.name, &[rows, outputs], None, batch.sample_weight.as_ref())?;
        self.outputs.resize(outputs, Moments::default());
        self.numbers += rows * outputs;
        let pairs = batch.y_true.axis_iter(Axis(0)).zip(batch.y_pred.axis_iter(Axis(0)));
        for (row, (y_true, y_pred)) in pairs.enumerate() {
            for (output, (y, p)) in y_true.iter().zip(&y_pred).enumerate() {
                let weight = weights.as_ref().map_or(1.0, |weights| weights[row * outputs + output]);
                self.outputs[output].add(f64::from(*y), f64::from(*p), weight);
            }
        }
        Ok(())
    }

    fn result(&self) -> MetricValue {
        let scores = || self.outputs.iter().map(Moments::score);
        match self.arguments.class_aggregation {
            None => scores().map(|score| self.adjusted(score)).collect::<Vec<f64>>().into(),
            Some(ClassAggregation::UniformAverage) => {
                self.adjusted(scores().sum::<f64>() / self.outputs.len() as f64).into()
            }
            Some(ClassAggregation::VarianceWeightedAverage) => {
                let total: f64 = self.outputs.iter().map(|output| output.total).sum();
                let weighted: f64 = self.outputs.iter().map(|output| output.total * output.score()).sum();
                self.adjusted(weighted / total).into()
            }
        }
    }

    fn reset_state(&mut self) {
        self.outputs.clear();
        self.numbers = 0;
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    fn class_name(&self) -> &str {
        "R2Score"
    }

    fn config(&self) -> Value {
        let mut config =
            Map::from_iter([("name".to_owned(), json!(self.name)), ("dtype".to_owned(), json!("float32"))]);
        config.extend(arguments_of(&self.arguments));
        config.into()
    }
}
