//! Training: the loop over epochs and batches, as Keras's `fit`.

use ndarray::ArrayD;

use super::batches::{Dataset, ranges};
use super::programs::Purpose;
use super::step::Running;
use super::{Model, assign_weights};
use crate::callbacks::{Callback, History, Logs, TrainingControl, TrainingPlan};
use crate::error::{Error, Result};
use crate::optimizers::Optimizer;
use crate::random::{self, RandomKey};
use crate::shape::Shape;

/// The arguments of Keras's `fit`, with its defaults.
pub struct Fit<'a> {
    /// Samples in a batch (default 32); the last batch of an epoch may be smaller.
    pub batch_size: Option<usize>,
    /// The number of epochs, counted from 0 also where `initial_epoch` is not 0 (default 1).
    pub epochs: usize,
    /// Whether the samples of an epoch are taken in another order each time (default true).
    pub shuffle: Option<bool>,
    /// The share of samples, the last ones before shuffling, that only validate (default 0).
    pub validation_split: f64,
    /// Inputs and targets that only validate; `validation_split` is not used then.
    pub validation_data: Option<(&'a ArrayD<f32>, &'a ArrayD<f32>)>,
    /// Weights `[samples]` or `[samples, time]`.
    pub sample_weight: Option<&'a ArrayD<f32>>,
    /// The epoch to begin with (default 0).
    pub initial_epoch: usize,
    /// What is told of epochs and batches, in this order.
    pub callbacks: Vec<&'a mut dyn Callback>,
}

impl Default for Fit<'_> {
    fn default() -> Self {
        Self {
            batch_size: None,
            epochs: 1,
            shuffle: None,
            validation_split: 0.0,
            validation_data: None,
            sample_weight: None,
            initial_epoch: 0,
            callbacks: Vec::new(),
        }
    }
}

/// The stream of random numbers that orders samples.
const SHUFFLE_STREAM: u64 = 1 << 62;

impl Model {
    /// Trains on inputs `x [samples, …]` and targets `y [samples, …]`.
    ///
    /// # Errors
    /// If the model is not compiled, an argument is out of range, the arrays do not fit, or a number is not finite.
    pub fn fit(&mut self, x: &ArrayD<f32>, y: &ArrayD<f32>, fit: Fit<'_>) -> Result<History> {
        self.training()?;
        let batch_size = check_batch_size("fit", fit.batch_size)?;
        let data = Dataset::new(x, y, fit.sample_weight)?;
        let validation = fit.validation_data.map(|(x, y)| Dataset::new(x, y, None)).transpose()?;
        let (data, validation) = match validation {
            Some(validation) => (data, Some(validation)),
            None => split(data, fit.validation_split)?,
        };
        self.network_for(&Shape::known(&data.x.batch_shape(1)))?;
        self.freeze_variables();
        let epochs = fit.initial_epoch..fit.epochs.max(fit.initial_epoch);
        let plan =
            TrainingPlan { epochs: fit.epochs, steps: data.len().div_ceil(batch_size), samples: data.len() };
        let shuffle = fit.shuffle.unwrap_or(true);
        let mut session = Session { model: self, callbacks: fit.callbacks, is_stopped: false };
        session.run(&data, validation.as_ref(), &plan, epochs, batch_size, shuffle)
    }

    /// One update on one batch; returns the loss and the metrics of the batch.
    ///
    /// # Errors
    /// As for [`fit`](Self::fit).
    pub fn train_on_batch(&mut self, x: &ArrayD<f32>, y: &ArrayD<f32>) -> Result<Logs> {
        self.one_batch(Purpose::Train, x, y)
    }

    /// The loss and the metrics of one batch.
    ///
    /// # Errors
    /// As for [`fit`](Self::fit).
    pub fn test_on_batch(&mut self, x: &ArrayD<f32>, y: &ArrayD<f32>) -> Result<Logs> {
        self.one_batch(Purpose::Test, x, y)
    }

    fn one_batch(&mut self, purpose: Purpose, x: &ArrayD<f32>, y: &ArrayD<f32>) -> Result<Logs> {
        self.training()?;
        let data = Dataset::new(x, y, None)?;
        self.network_for(&Shape::known(&data.x.batch_shape(1)))?;
        self.freeze_variables();
        self.reset_metrics()?;
        let mut running = Running::default();
        let (len, shapes) = (data.len(), data.batch_shapes(data.len()));
        self.step(purpose, &[data.x.range(0, len), data.y.range(0, len)], shapes, &mut running)?;
        Ok(running.logs(&self.training()?.metrics))
    }

    /// Makes the trainable flags of the layers those of their weights.
    pub(super) fn freeze_variables(&self) {
        for layer in self.layers() {
            let trainable = layer.base().is_trainable();
            layer.variables().iter().for_each(|variable| variable.set_trainable(trainable));
        }
    }

    pub(super) fn reset_metrics(&mut self) -> Result<()> {
        self.training_mut()?.metrics.iter_mut().for_each(|metric| metric.reset());
        Ok(())
    }
}

/// The batch size, 32 if none is given.
pub(super) fn check_batch_size(subject: &str, batch_size: Option<usize>) -> Result<usize> {
    match batch_size {
        Some(0) => Err(Error::argument(subject, "`batch_size` must be at least 1, got 0")),
        given => Ok(given.unwrap_or(32)),
    }
}

