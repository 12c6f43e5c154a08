//! Predictions.

use ndarray::{ArrayD, Axis, concatenate};

use super::Model;
use super::batches::{Samples, ranges};
use super::fit::check_batch_size;
use crate::error::{Error, Result};
use crate::executor::RunKey;

/// The arguments of Keras's `predict`, with its defaults.
#[derive(Debug, Clone, Copy, Default)]
pub struct Predict {
    /// Samples in a batch (default 32).
    pub batch_size: Option<usize>,
}

impl Model {
    /// The model's output for each sample of `x [samples, …]`, in batches of 32.
    ///
    /// # Errors
    /// If the array does not fit, or the model has several outputs.
    pub fn predict(&self, x: &ArrayD<f32>) -> Result<ArrayD<f32>> {
        let mut outputs = self.predict_all(x, Predict::default())?;
        match outputs.len() {
            1 => Ok(outputs.remove(0)),
            count => {
                let text = format!("expected one output, got {count}; call `predict_all`");
                Err(Error::argument(self.name(), text))
            }
        }
    }

    /// All outputs of the model for each sample of `x [samples, …]`.
    ///
    /// # Errors
    /// If the array does not fit.
    pub fn predict_all(&self, x: &ArrayD<f32>, predict: Predict) -> Result<Vec<ArrayD<f32>>> {
        let batch_size = check_batch_size("predict", predict.batch_size)?;
        let samples = Samples::new("x", x)?;
        let mut batches: Vec<Vec<ArrayD<f32>>> = Vec::new();
        for (start, end) in ranges(samples.len(), batch_size) {
            let program = self.predict_program_for(&samples.batch_shape(end - start))?;
            let key = RunKey { seed: self.seed(), step: 0 };
            let data = samples.range(start, end);
            batches.push(program.run(&[data], key, |outputs| Ok(outputs.to_arrays()))?);
        }
        let count = batches.first().map_or(0, Vec::len);
        let join = |index: usize| {
            let views: Vec<_> = batches.iter().map(|outputs| outputs[index].view()).collect();
            concatenate(Axis(0), &views).map_err(|error| Error::shape(self.name(), error))
        };
        (0..count).map(join).collect()
    }
}
