//! Targets beside the predictions that they belong to.

use std::borrow::Cow;

use ndarray::{ArrayViewD, IxDyn};
use smallvec::SmallVec;

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
    shape: Sizes,
}

/// Sizes of axes; as many as arrays of sequences have need no memory of their own.
pub(super) type Sizes = SmallVec<[usize; 4]>;

impl<'a> Pair<'a> {
    /// A row is the last axis of targets and predictions of the same shape; a last axis of size 1 may be missing in one.
    ///
    /// # Errors
    /// If the shapes differ otherwise.
    pub fn rows(name: &str, batch: &'a MetricBatch<'_>) -> Result<Self> {
        let shape = like_predictions(name, batch)?;
        let (last, leading) = shape.split_last().unwrap_or((&1, &[]));
        Ok(Self::new(numbers(&batch.y_true), numbers(&batch.y_pred), [*last; 2], leading.into()))
    }

    /// Every number is a row of its own.
    ///
    /// # Errors
    /// If the shapes differ.
    pub fn elements(name: &str, batch: &'a MetricBatch<'_>) -> Result<Self> {
        let shape = like_predictions(name, batch)?;
        Ok(Self::new(numbers(&batch.y_true), numbers(&batch.y_pred), [1; 2], shape))
    }

    /// The same with targets 0 and 1 as −1 and 1, if a batch has no others.
    ///
    /// # Errors
    /// If the shapes differ.
    pub fn signs(name: &str, batch: &'a MetricBatch<'_>) -> Result<Self> {
        let mut pair = Self::rows(name, batch)?;
        if pair.y_true.iter().all(|y| *y == 0.0 || *y == 1.0) {
            pair.y_true.to_mut().iter_mut().for_each(|y| *y = 2.0 * *y - 1.0);
        }
        Ok(pair)
    }

    /// A row lies along an axis (counted from behind if negative) of arrays of the same shape; a last axis of size 1 that
    /// only one has is left out first.
    ///
    /// # Errors
    /// If the shapes differ otherwise, or there is no such axis.
    pub fn along(name: &str, batch: &'a MetricBatch<'_>, axis: isize) -> Result<Self> {
        like_predictions(name, batch)?;
        let (y_true, y_pred) = (batch.y_true.shape(), batch.y_pred.shape());
        let (short, long) = if y_true.len() < y_pred.len() { (y_true, y_pred) } else { (y_pred, y_true) };
        let shape = if short.len() == 1 { long } else { short };
        let rank = shape.len();
        let position = if axis < 0 { rank.checked_add_signed(axis) } else { usize::try_from(axis).ok() };
        let Some(position) = position.filter(|position| *position < rank) else {
            let text = format!(
                "`axis` must be from -{rank} to {} for predictions {shape:?}, got {axis}",
                rank as isize - 1
            );
            return Err(Error::argument(name, text));
        };
        let last_to_rows = |array: &'a ArrayViewD<'_, f32>| -> Cow<'a, [f32]> {
            if position + 1 == rank {
                return numbers(array);
            }
            let array = array.to_shape(IxDyn(shape)).expect("an axis of size 1 changes no number");
            let mut order: Vec<usize> = (0..rank).filter(|axis| *axis != position).collect();
            order.push(position);
            Cow::Owned(array.view().permuted_axes(order).iter().copied().collect())
        };
        let leading = shape.iter().enumerate().filter(|(axis, _)| *axis != position).map(|(_, size)| *size);
        let rows = [last_to_rows(&batch.y_true), last_to_rows(&batch.y_pred)];
        let [y_true, y_pred] = rows;
        Ok(Self::new(y_true, y_pred, [shape[position]; 2], leading.collect()))
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
        Ok(Self::new(numbers(&batch.y_true), numbers(&batch.y_pred), [1, *classes], leading.into()))
    }

    fn new(y_true: Cow<'a, [f32]>, y_pred: Cow<'a, [f32]>, widths: [usize; 2], shape: Sizes) -> Self {
        Self { y_true, y_pred, widths, shape }
    }

    /// The shape of the values.
    pub fn shape(&self) -> &[usize] {
        &self.shape
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
pub(super) fn like_predictions(name: &str, batch: &MetricBatch<'_>) -> Result<Sizes> {
    let (y_true, y_pred) = (batch.y_true.shape(), batch.y_pred.shape());
    let has_one_more = |long: &[usize], short: &[usize]| {
        long.split_last().is_some_and(|(last, rest)| *last == 1 && rest == short)
    };
    if y_true == y_pred || has_one_more(y_pred, y_true) {
        Ok(y_pred.into())
    } else if has_one_more(y_true, y_pred) {
        // Predictions of one number a sample become a column, so that the last axis is not the batch.
        Ok(if y_pred.len() == 1 { y_true.into() } else { y_pred.into() })
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
