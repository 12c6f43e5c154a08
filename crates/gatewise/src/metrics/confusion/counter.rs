//! Counting right and wrong answers at thresholds.

use std::borrow::Cow;

use super::super::pair::{like_predictions, numbers};
use super::super::{MetricBatch, weights};
use super::ratio;
use crate::error::{Error, Result};

/// How many answers were right and wrong; with weights of samples, how much they weigh.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    /// Yes, and rightly.
    pub true_positives: f64,
    /// Yes, and wrongly.
    pub false_positives: f64,
    /// No, and rightly.
    pub true_negatives: f64,
    /// No, and wrongly.
    pub false_negatives: f64,
}

impl Counts {
    /// The share of the yes answers that are right; 0 if there is none.
    pub fn precision(&self) -> f64 {
        ratio(self.true_positives, self.true_positives + self.false_positives)
    }

    /// The share of what should be yes that is (sensitivity); 0 if there is none.
    pub fn recall(&self) -> f64 {
        ratio(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// The share of what should be no that is; 0 if there is none.
    pub fn specificity(&self) -> f64 {
        ratio(self.true_negatives, self.true_negatives + self.false_positives)
    }

    /// The share of what should be no that is yes; 0 if there is none.
    pub fn false_positive_rate(&self) -> f64 {
        ratio(self.false_positives, self.false_positives + self.true_negatives)
    }
}

/// Which predictions are looked at, and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct Selection<'a> {
    /// Only the largest so many of a row can be a yes.
    pub(super) top_k: Option<usize>,
    /// Only the predictions of this class.
    pub(super) class_id: Option<usize>,
    /// Whether thresholds lie at equal distances from 0 to 1.
    pub(super) has_even_thresholds: bool,
    /// Whether each class has counts of its own.
    pub(super) is_multi_label: bool,
    /// The number of classes, where it was given.
    pub(super) num_labels: Option<usize>,
    /// Whether predictions are logits.
    pub(super) from_logits: bool,
    /// How much each class counts.
    pub(super) label_weights: Option<&'a [f64]>,
}

/// What lies below every prediction: Keras's number for predictions that are not among the largest.
pub(super) const BELOW_ALL: f32 = -1e10;

/// Targets, predictions and weights of a batch in rows.
pub(super) struct Answers<'a> {
    y_true: Cow<'a, [f32]>,
    y_pred: Cow<'a, [f32]>,
    weights: Option<Vec<f64>>,
    width: usize,
}

impl<'a> Answers<'a> {
    /// # Errors
    /// If the shapes do not fit each other or what is selected.
    pub fn new(name: &str, batch: &'a MetricBatch<'_>, selection: &Selection<'_>) -> Result<Self> {
        let shape = like_predictions(name, batch)?;
        let width = shape.last().copied().unwrap_or(1);
        if let Some(class) = selection.class_id.filter(|class| shape.len() < 2 || *class >= width) {
            let text =
                format!("`class_id` {class} needs predictions with a number for each class, got {shape:?}");
            return Err(Error::shape(name, text));
        }
        if let Some(k) = selection.top_k.filter(|k| *k > width) {
            return Err(Error::shape(
                name,
                format!("`top_k` {k} needs as many classes, got predictions {shape:?}"),
            ));
        }
        if let Some(weights) = selection.label_weights.filter(|weights| weights.len() != width) {
            let text =
                format!("expected {width} `label_weights` for predictions {shape:?}, got {}", weights.len());
            return Err(Error::shape(name, text));
        }
        let labels_fit = selection.num_labels.is_none_or(|labels| labels == width);
        if selection.is_multi_label && !(shape.len() == 2 && labels_fit) {
            let labels = selection.num_labels.map_or("labels".to_owned(), |labels| labels.to_string());
            let text = format!("`multi_label` expects predictions [batch, {labels}], got {shape:?}");
            return Err(Error::shape(name, text));
        }
        let weights = weights::effective(name, &shape, None, batch.sample_weight.as_ref())?;
        Ok(Self { y_true: numbers(&batch.y_true), y_pred: numbers(&batch.y_pred), weights, width })
    }

    /// The length of a row.
    pub fn width(&self) -> usize {
        self.width
    }
}

/// Weights of yes and no targets by how many thresholds their predictions exceed.
#[derive(Debug, Clone)]
pub(super) struct Counter {
    /// Ascending.
    thresholds: Vec<f32>,
    /// The place that each of them has in the user's order.
    order: Vec<usize>,
    is_even: bool,
    /// For each label `[exceeded thresholds: 0 ..= all]`: should be yes, should be no.
    buckets: Vec<Vec<[f64; 2]>>,
}