/// Takes the last samples off for validation, as many as Keras does.
fn split(data: Dataset, share: f64) -> Result<(Dataset, Option<Dataset>)> {
    if !(0.0..1.0).contains(&share) {
        let text = format!("`validation_split` must be at least 0 and below 1, got {share}");
        return Err(Error::argument("fit", text));
    }
    if share == 0.0 {
        return Ok((data, None));
    }
    let len = data.len();
    let at = (len as f64 * (1.0 - share)).floor() as usize;
    if at == 0 || at == len {
        let text =
            format!("`validation_split` must leave samples on both sides, got {share} of {len} samples");
        return Err(Error::argument("fit", text));
    }
    let (train, validation) = data.split(at);
    Ok((train, Some(validation)))
}

/// A training that runs.
struct Session<'m, 'c> {
    model: &'m mut Model,
    callbacks: Vec<&'c mut dyn Callback>,
    is_stopped: bool,
}

impl Session<'_, '_> {
    fn run(
        &mut self,
        data: &Dataset,
        validation: Option<&Dataset>,
        plan: &TrainingPlan,
        epochs: std::ops::Range<usize>,
        batch_size: usize,
        shuffle: bool,
    ) -> Result<History> {
        let mut history = History::default();
        self.notify(|callback, control| callback.on_train_begin(plan, control))?;
        for epoch in epochs {
            self.notify(|callback, control| callback.on_epoch_begin(epoch, control))?;
            let mut logs = self.train_epoch(data, epoch, batch_size, shuffle)?;
            if let Some(validation) = validation {
                let evaluation = self.model.evaluate_dataset(validation, batch_size)?;
                logs.extend(evaluation.into_iter().map(|(key, value)| (format!("val_{key}"), value)));
            }
            self.notify(|callback, control| callback.on_epoch_end(epoch, &mut logs, control))?;
            history.push(epoch, &logs);
            if self.is_stopped {
                break;
            }
        }
        let variables = self.model.trainable_variables();
        self.model.training_mut()?.finalize(&variables)?;
        self.notify(|callback, control| callback.on_train_end(control))?;
        Ok(history)
    }

    /// All batches of an epoch; returns the means over them.
    fn train_epoch(
        &mut self,
        data: &Dataset,
        epoch: usize,
        batch_size: usize,
        shuffle: bool,
    ) -> Result<Logs> {
        self.model.reset_metrics()?;
        let key = RandomKey { seed: self.model.seed(), stream: SHUFFLE_STREAM, step: epoch as u64 };
        let order = if shuffle { random::permutation(data.len(), key) } else { (0..data.len()).collect() };
        let (mut x, mut y, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        let mut running = Running::default();
        for (batch, (start, end)) in ranges(data.len(), batch_size).enumerate() {
            data.x.gather_into(&order[start..end], &mut x);
            data.y.gather_into(&order[start..end], &mut y);
            let mut arrays: Vec<&[f32]> = vec![&x, &y];
            if let Some(samples) = &data.sample_weight {
                samples.gather_into(&order[start..end], &mut weights);
                arrays.push(&weights);
            }
            self.model.step(Purpose::Train, &arrays, data.batch_shapes(end - start), &mut running)?;
            if !self.callbacks.is_empty() {
                let logs = running.logs(&self.model.training()?.metrics);
                self.notify(|callback, control| callback.on_train_batch_end(batch, &logs, control))?;
            }
            if self.is_stopped {
                break;
            }
        }
        Ok(running.logs(&self.model.training()?.metrics))
    }

    /// Tells every callback.
    fn notify(
        &mut self,
        mut tell: impl FnMut(&mut dyn Callback, &mut dyn TrainingControl) -> Result<()>,
    ) -> Result<()> {
        let Self { model, callbacks, is_stopped } = self;
        let mut control = Control { model, is_stopped };
        callbacks.iter_mut().try_for_each(|callback| tell(*callback, &mut control))
    }
}

/// What callbacks may change.
struct Control<'a> {
    model: &'a mut Model,
    is_stopped: &'a mut bool,
}

impl TrainingControl for Control<'_> {
    fn stop_training(&mut self) {
        *self.is_stopped = true;
    }

    fn weights(&self) -> Vec<ArrayD<f32>> {
        self.model.get_weights()
    }

    fn set_weights(&mut self, weights: &[ArrayD<f32>]) -> Result<()> {
        assign_weights(self.model.name(), &self.model.variables(), weights)
    }

    fn learning_rate(&self) -> f32 {
        self.model.optimizer().map_or(0.0, Optimizer::learning_rate)
    }

    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<()> {
        self.model.training_mut()?.optimizer.set_learning_rate(learning_rate)
    }
}

impl Model {
    /// All samples of a dataset through the loss program, in order.
    pub(super) fn evaluate_dataset(&mut self, data: &Dataset, batch_size: usize) -> Result<Logs> {
        self.reset_metrics()?;
        let mut running = Running::default();
        for (start, end) in ranges(data.len(), batch_size) {
            let mut arrays = vec![data.x.range(start, end), data.y.range(start, end)];
            arrays.extend(data.sample_weight.as_ref().map(|weights| weights.range(start, end)));
            self.step(Purpose::Test, &arrays, data.batch_shapes(end - start), &mut running)?;
        }
        Ok(running.logs(&self.training()?.metrics))
    }
}
