//! Predictions.

use ndarray::{ArrayD, Axis, concatenate};

use super::Model;
use super::arrays::Arrays;
use super::batches::{Samples, ranges};
use super::fit::check_batch_size;
use crate::error::{Error, Result};
use crate::executor::RunKey;
use crate::shape::Shape;

/// The arguments of Keras's `predict`, with its defaults.
#[derive(Debug, Clone, Copy, Default)]
pub struct Predict {
    /// Samples in a batch (default 32).
    pub batch_size: Option<usize>,
}

impl Model {
    /// The model's output for each sample of `x [samples, …]`, in batches of 32. A model with several inputs takes
    /// several arrays, in order or by name.
    ///
    /// # Errors
    /// If an array does not fit, or the model has several outputs.
    pub fn predict<'a>(&self, x: impl Into<Arrays<'a>>) -> Result<ArrayD<f32>> {
        let mut outputs = self.predict_all(x, Predict::default())?;
        match outputs.len() {
            1 => Ok(outputs.remove(0)),
            count => {
                let text = format!("expected one output, got {count}; call `predict_all`");
                Err(Error::argument(self.name(), text))
            }
        }
    }

    /// All outputs of the model for each sample, in their order.
    ///
    /// # Errors
    /// If an array does not fit.
    pub fn predict_all<'a>(&self, x: impl Into<Arrays<'a>>, predict: Predict) -> Result<Vec<ArrayD<f32>>> {
        let batch_size = check_batch_size("predict", predict.batch_size)?;
        let inputs = self.input_samples(&x.into())?;
        let mut batches: Vec<Vec<ArrayD<f32>>> = Vec::new();
        for (start, end) in ranges(inputs[0].len(), batch_size) {
            let shapes = inputs.iter().map(|samples| samples.batch_shape(end - start)).collect();
            let program = self.predict_program_for(shapes)?;
            let key = RunKey { seed: self.seed(), step: 0 };
            let data: Vec<&[f32]> = inputs.iter().map(|samples| samples.range(start, end)).collect();
            batches.push(program.run(&data, key, |outputs| Ok(outputs.to_arrays()))?);
        }
        if batches.len() == 1 {
            return Ok(batches.remove(0));
        }
        let count = batches.first().map_or(0, Vec::len);
        let join = |index: usize| {
            let views: Vec<_> = batches.iter().map(|outputs| outputs[index].view()).collect();
            concatenate(Axis(0), &views).map_err(|error| Error::shape(self.name(), error))
        };
        (0..count).map(join).collect()
    }

    /// The samples of all inputs, as many of each.
    pub(super) fn input_samples<'a>(&self, x: &Arrays<'a>) -> Result<Vec<Samples<'a>>> {
        let names = self.names_of_inputs();
        let arrays = x.in_order("x", &names)?;
        let samples: Vec<Samples<'a>> =
            arrays.into_iter().map(|array| Samples::new("x", array)).collect::<Result<_>>()?;
        let shapes: Vec<Shape> =
            samples.iter().map(|samples| Shape::known(&samples.batch_shape(1))).collect();
        self.network_for(&shapes)?;
        match samples.iter().find(|other| other.len() != samples[0].len()) {
            Some(other) => {
                let text =
                    format!("expected {} samples in every array, got {}", samples[0].len(), other.len());
                Err(Error::shape("x", text))
            }
            None => Ok(samples),
        }
    }

    /// The names of the inputs; a chain that is not built yet has one.
    pub(super) fn names_of_inputs(&self) -> Vec<String> {
        if self.is_built() { self.input_names() } else { vec!["x".to_owned()] }
    }
}
