//! The loss and the metrics on data that is not trained on.

use ndarray::ArrayD;

use super::Model;
use super::batches::Dataset;
use super::fit::check_batch_size;
use crate::callbacks::Logs;
use crate::error::Result;
use crate::shape::Shape;

/// The arguments of Keras's `evaluate`, with its defaults.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evaluate<'a> {
    /// Samples in a batch (default 32).
    pub batch_size: Option<usize>,
    /// Weights `[samples]` or `[samples, time]`.
    pub sample_weight: Option<&'a ArrayD<f32>>,
}

impl Model {
    /// The loss (with regularization) and the metrics over all samples, by name.
    ///
    /// # Errors
    /// If the model is not compiled, or the arrays do not fit.
    pub fn evaluate(&mut self, x: &ArrayD<f32>, y: &ArrayD<f32>, evaluate: Evaluate<'_>) -> Result<Logs> {
        self.training()?;
        let batch_size = check_batch_size("evaluate", evaluate.batch_size)?;
        let data = Dataset::new(x, y, evaluate.sample_weight)?;
        self.network_for(&Shape::known(&data.x.batch_shape(1)))?;
        self.freeze_variables();
        self.evaluate_dataset(&data, batch_size)
    }
}
