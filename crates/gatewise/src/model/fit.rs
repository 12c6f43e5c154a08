//! Training: the loop over epochs and batches, as Keras's `fit`.

use std::collections::BTreeMap;

use super::Model;
use super::arrays::Arrays;
use super::batches::{Dataset, Samples, at_least_one, batch_size_for};
use super::dataset_feed::not_for_datasets;
use super::feed::{ArrayFeed, Feed};
use super::listeners::{Listeners, Running};
use super::programs::Purpose;
use crate::callbacks::{Callback, History, Logs, TrainingControl, TrainingPlan};
use crate::data;
use crate::error::{Error, Result};
use crate::random::RandomKey;
use crate::shape::Shape;

mod on_batch;
mod shuffle;
mod validation;

pub use on_batch::OnBatch;
pub use shuffle::Shuffle;
pub use validation::{Validation, ValidationFreq};

/// The arguments of Keras's `fit`, with its defaults.
pub struct Fit<'a> {
    /// Samples in a batch (default 32, or as many as make `steps_per_epoch` batches); the last batch of an epoch may be
    /// smaller.
    pub batch_size: Option<usize>,
    /// The number of epochs, counted from 0 also where `initial_epoch` is not 0 (default 1).
    pub epochs: usize,
    /// What is put into another order at each epoch (default: all samples; a dataset has its own order).
    pub shuffle: Option<Shuffle>,
    /// The share of samples, the last ones before shuffling, that only validate (default 0).
    pub validation_split: f64,
    /// Data that only validates; `validation_split` is not used then.
    pub validation_data: Option<Validation<'a>>,
    /// Samples in a batch of validation (default: `batch_size`; without it 32, or as many as make `validation_steps`
    /// batches).
    pub validation_batch_size: Option<usize>,
    /// The most batches of a validation (default: all).
    pub validation_steps: Option<usize>,
    /// After which epochs to validate (default: after every one).
    pub validation_freq: ValidationFreq,
    /// Weights `[samples]` or `[samples, time]`, one array for all outputs or one for each.
    pub sample_weight: Arrays<'a>,
    /// Weights of samples by the class of their target, a class number or one-hot; a class that is not named has
    /// weight 1. For models with one output.
    pub class_weight: BTreeMap<usize, f32>,
    /// The epoch to begin with (default 0).
    pub initial_epoch: usize,
    /// Batches in an epoch (default: all). The next epoch goes on where this one ended; a pass through the data that
    /// ends within an epoch ends the epoch too, as in Keras.
    pub steps_per_epoch: Option<usize>,
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
            validation_batch_size: None,
            validation_steps: None,
            validation_freq: ValidationFreq::Every(1),
            sample_weight: Arrays::default(),
            class_weight: BTreeMap::new(),
            initial_epoch: 0,
            steps_per_epoch: None,
            callbacks: Vec::new(),
        }
    }
}

impl Fit<'_> {
    /// Checks what can be judged without data.
    fn check(&self) -> Result<()> {
        self.validation_freq.check()?;
        at_least_one(
            "fit",
            [
                ("batch_size", self.batch_size),
                ("validation_batch_size", self.validation_batch_size),
                ("steps_per_epoch", self.steps_per_epoch),
                ("validation_steps", self.validation_steps),
            ],
        )
    }
}

/// The stream of random numbers that orders samples.
const SHUFFLE_STREAM: u64 = 1 << 62;

