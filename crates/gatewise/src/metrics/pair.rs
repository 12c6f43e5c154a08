//! Targets beside the predictions that they belong to.

use std::borrow::Cow;

use ndarray::ArrayViewD;

use super::MetricBatch;
use crate::error::{Error, Result};

/// Rows of targets and rows of predictions, one pair for each value of a metric.
#[derive(Debug, Clone)]
pub struct Pair<'a> {
    y_true: Cow<'a, [f32]>,
    y_pred: Cow<'a, [f32]>,
    /// The lengths of the rows.
    widths: [usize; 2],
    /// The shape of the values: one for each pair of rows.
    shape: Vec<usize>,
}

impl<'a> Pair<'a> {
    /// A row is the last axis of targets and predictions of the same shape; a last axis of size 1 may be missing in one.
    ///
    /// # Errors
    /// If the shapes differ otherwise.
    pub fn rows(name: &str, batch: &'a MetricBatch<'_>) -> Result<Self> {
        let shape = like_predictions(name, batch)?;
        let (last, leading) = shape.split_last().unwrap_or((&1, &[]));
        Ok(Self::new(numbers(&batch.y_true), numbers(&batch.y_pred), [*last; 2], leading.to_vec()))
    }

    /// Every number is a row of its own.
    ///
    /// # Errors
    /// If the shapes differ.
    pub fn elements(name: &str, batch: &'a MetricBatch<'_>) -> Result<Self> {
        let shape = like_predictions(name, batch)?;
        Ok(Self::new(numbers(&batch.y_true), numbers(&batch.y_pred), [1; 2], shape))
    }

    /// A class number beside a row with a number for each class: targets `[batch, …]` or `[batch, …, 1]`, predictions
    /// `[batch, …, classes]`.
    ///
    /// # Errors
    /// If the shapes differ otherwise.
    pub fn classes(name: &str, batch: &'a MetricBatch<'_>) -> Result<Self> {
        let (y_true, y_pred) = (batch.y_true.shape(), batch.y_pred.shape());
        let (classes, leading) = y_pred.split_last().unwrap_or((&1, &[]));
        let without_one = match y_true.split_last() {
            Some((1, rest)) if y_true.len() == y_pred.len() => rest,
            _ => y_true,
        };
        if without_one != leading {
            let text = format!(
                "expected class numbers {leading:?} for predictions {y_pred:?}, got {y_true:?}; one-hot targets need \
                 the metric without \"sparse\" in its name"
            );
            return Err(Error::shape(name, text));
        }
        Ok(Self::new(numbers(&batch.y_true), numbers(&batch.y_pred), [1, *classes], leading.to_vec()))
    }

    fn new(y_true: Cow<'a, [f32]>, y_pred: Cow<'a, [f32]>, widths: [usize; 2], shape: Vec<usize>) -> Self {
        Self { y_true, y_pred, widths, shape }
    }

    /// The shape of the values.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The targets, to be rewritten.
    pub fn y_true_mut(&mut self) -> &mut [f32] {
        self.y_true.to_mut()
    }

    /// The pairs of rows, as many as there are values.
    pub fn iter(&self) -> impl Iterator<Item = (&[f32], &[f32])> {
        let [y_width, p_width] = self.widths;
        let count = self.shape.iter().product();
        let row = |width: usize, index: usize| index * width..(index + 1) * width;
        (0..count).map(move |index| (&self.y_true[row(y_width, index)], &self.y_pred[row(p_width, index)]))
    }
}

/// The numbers of an array, row-major.
pub(super) fn numbers<'a>(array: &'a ArrayViewD<'_, f32>) -> Cow<'a, [f32]> {
    match array.as_slice() {
        Some(numbers) => Cow::Borrowed(numbers),
        None => Cow::Owned(array.iter().copied().collect()),
    }
}

/// The common shape of targets and predictions, where a last axis of size 1 may be missing in one of them.
pub(super) fn like_predictions(name: &str, batch: &MetricBatch<'_>) -> Result<Vec<usize>> {
    let (y_true, y_pred) = (batch.y_true.shape(), batch.y_pred.shape());
    let has_one_more = |long: &[usize], short: &[usize]| {
        long.split_last().is_some_and(|(last, rest)| *last == 1 && rest == short)
    };
    if y_true == y_pred || has_one_more(y_pred, y_true) {
        Ok(y_pred.to_vec())
    } else if has_one_more(y_true, y_pred) {
        // Predictions of one number a sample become a column, so that the last axis is not the batch.
        Ok(if y_pred.len() == 1 { y_true.to_vec() } else { y_pred.to_vec() })
    } else {
        Err(not_alike(name, y_true, y_pred))
    }
}

fn not_alike(name: &str, y_true: &[usize], y_pred: &[usize]) -> Error {
    Error::shape(
        name,
        format!("expected targets of the shape of the predictions, {y_pred:?}, got {y_true:?}"),
    )
}
