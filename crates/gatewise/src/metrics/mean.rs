//! Means of a function of each row of targets and predictions.

use super::{Metric, MetricBatch};
use crate::error::{Error, Result};

/// A function of a row of targets and a row of predictions, which are equally long.
pub type RowFunction = fn(&[f32], &[f32]) -> f64;

/// The mean of a function over all rows that count, or its root.
#[derive(Debug, Clone)]
pub struct MeanMetric {
    name: String,
    function: RowFunction,
    is_root: bool,
    total: f64,
    count: f64,
}

impl MeanMetric {
    /// The mean of `function` over rows; its square root if `root`.
    pub fn new(name: impl Into<String>, function: RowFunction, root: bool) -> Self {
        Self { name: name.into(), function, is_root: root, total: 0.0, count: 0.0 }
    }
}

/// The mean of |y − p| over a row.
pub(super) fn absolute_error(y: &[f32], p: &[f32]) -> f64 {
    y.iter().zip(p).map(|(y, p)| f64::from((y - p).abs())).sum::<f64>() / p.len().max(1) as f64
}

/// The mean of (y − p)² over a row.
pub(super) fn squared_error(y: &[f32], p: &[f32]) -> f64 {
    y.iter().zip(p).map(|(y, p)| f64::from((y - p) * (y - p))).sum::<f64>() / p.len().max(1) as f64
}

/// Calls `visit` with each row of targets and predictions that counts. `width` is the length of a row of targets.
pub(super) fn for_each_row(
    name: &str,
    batch: &MetricBatch<'_>,
    width: usize,
    mut visit: impl FnMut(&[f32], &[f32]),
) -> Result<()> {
    let y_true = batch.y_true.as_standard_layout();
    let y_pred = batch.y_pred.as_standard_layout();
    let (y, p) = (slice(&y_true), slice(&y_pred));
    let last = batch.y_pred.shape().last().copied().unwrap_or(1).max(1);
    let rows = p.len() / last;
    let fits_mask = batch.mask.is_none_or(|mask| mask.len() == rows);
    if y.len() != rows * width || !fits_mask {
        let text = format!(
            "expected targets that fit predictions {:?}, got {:?}",
            batch.y_pred.shape(),
            batch.y_true.shape()
        );
        return Err(Error::shape(name, text));
    }
    for (row, (y, p)) in y.chunks_exact(width.max(1)).zip(p.chunks_exact(last)).enumerate() {
        if batch.mask.is_none_or(|mask| mask[row] != 0.0) {
            visit(y, p);
        }
    }
    Ok(())
}

fn slice<'a>(array: &'a ndarray::CowArray<'_, f32, ndarray::IxDyn>) -> &'a [f32] {
    array.as_slice().expect("an array in standard layout is a slice")
}

impl Metric for MeanMetric {
    fn name(&self) -> &str {
        &self.name
    }

    fn update(&mut self, batch: &MetricBatch<'_>) -> Result<()> {
        let width = batch.y_pred.shape().last().copied().unwrap_or(1);
        let (mut total, mut count, function) = (0.0, 0.0, self.function);
        for_each_row(&self.name, batch, width, |y, p| {
            total += function(y, p);
            count += 1.0;
        })?;
        self.total += total;
        self.count += count;
        Ok(())
    }

    fn result(&self) -> f64 {
        let mean = if self.count > 0.0 { self.total / self.count } else { 0.0 };
        if self.is_root { mean.sqrt() } else { mean }
    }

    fn reset(&mut self) {
        (self.total, self.count) = (0.0, 0.0);
    }
}
