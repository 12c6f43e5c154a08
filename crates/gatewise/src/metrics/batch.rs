//! What a metric is given.

use ndarray::ArrayViewD;

/// What a metric sees of a batch.
///
/// ```
/// use gatewise::metrics::{MeanSquaredError, Metric, MetricBatch};
/// use ndarray::array;
///
/// let (y_true, y_pred) = (array![[1.0], [2.0]].into_dyn(), array![[1.0], [4.0]].into_dyn());
/// let weights = array![3.0, 1.0].into_dyn();
/// let mut mse = MeanSquaredError::new();
/// mse.update_state(&MetricBatch::new(y_true.view(), y_pred.view()).sample_weight(weights.view()))?;
/// assert_eq!(mse.result(), 1.0);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MetricBatch<'a> {
    /// The targets: `[batch, …, last]`, or class numbers `[batch, …]`.
    pub y_true: ArrayViewD<'a, f32>,
    /// The predictions `[batch, …, last]`.
    pub y_pred: ArrayViewD<'a, f32>,
    /// `[batch, time]`, 1 where a step counts and 0 elsewhere.
    pub mask: Option<ArrayViewD<'a, f32>>,
    /// `[batch]` or `[batch, time]`: how much each sample or step counts.
    pub sample_weight: Option<ArrayViewD<'a, f32>>,
}

impl<'a> MetricBatch<'a> {
    /// Targets and predictions without mask and weights.
    pub fn new(y_true: ArrayViewD<'a, f32>, y_pred: ArrayViewD<'a, f32>) -> Self {
        Self { y_true, y_pred, mask: None, sample_weight: None }
    }

    /// The same with a mask `[batch, time]`, 1 where a step counts.
    pub fn mask(mut self, mask: ArrayViewD<'a, f32>) -> Self {
        self.mask = Some(mask);
        self
    }

    /// The same with weights `[batch]` or `[batch, time]`.
    pub fn sample_weight(mut self, weights: ArrayViewD<'a, f32>) -> Self {
        self.sample_weight = Some(weights);
        self
    }
}
