//! Means of precision and recall.

use ndarray::Axis;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::regression::EPSILON;
use super::wrapper::arguments_of;
use super::{Direction, Metric, MetricBatch, MetricValue, weights};
use crate::error::{Error, Result};

/// How the scores of the classes become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Average {
    /// All answers are counted together.
    Micro,
    /// The mean of the classes.
    Macro,
    /// Their mean weighted by how often each should be.
    Weighted,
}

/// The weighted harmonic mean of precision and recall, (1 + β²) · p · r / (β² · p + r), of each class or averaged, for
/// targets and predictions `[batch, classes]`. Like Keras's, it does not leave out masked steps.
///
/// ```
/// use gatewise::metrics::{Average, FBetaScore};
///
/// let metric = FBetaScore::new().beta(2.0).average(Average::Macro).threshold(0.5);
/// let compile = gatewise::Compile::new("adam", "binary_crossentropy").metrics([metric]);
/// # let _ = compile;
/// ```
#[derive(Debug, Clone)]
pub struct FBetaScore {
    name: String,
    arguments: Arguments,
    state: Vec<ClassCounts>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Arguments {
    average: Option<Average>,
    beta: f64,
    threshold: Option<f64>,
}

impl Default for Arguments {
    fn default() -> Self {
        Self { average: None, beta: 1.0, threshold: None }
    }
}

/// What is counted of a class.
#[derive(Debug, Clone, Copy, Default)]
struct ClassCounts {
    true_positives: f64,
    false_positives: f64,
    false_negatives: f64,
}

impl ClassCounts {
    /// How often the class should be.
    fn support(&self) -> f64 {
        self.true_positives + self.false_negatives
    }

    fn plus(self, other: &Self) -> Self {
        Self {
            true_positives: self.true_positives + other.true_positives,
            false_positives: self.false_positives + other.false_positives,
            false_negatives: self.false_negatives + other.false_negatives,
        }
    }

    /// With Keras's epsilon in each divisor.
    fn score(&self, beta: f64) -> f64 {
        let precision = self.true_positives / (self.true_positives + self.false_positives + EPSILON);
        let recall = self.true_positives / (self.true_positives + self.false_negatives + EPSILON);
        let squared = beta * beta;
        (1.0 + squared) * (precision * recall / (squared * precision + recall + EPSILON))
    }
}

impl FBetaScore {
    /// The score with Keras's default arguments: of each class, with β = 1.
    pub fn new() -> Self {
        Self::of(Arguments::default())
    }

    pub(super) fn of(arguments: Arguments) -> Self {
        Self { name: "fbeta_score".to_owned(), arguments, state: Vec::new() }
    }

    /// Gives it another name in the logs.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// One number instead of one for each class.
    pub fn average(mut self, average: Average) -> Self {
        self.arguments.average = Some(average);
        self
    }

    /// How much more recall counts than precision, above 0 (default: 1).
    pub fn beta(mut self, beta: f64) -> Self {
        self.arguments.beta = beta;
        self
    }

    /// Predictions above this are a yes, above 0 and at most 1 (default: the largest of each row is, unless it is 0).
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.arguments.threshold = Some(threshold);
        self
    }
}

impl Default for FBetaScore {
    fn default() -> Self {
        Self::new()
    }
}

impl Metric for FBetaScore {
    fn name(&self) -> &str {
        &self.name
    }

    fn update_state(&mut self, batch: &MetricBatch<'_>) -> Result<()> {
        let shape = two_axes(&self.name, batch)?;
        if !self.state.is_empty() && self.state.len() != shape[1] {
            let text =
                format!("expected predictions [batch, {}], as before, got {shape:?}", self.state.len());
            return Err(Error::shape(&self.name, text));
        }
        let weights = weights::effective(&self.name, &shape, None, batch.sample_weight.as_ref())?;
        self.state.resize(shape[1], ClassCounts::default());
        let rows = batch.y_true.axis_iter(Axis(0)).zip(batch.y_pred.axis_iter(Axis(0)));
        for (row, (y_true, y_pred)) in rows.enumerate() {
            let largest = y_pred.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for (class, (y, p)) in y_true.iter().zip(&y_pred).enumerate() {
                let is_yes = match self.arguments.threshold {
                    None => *p >= largest && p.abs() > 1e-9,
                    Some(threshold) => *p > threshold as f32,
                };
                let weight = weights.as_ref().map_or(1.0, |weights| weights[row * shape[1] + class]);
                let (y, counts) = (f64::from(*y), &mut self.state[class]);
                if is_yes {
                    counts.true_positives += weight * y;
                    counts.false_positives += weight * (1.0 - y);
                } else {
                    counts.false_negatives += weight * y;
                }
            }
        }
        Ok(())
    }

