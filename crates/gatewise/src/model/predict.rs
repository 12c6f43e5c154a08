//! Predictions.

use ndarray::{ArrayD, Axis, concatenate};

use super::Model;
use super::arrays::Arrays;
use super::batches::{Samples, at_least_one, batch_size_for, ranges};
use super::dataset_feed::{first_batch, not_for_datasets};
use super::feed::View;
use super::listeners::Listeners;
use crate::callbacks::Callback;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::executor::RunKey;
use crate::shape::Shape;

/// The arguments of Keras's `predict`, with its defaults.
#[derive(Default)]
pub struct Predict<'a> {
    /// Samples in a batch (default 32, or as many as make `steps` batches).
    pub batch_size: Option<usize>,
    /// The most batches that are taken (default: all).
    pub steps: Option<usize>,
    /// What is told of the batches, in this order.
    pub callbacks: Vec<&'a mut dyn Callback>,
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
    pub fn predict_all<'a>(
        &self,
        x: impl Into<Arrays<'a>>,
        predict: Predict<'a>,
    ) -> Result<Vec<ArrayD<f32>>> {
        at_least_one("predict", [("batch_size", predict.batch_size), ("steps", predict.steps)])?;
        let inputs = self.input_samples(&x.into())?;
        let len = inputs[0].len();
        let batch_size = batch_size_for(predict.batch_size, predict.steps, len);
        let steps = len.div_ceil(batch_size).min(predict.steps.unwrap_or(usize::MAX));
        let mut listeners = Listeners::new(predict.callbacks);
        listeners.predict_begin(self, Some(steps), Some(len))?;
        let mut batches = Vec::new();
        for (step, (start, end)) in ranges(len, batch_size).take(steps).enumerate() {
            let views: Vec<View<'_>> = inputs.iter().map(|samples| samples.view(start, end)).collect();
            batches.push(listeners.predict_batch(self, step, || self.predict_views(&views))?);
            if listeners.requests.stop_predicting {
                break;
            }
        }
        listeners.predict_end(self)?;
        self.join(batches)
    }

    /// All outputs of the model for a pass (pass 0) through a dataset, or for its first `steps` batches; targets are not
    /// looked at.
    ///
    /// # Errors
    /// If an array does not fit, there is no batch, `batch_size` is given, or batches give outputs of different shapes;
    /// what the dataset reports.
    pub fn predict_dataset(
        &self,
        dataset: &mut dyn Dataset,
        predict: Predict<'_>,
    ) -> Result<Vec<ArrayD<f32>>> {
        at_least_one("predict", [("steps", predict.steps)])?;
        not_for_datasets("predict", [("batch_size", predict.batch_size.is_some())])?;
        let mut listeners = Listeners::new(predict.callbacks);
        let mut next = Some(first_batch(dataset, 0)?);
        listeners.predict_begin(self, predict.steps.or(dataset.num_batches()), dataset.num_samples())?;
        let mut batches = Vec::new();
        while let Some(batch) = next.take() {
            self.build_for(&batch)?;
            let arrays = batch.x.in_order("x", &self.names_of_inputs())?;
            let step = batches.len();
            batches.push(listeners.predict_batch(self, step, || self.predict_on_batch(&arrays))?);
            let goes_on = predict.steps.is_none_or(|steps| batches.len() < steps);
            if goes_on && !listeners.requests.stop_predicting {
                next = dataset.next_batch()?;
            }
        }
        listeners.predict_end(self)?;
        self.join(batches)
    }

    /// All outputs of the model for one batch, in their order.
    ///
    /// # Errors
    /// If an array does not fit.
    pub fn predict_on_batch<'a>(&self, x: impl Into<Arrays<'a>>) -> Result<Vec<ArrayD<f32>>> {
        let inputs = self.input_samples(&x.into())?;
        let views: Vec<View<'_>> = inputs.iter().map(|samples| samples.view(0, samples.len())).collect();
        self.predict_views(&views)
    }

    /// The outputs for a batch.
    pub(super) fn predict_views(&self, inputs: &[View<'_>]) -> Result<Vec<ArrayD<f32>>> {
        let program = self.predict_program_for(inputs.iter().map(|view| view.shape.to_vec()).collect())?;
        let key = RunKey { seed: self.seed(), step: 0 };
        let data: Vec<&[f32]> = inputs.iter().map(|view| view.data).collect();
        program.run(&data, key, |outputs| Ok(outputs.to_arrays()))
    }

    /// The outputs of all batches, one after another.
    ///
    /// # Errors
    /// If outputs of batches differ in more than the number of samples.
    pub(super) fn join(&self, mut batches: Vec<Vec<ArrayD<f32>>>) -> Result<Vec<ArrayD<f32>>> {
        if batches.len() == 1 {
            return Ok(batches.remove(0));
        }
        let count = batches.first().map_or(0, Vec::len);
        let join = |index: usize| {
            let views: Vec<_> = batches.iter().map(|outputs| outputs[index].view()).collect();
            if let Some(other) = views.iter().find(|view| view.shape()[1..] != views[0].shape()[1..]) {
                let text = format!(
                    "expected outputs {:?} of every batch, got {:?}; call `predict_on_batch` for each batch",
                    views[0].shape(),
                    other.shape()
                );
                return Err(Error::shape(self.name(), text));
            }
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