impl Model {
    /// Trains on inputs `x [samples, …]` and targets `y [samples, …]`; several of them in order or by name.
    ///
    /// # Errors
    /// If the model is not compiled, an argument is out of range, the arrays do not fit, or a number is not finite.
    pub fn fit<'a>(
        &mut self,
        x: impl Into<Arrays<'a>>,
        y: impl Into<Arrays<'a>>,
        mut fit: Fit<'a>,
    ) -> Result<History> {
        fit.check()?;
        let data = self.dataset(&x.into(), &y.into(), &fit.sample_weight)?;
        let (data, validation) = match fit.validation_data.take() {
            Some(given) => (data, Some(self.validation_feed(given, &fit)?)),
            None => {
                let (data, tail) = split(data, fit.validation_split)?;
                (data, tail.map(|tail| in_memory(tail, &fit)))
            }
        };
        // As in Keras, the weights of classes do not enter the validation.
        let data = data.with_class_weight(&fit.class_weight)?;
        let batch_size = batch_size_for(fit.batch_size, fit.steps_per_epoch, data.len());
        let mut feed = ArrayFeed::new(data, batch_size, fit.shuffle.unwrap_or(Shuffle::Samples));
        self.run_fit(&mut feed, validation, fit)
    }

    /// Trains on the batches of a dataset. An epoch is a pass through it; with `steps_per_epoch` it has so many batches, and
    /// the next one goes on where it ended. The dataset makes the batches, puts them in order and weighs the samples, so
    /// that `batch_size`, `shuffle`, `validation_split` and `sample_weight` are not for here; `class_weight` is.
    ///
    /// # Errors
    /// As for [`fit`](Self::fit); if one of these arguments is given; what the dataset reports.
    pub fn fit_dataset(&mut self, dataset: &mut dyn data::Dataset, mut fit: Fit<'_>) -> Result<History> {
        fit.check()?;
        let refused = [
            ("batch_size", fit.batch_size.is_some()),
            ("shuffle", fit.shuffle.is_some()),
            ("validation_split", fit.validation_split != 0.0),
            ("sample_weight", !fit.sample_weight.is_empty()),
        ];
        not_for_datasets("fit", refused)?;
        let first_pass = if fit.steps_per_epoch.is_none() { fit.initial_epoch } else { 0 };
        let mut feed = self.dataset_feed(dataset, first_pass)?.with_class_weight(&fit.class_weight)?;
        let validation = match fit.validation_data.take() {
            Some(given) => Some(self.validation_feed(given, &fit)?),
            None => None,
        };
        self.run_fit(&mut feed, validation, fit)
    }

    fn validation_feed<'a>(&mut self, given: Validation<'a>, fit: &Fit<'_>) -> Result<Box<dyn Feed + 'a>> {
        match given {
            Validation::Arrays { x, y, sample_weight } => {
                Ok(in_memory(self.dataset(&x, &y, &sample_weight)?, fit))
            }
            Validation::Dataset(dataset) => {
                not_for_datasets("fit", [("validation_batch_size", fit.validation_batch_size.is_some())])?;
                Ok(Box::new(self.dataset_feed(dataset, 0)?))
            }
        }
    }

    fn run_fit(
        &mut self,
        feed: &mut dyn Feed,
        mut validation: Option<Box<dyn Feed + '_>>,
        fit: Fit<'_>,
    ) -> Result<History> {
        let steps = fit.steps_per_epoch.or(feed.num_batches());
        let plan = TrainingPlan {
            epochs: fit.epochs,
            initial_epoch: fit.initial_epoch,
            steps,
            samples: feed.num_samples(),
            validation_freq: validation.as_ref().map(|_| fit.validation_freq),
        };
        let mut session = Session {
            model: self,
            listeners: Listeners::new(fit.callbacks),
            pass: 0,
            steps_in_pass: 0,
            is_running: false,
            steps_per_epoch: fit.steps_per_epoch,
        };
        let validation = match &mut validation {
            Some(feed) => Some((&mut **feed as &mut dyn Feed, fit.validation_steps)),
            None => None,
        };
        session.run(feed, validation, &plan)
    }

    /// The checked data of a training, for which the model is made ready.
    pub(super) fn dataset<'a>(
        &mut self,
        x: &Arrays<'a>,
        y: &Arrays<'a>,
        sample_weight: &Arrays<'a>,
    ) -> Result<Dataset<'a>> {
        self.training()?;
        if !self.is_built() {
            let shapes = input_shapes(x)?;
            self.network_for(&shapes)?;
        }
        let ready = self.prepare_training()?;
        Dataset::new(&ready.names, x, y, sample_weight)
    }
}

/// The feed of validation data in memory.
fn in_memory<'a>(data: Dataset<'a>, fit: &Fit<'_>) -> Box<dyn Feed + 'a> {
    let given = fit.validation_batch_size.or(fit.batch_size);
    let batch_size = batch_size_for(given, fit.validation_steps, data.len());
    Box::new(ArrayFeed::new(data, batch_size, Shuffle::Off))
}

/// The shapes of arrays that a chain is built for.
fn input_shapes(x: &Arrays<'_>) -> Result<Vec<Shape>> {
    let arrays = x.in_order("x", &["x".to_owned()])?;
    let samples = arrays.into_iter().map(|array| Samples::new("x", array));
    samples.map(|samples| Ok(Shape::known(&samples?.batch_shape(1)))).collect()
}