    fn result(&self) -> MetricValue {
        let beta = self.arguments.beta;
        let scores = || self.state.iter().map(|counts| counts.score(beta));
        let support = || self.state.iter().map(ClassCounts::support);
        match self.arguments.average {
            None => scores().collect::<Vec<f64>>().into(),
            Some(Average::Micro) => {
                self.state.iter().fold(ClassCounts::default(), ClassCounts::plus).score(beta).into()
            }
            Some(Average::Macro) => (scores().sum::<f64>() / self.state.len().max(1) as f64).into(),
            Some(Average::Weighted) => {
                let total = support().sum::<f64>() + EPSILON;
                scores().zip(support()).map(|(score, support)| score * support / total).sum::<f64>().into()
            }
        }
    }

    fn reset_state(&mut self) {
        self.state.clear();
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    fn check(&self) -> Result<()> {
        let Arguments { beta, threshold, .. } = self.arguments;
        if !(beta > 0.0 && beta.is_finite()) {
            return Err(Error::argument(&self.name, format!("`beta` must be above 0, got {beta}")));
        }
        match threshold.filter(|threshold| !(*threshold > 0.0 && *threshold <= 1.0)) {
            Some(threshold) => {
                let text = format!("`threshold` must be above 0 and at most 1, got {threshold}");
                Err(Error::argument(&self.name, text))
            }
            None => Ok(()),
        }
    }

    fn class_name(&self) -> &str {
        "FBetaScore"
    }

    fn config(&self) -> Value {
        let mut config =
            Map::from_iter([("name".to_owned(), json!(self.name)), ("dtype".to_owned(), json!("float32"))]);
        config.extend(arguments_of(&self.arguments));
        config.into()
    }
}

/// The shape `[batch, outputs]` that targets and predictions share.
pub(super) fn two_axes(name: &str, batch: &MetricBatch<'_>) -> Result<[usize; 2]> {
    match (batch.y_true.shape(), batch.y_pred.shape()) {
        (&[rows, classes], y_pred) if *y_pred == [rows, classes] => Ok([rows, classes]),
        (y_true, y_pred) => {
            let text =
                format!("expected targets and predictions [batch, outputs], got {y_true:?} and {y_pred:?}");
            Err(Error::shape(name, text))
        }
    }
}

/// The harmonic mean of precision and recall: [`FBetaScore`] with β = 1.
///
/// ```
/// use gatewise::metrics::{Average, F1Score};
///
/// let metric = F1Score::new().average(Average::Weighted);
/// let compile = gatewise::Compile::new("adam", "categorical_crossentropy").metrics([metric]);
/// # let _ = compile;
/// ```
#[derive(Debug, Clone)]
pub struct F1Score(FBetaScore);

impl F1Score {
    /// The score with Keras's default arguments: of each class.
    pub fn new() -> Self {
        Self::of(Arguments::default())
    }

    pub(super) fn of(arguments: Arguments) -> Self {
        Self(FBetaScore::of(Arguments { beta: 1.0, ..arguments }).with_name("f1_score"))
    }

    /// Gives it another name in the logs.
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self(self.0.with_name(name))
    }

    /// One number instead of one for each class.
    pub fn average(self, average: Average) -> Self {
        Self(self.0.average(average))
    }

    /// Predictions above this are a yes, above 0 and at most 1 (default: the largest of each row is, unless it is 0).
    pub fn threshold(self, threshold: f64) -> Self {
        Self(self.0.threshold(threshold))
    }
}

impl Default for F1Score {
    fn default() -> Self {
        Self::new()
    }
}

impl Metric for F1Score {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn update_state(&mut self, batch: &MetricBatch<'_>) -> Result<()> {
        self.0.update_state(batch)
    }

    fn result(&self) -> MetricValue {
        self.0.result()
    }

    fn reset_state(&mut self) {
        self.0.reset_state();
    }

    fn direction(&self) -> Option<Direction> {
        self.0.direction()
    }

    fn check(&self) -> Result<()> {
        self.0.check()
    }

    fn class_name(&self) -> &str {
        "F1Score"
    }

    fn config(&self) -> Value {
        let mut config = self.0.config();
        // `remove` would move the last argument to its place.
        config.as_object_mut().expect("it was made as an object").shift_remove("beta");
        config
    }
}