impl Counter {
    pub fn new(thresholds: Vec<f32>, is_even: bool, labels: usize) -> Self {
        let mut order: Vec<usize> = (0..thresholds.len()).collect();
        order.sort_by(|a, b| thresholds[*a].total_cmp(&thresholds[*b]));
        let sorted: Vec<f32> = order.iter().map(|index| thresholds[*index]).collect();
        let buckets = vec![vec![[0.0; 2]; sorted.len() + 1]; labels];
        Self { thresholds: sorted, order, is_even, buckets }
    }

    /// How many thresholds a prediction exceeds. Where they are even, Keras finds this by a product in single precision,
    /// which decides on which side a prediction falls that equals a threshold.
    fn exceeded(&self, prediction: f32) -> usize {
        if !self.is_even {
            return self.thresholds.partition_point(|threshold| *threshold < prediction);
        }
        let steps = (self.thresholds.len() - 1) as f32;
        // NaN becomes 0, so it exceeds nothing.
        let place = (prediction.clamp(0.0, 1.0) * steps).ceil() as usize;
        let lies_below_all = self.thresholds[0] < 0.0;
        if lies_below_all { place.max(1) } else { place }
    }

    /// Takes in the answers of a batch.
    ///
    /// # Errors
    /// If there are other labels than before.
    pub fn add(&mut self, name: &str, answers: &Answers<'_>, selection: &Selection<'_>) -> Result<()> {
        let labels = self.buckets.len();
        if selection.is_multi_label && labels != answers.width {
            let text =
                format!("expected predictions [batch, {labels}], as before, got {} labels", answers.width);
            return Err(Error::shape(name, text));
        }
        let width = answers.width.max(1);
        for (row, predictions) in answers.y_pred.chunks_exact(width).enumerate() {
            let predictions = predictions_of(predictions, selection);
            let columns = selection.class_id.map_or(0..width, |class| class..class + 1);
            for column in columns {
                let place = row * width + column;
                let own =
                    selection.label_weights.filter(|_| !selection.is_multi_label).map_or(1.0, |w| w[column]);
                let weight = own * answers.weights.as_ref().map_or(1.0, |weights| weights[place]);
                let exceeded = self.exceeded(predictions[column]);
                let label = if selection.is_multi_label { column } else { 0 };
                let side = usize::from(answers.y_true[place] == 0.0);
                self.buckets[label][exceeded][side] += weight;
            }
        }
        Ok(())
    }

    /// The counts of each label at each threshold, in the user's order.
    pub fn counts(&self) -> Vec<Vec<Counts>> {
        self.buckets.iter().map(|buckets| self.counts_of(buckets)).collect()
    }

    fn counts_of(&self, buckets: &[[f64; 2]]) -> Vec<Counts> {
        let mut counts = vec![Counts::default(); self.order.len()];
        // Both sides are summed, none is a difference, so that nothing is exactly 0.
        let (mut yes, mut no) = (0.0, 0.0);
        for (place, bucket) in self.order.iter().zip(buckets) {
            (yes, no) = (yes + bucket[0], no + bucket[1]);
            (counts[*place].false_negatives, counts[*place].true_negatives) = (yes, no);
        }
        (yes, no) = (0.0, 0.0);
        for (place, bucket) in self.order.iter().zip(&buckets[1..]).rev() {
            (yes, no) = (yes + bucket[0], no + bucket[1]);
            (counts[*place].true_positives, counts[*place].false_positives) = (yes, no);
        }
        counts
    }
}

/// A row of predictions as probabilities, those that are not among the largest moved below all thresholds.
fn predictions_of<'a>(row: &'a [f32], selection: &Selection<'_>) -> Cow<'a, [f32]> {
    let mut row = Cow::Borrowed(row);
    if selection.from_logits {
        row.to_mut().iter_mut().for_each(|x| *x = 1.0 / (1.0 + (-*x).exp()));
    }
    if let Some(k) = selection.top_k {
        let mut order: Vec<usize> = (0..row.len()).collect();
        // A stable sort: of equal predictions the first is taken.
        order.sort_by(|a, b| row[*b].total_cmp(&row[*a]));
        order[k..].iter().for_each(|place| row.to_mut()[*place] = BELOW_ALL);
    }
    row
}
