//! Which classes are taken for which.

use std::fmt::{self, Display, Formatter};

use ndarray::Array2;

use super::accuracy::{argmax, class_of};
use super::{Counts, MetricBatch, Pair, weights};
use crate::error::{Error, Result};

/// How often each class (a row) was taken for each class (a column).
///
/// ```
/// use gatewise::metrics::{ConfusionMatrix, MetricBatch};
/// use ndarray::array;
///
/// let y_true = array![0.0, 1.0, 1.0].into_dyn();
/// let y_pred = array![[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]].into_dyn();
/// let mut matrix = ConfusionMatrix::new(["cat", "dog"])?;
/// matrix.update(&MetricBatch::new(y_true.view(), y_pred.view()))?;
/// assert_eq!(matrix.counts(), array![[1.0, 0.0], [1.0, 1.0]]);
/// assert_eq!(matrix.to_csv(), "true\\predicted,cat,dog\ncat,1,0\ndog,1,1\n");
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ConfusionMatrix {
    labels: Vec<String>,
    counts: Array2<f64>,
}

const SUBJECT: &str = "confusion matrix";

impl ConfusionMatrix {
    /// An empty matrix for classes of these names, in the order of their numbers.
    ///
    /// # Errors
    /// If there are fewer than two.
    pub fn new<S: Into<String>>(labels: impl IntoIterator<Item = S>) -> Result<Self> {
        let labels: Vec<String> = labels.into_iter().map(Into::into).collect();
        let size = labels.len();
        if size < 2 {
            return Err(Error::argument(SUBJECT, format!("expected at least 2 classes, got {size}")));
        }
        Ok(Self { labels, counts: Array2::zeros((size, size)) })
    }

    /// An empty matrix for so many classes, named by their numbers.
    ///
    /// # Errors
    /// If there are fewer than two.
    pub fn with_classes(classes: usize) -> Result<Self> {
        Self::new((0..classes).map(|class| class.to_string()))
    }

    /// Takes in the answers of a batch: predictions `[batch, …, classes]`, of which the largest is the answer, with
    /// targets one-hot or class numbers `[batch, …]`; or for two classes predictions `[batch, …, 1]`, above 0.5 the second
    /// class, with targets 0 and 1. Masked steps do not count, and with weights each answer counts as much as it weighs.
    ///
    /// # Errors
    /// If the shapes do not fit, or a label is no class.
    pub fn update(&mut self, batch: &MetricBatch<'_>) -> Result<()> {
        let classes = self.labels.len();
        let (y_true, y_pred) = (batch.y_true.shape(), batch.y_pred.shape());
        let width = y_pred.last().copied().unwrap_or(1);
        let is_binary = classes == 2 && width == 1;
        if width != classes && !is_binary {
            let text = format!("expected predictions [batch, …, {classes}], got {y_pred:?}");
            return Err(Error::shape(SUBJECT, text));
        }
        let is_one_hot = y_true == y_pred && !is_binary;
        let pair = match (is_binary, is_one_hot) {
            (true, _) => Pair::elements(SUBJECT, batch)?,
            (false, true) => Pair::rows(SUBJECT, batch)?,
            (false, false) => Pair::classes(SUBJECT, batch)?,
        };
        let weights =
            weights::effective(SUBJECT, pair.shape(), batch.mask.as_ref(), batch.sample_weight.as_ref())?;
        let mut added = Array2::zeros(self.counts.raw_dim());
        for (index, (y, p)) in pair.iter().enumerate() {
            let weight = weights.as_ref().map_or(1.0, |weights| weights[index]);
            if weight == 0.0 {
                continue;
            }
            let label = if is_one_hot { argmax(y) } else { class_of(SUBJECT, y[0], classes)? };
            let answer = if is_binary { usize::from(p[0] > 0.5) } else { argmax(p) };
            added[[label, answer]] += weight;
        }
        self.counts += &added;
        Ok(())
    }

    /// The names of the classes.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// `[true class, predicted class]`.
    pub fn counts(&self) -> &Array2<f64> {
        &self.counts
    }

    /// The share of right answers; 0 if there is none.
    pub fn accuracy(&self) -> f64 {
        let total = self.counts.sum();
        if total == 0.0 { 0.0 } else { self.counts.diag().sum() / total }
    }

    /// The answers as those to the question whether it is this class.
    ///
    /// # Errors
    /// If there is no such class.
    pub fn of_class(&self, class: usize) -> Result<Counts> {
        let classes = self.labels.len();
        if class >= classes {
            return Err(Error::argument(
                SUBJECT,
                format!("expected a class from 0 to {}, got {class}", classes - 1),
            ));
        }
        let true_positives = self.counts[[class, class]];
        let false_negatives = self.counts.row(class).sum() - true_positives;
        let false_positives = self.counts.column(class).sum() - true_positives;
        let true_negatives = self.counts.sum() - true_positives - false_negatives - false_positives;
        Ok(Counts { true_positives, false_positives, true_negatives, false_negatives })
    }

    /// The matrix as comma-separated values, with the names of the predicted classes in the first line and those of the true
    /// ones in the first column.
    pub fn to_csv(&self) -> String {
        let cell = |text: &str| {
            let needs_quotes = text.contains([',', '"', '\n', '\r']);
            if needs_quotes { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
        };
        let names: Vec<String> = self.labels.iter().map(|label| cell(label)).collect();
        let mut csv = format!("true\\predicted,{}\n", names.join(","));
        for (name, row) in names.iter().zip(self.counts.rows()) {
            let numbers: Vec<String> = row.iter().map(|count| count.to_string()).collect();
            csv += &format!("{name},{}\n", numbers.join(","));
        }
        csv
    }
}

/// A count; with weights it need not be whole.
pub(super) fn count(count: f64) -> String {
    if count.fract() == 0.0 { format!("{count:.0}") } else { format!("{count:.2}") }
}

impl Display for ConfusionMatrix {
    /// A table with true classes as rows and predicted ones as columns.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let cells: Vec<Vec<String>> =
            self.counts.rows().into_iter().map(|row| row.iter().map(|n| count(*n)).collect()).collect();
        let length = |text: &str| text.chars().count();
        let first = self.labels.iter().map(|label| length(label)).max().unwrap_or(0).max(length("true"));
        let widths: Vec<usize> = (0..self.labels.len())
            .map(|column| {
                let numbers = cells.iter().map(|row| row[column].len()).max().unwrap_or(0);
                numbers.max(length(&self.labels[column]))
            })
            .collect();
        writeln!(f, "{:first$}  predicted", "")?;
        write!(f, "{:<first$}", "true")?;
        self.labels.iter().zip(&widths).try_for_each(|(label, width)| write!(f, "  {label:>width$}"))?;
        writeln!(f)?;
        for (label, row) in self.labels.iter().zip(&cells) {
            write!(f, "{label:<first$}")?;
            row.iter().zip(&widths).try_for_each(|(cell, width)| write!(f, "  {cell:>width$}"))?;
            writeln!(f)?;
        }
        Ok(())
    }
}
