//! The share of right answers.

use super::mean::for_each_row;
use super::{Metric, MetricBatch};
use crate::error::Result;

/// What an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Yes or no for each number, yes above 0.5.
    Binary,
    /// The class with the largest number, against one-hot targets.
    Categorical,
    /// The class with the largest number, against class numbers.
    SparseCategorical,
}

/// The share of right answers among all that count.
#[derive(Debug, Clone)]
pub(super) struct Accuracy {
    name: String,
    /// Unknown until the first batch where it follows from the shapes.
    kind: Option<Kind>,
    right: f64,
    count: f64,
}

impl Accuracy {
    pub fn new(name: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), kind: Some(kind), right: 0.0, count: 0.0 }
    }

    /// Keras's `accuracy`, which means one of the three by the shapes of the first batch.
    pub fn by_shape(name: &str) -> Self {
        Self { name: name.to_owned(), kind: None, right: 0.0, count: 0.0 }
    }
}

/// Which accuracy Keras takes for these shapes.
fn kind_of(y_true: &[usize], y_pred: &[usize]) -> Kind {
    let last = |shape: &[usize]| shape.last().copied().unwrap_or(1);
    if last(y_pred) == 1 {
        Kind::Binary
    } else if y_true.len() < y_pred.len() || last(y_true) == 1 {
        Kind::SparseCategorical
    } else {
        Kind::Categorical
    }
}

/// The first position of the largest number.
fn argmax(row: &[f32]) -> usize {
    row.iter().enumerate().fold(0, |best, (index, x)| if *x > row[best] { index } else { best })
}

impl Metric for Accuracy {
    fn name(&self) -> &str {
        &self.name
    }

    fn update(&mut self, batch: &MetricBatch<'_>) -> Result<()> {
        let (y_true, y_pred) = (batch.y_true.shape(), batch.y_pred.shape());
        let kind = *self.kind.get_or_insert_with(|| kind_of(y_true, y_pred));
        let width = if kind == Kind::SparseCategorical { 1 } else { y_pred.last().copied().unwrap_or(1) };
        let (mut right, mut count) = (0.0, 0.0);
        for_each_row(&self.name, batch, width, |y, p| {
            right += match kind {
                Kind::Binary => {
                    let hits = y
                        .iter()
                        .zip(p)
                        .filter(|(y, p)| (**p > 0.5) == (**y == 1.0) && (**y == 0.0 || **y == 1.0));
                    hits.count() as f64 / p.len().max(1) as f64
                }
                Kind::Categorical => f64::from(argmax(y) == argmax(p)),
                Kind::SparseCategorical => f64::from(y[0] == argmax(p) as f32),
            };
            count += 1.0;
        })?;
        self.right += right;
        self.count += count;
        Ok(())
    }

    fn result(&self) -> f64 {
        if self.count > 0.0 { self.right / self.count } else { 0.0 }
    }

    fn reset(&mut self) {
        (self.right, self.count) = (0.0, 0.0);
    }
}