/// Takes the last samples off for validation, as many as Keras does.
fn split(data: Dataset<'_>, share: f64) -> Result<(Dataset<'_>, Option<Dataset<'_>>)> {
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
    listeners: Listeners<'c>,
    /// Passes through the data that have begun.
    pass: usize,
    /// Batches that were taken in the pass.
    steps_in_pass: usize,
    /// Whether a pass is under way.
    is_running: bool,
    steps_per_epoch: Option<usize>,
}

impl Session<'_, '_> {
    fn run(
        &mut self,
        feed: &mut dyn Feed,
        mut validation: Option<(&mut dyn Feed, Option<usize>)>,
        plan: &TrainingPlan,
    ) -> Result<History> {
        let mut history = History::default();
        self.notify(|callback, control| callback.on_train_begin(plan, control))?;
        for epoch in self.listeners.requests.initial_epoch.unwrap_or(plan.initial_epoch)..plan.epochs {
            self.notify(|callback, control| callback.on_epoch_begin(epoch, control))?;
            let mut logs = self.train_epoch(feed, epoch)?;
            if let Some((feed, steps)) = &mut validation
                && plan.validates(epoch)
            {
                let evaluation = self.model.evaluate_feed(*feed, *steps, &mut self.listeners)?;
                logs.extend(evaluation.into_iter().map(|(key, value)| (format!("val_{key}"), value)));
            }
            self.notify(|callback, control| callback.on_epoch_end(epoch, &mut logs, control))?;
            history.push(epoch, &logs);
            if self.listeners.requests.stop_training {
                break;
            }
        }
        let variables = self.model.trainable_variables();
        self.model.training_mut()?.finalize(&variables)?;
        self.notify(|callback, control| callback.on_train_end(control))?;
        Ok(history)
    }

    /// All batches of an epoch; returns the means over them.
    fn train_epoch(&mut self, feed: &mut dyn Feed, epoch: usize) -> Result<Logs> {
        self.model.training_mut()?.heads.reset();
        if !self.is_running {
            self.start_pass(feed, epoch)?;
        }
        let mut step = 0;
        while self.steps_per_epoch.is_none_or(|steps| step < steps) {
            if step == 0 && self.steps_in_pass > 0 && feed.num_batches() == Some(self.steps_in_pass) {
                self.start_pass(feed, epoch)?;
            }
            let (batch, ahead) = match feed.next_batch()? {
                Some(served) => served,
                // A pass of unknown length was over when the last epoch ended.
                None if step == 0 && self.steps_in_pass > 0 => {
                    self.start_pass(feed, epoch)?;
                    continue;
                }
                None => {
                    self.is_running = false;
                    break;
                }
            };
            self.notify(|callback, control| callback.on_train_batch_begin(step, control))?;
            self.model.run_batch_beside(Purpose::Train, &batch, || ahead.gather())?;
            if !self.listeners.is_empty() {
                let mut logs = self.model.training()?.heads.logs();
                self.notify(|callback, control| callback.on_train_batch_end(step, &mut logs, control))?;
            }
            step += 1;
            self.steps_in_pass += 1;
            if self.listeners.requests.stop_training {
                break;
            }
        }
        if step == 0 {
            return Err(Error::data("fit", "expected at least one batch in an epoch, got none"));
        }
        Ok(self.model.training()?.heads.logs())
    }

    /// Begins a pass through the data.
    fn start_pass(&mut self, feed: &mut dyn Feed, epoch: usize) -> Result<()> {
        // Where an epoch is a pass, its number orders the samples, also in a training that is taken up again.
        let pass = if self.steps_per_epoch.is_none() { epoch } else { self.pass };
        let key = RandomKey { seed: self.model.seed(), stream: SHUFFLE_STREAM, step: pass as u64 };
        feed.start(pass, key)?;
        (self.pass, self.steps_in_pass, self.is_running) = (self.pass + 1, 0, true);
        Ok(())
    }

    /// Tells every callback.
    fn notify(
        &mut self,
        tell: impl FnMut(&mut dyn Callback, &mut dyn TrainingControl) -> Result<()>,
    ) -> Result<()> {
        self.listeners.tell(Running::Training(self.model), tell)
    }
}
