//! The callbacks of a training, an evaluation or a prediction, and what they may change.

use ndarray::ArrayD;

use super::Model;
use crate::callbacks::{Callback, TrainingControl, TrainingPlan};
use crate::error::{Error, Result};
use crate::metrics::Direction;
use crate::optimizers::{OptimizerValue, OptimizerVariable};

/// Callbacks, with what they have asked for.
#[derive(Default)]
pub(super) struct Listeners<'c> {
    callbacks: Vec<&'c mut dyn Callback>,
    pub requests: Requests,
}

/// What callbacks have asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Requests {
    pub stop_training: bool,
    pub stop_evaluating: bool,
    pub stop_predicting: bool,
    pub initial_epoch: Option<usize>,
}

/// A model that runs: one that only predicts is not changed.
pub(super) enum Running<'m> {
    Training(&'m mut Model),
    Predicting(&'m Model),
}

impl<'c> Listeners<'c> {
    pub fn new(callbacks: Vec<&'c mut dyn Callback>) -> Self {
        Self { callbacks, requests: Requests::default() }
    }

    /// Whether there is nobody to tell.
    pub fn is_empty(&self) -> bool {
        self.callbacks.is_empty()
    }

    /// Tells every callback in order; what one of them says is passed on before the next is told.
    ///
    /// # Errors
    /// The first error of a callback.
    pub fn tell(
        &mut self,
        running: Running<'_>,
        mut tell: impl FnMut(&mut dyn Callback, &mut dyn TrainingControl) -> Result<()>,
    ) -> Result<()> {
        let mut control = Control { running, requests: &mut self.requests, said: Vec::new() };
        for index in 0..self.callbacks.len() {
            tell(&mut *self.callbacks[index], &mut control)?;
            for text in control.said.drain(..) {
                self.callbacks.iter_mut().try_for_each(|callback| callback.on_message(&text))?;
            }
        }
        Ok(())
    }
}

impl Listeners<'_> {
    /// Tells of a prediction that begins.
    ///
    /// # Errors
    /// The first error of a callback.
    pub fn predict_begin(
        &mut self,
        model: &Model,
        steps: Option<usize>,
        samples: Option<usize>,
    ) -> Result<()> {
        let plan = TrainingPlan { epochs: 1, steps, samples, ..TrainingPlan::default() };
        self.tell(Running::Predicting(model), |callback, control| callback.on_predict_begin(&plan, control))
    }

    /// Tells of a batch of a prediction before and after it.
    ///
    /// # Errors
    /// That of the batch, or the first error of a callback.
    pub fn predict_batch(
        &mut self,
        model: &Model,
        step: usize,
        predict: impl FnOnce() -> Result<Vec<ArrayD<f32>>>,
    ) -> Result<Vec<ArrayD<f32>>> {
        self.tell(Running::Predicting(model), |callback, control| {
            callback.on_predict_batch_begin(step, control)
        })?;
        let outputs = predict()?;
        self.tell(Running::Predicting(model), |callback, control| {
            callback.on_predict_batch_end(step, &outputs, control)
        })?;
        Ok(outputs)
    }

    /// Tells of a prediction that has ended.
    ///
    /// # Errors
    /// The first error of a callback.
    pub fn predict_end(&mut self, model: &Model) -> Result<()> {
        self.tell(Running::Predicting(model), |callback, control| callback.on_predict_end(control))
    }
}

/// What callbacks may look at and change.
struct Control<'a> {
    running: Running<'a>,
    requests: &'a mut Requests,
    said: Vec<String>,
}

impl Control<'_> {
    fn model_mut(&mut self) -> Result<&mut Model> {
        match &mut self.running {
            Running::Training(model) => Ok(model),
            Running::Predicting(model) => {
                let text = "a prediction does not change the optimizer";
                Err(Error::state(model.name(), text))
            }
        }
    }
}

impl TrainingControl for Control<'_> {
    fn model(&self) -> &Model {
        match &self.running {
            Running::Training(model) => model,
            Running::Predicting(model) => model,
        }
    }

    fn stop_training(&mut self) {
        self.requests.stop_training = true;
    }

    fn stop_evaluating(&mut self) {
        self.requests.stop_evaluating = true;
    }

    fn stop_predicting(&mut self) {
        self.requests.stop_predicting = true;
    }

    fn set_initial_epoch(&mut self, epoch: usize) {
        self.requests.initial_epoch = Some(epoch);
    }

    fn say(&mut self, text: String) {
        self.said.push(text);
    }

    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<()> {
        self.model_mut()?.training_mut()?.optimizer.set_learning_rate(learning_rate)
    }

    fn optimizer_state(&mut self) -> Result<Vec<OptimizerVariable>> {
        let model = self.model_mut()?;
        model.build_optimizer()?;
        model.optimizer_variables()
    }

    fn set_optimizer_state(&mut self, values: &[OptimizerValue]) -> Result<()> {
        self.model_mut()?.set_optimizer_variables(values)
    }

    fn keep_gradients(&mut self) -> Result<()> {
        self.model_mut()?.training_mut()?.gradients.is_wanted = true;
        Ok(())
    }

    fn gradients(&self) -> &[ArrayD<f32>] {
        self.model().training.as_ref().map_or(&[], |training| &training.gradients.arrays)
    }

    fn batch_loss(&self) -> f64 {
        self.model().training.as_ref().map_or(f64::NAN, |training| training.batch_loss)
    }
}

impl Model {
    /// Which way the number of this name in the logs goes when the model gets better, if that is known.
    pub(crate) fn metric_direction(&self, name: &str) -> Option<Direction> {
        self.training.as_ref()?.heads.direction(name)
    }
}

#[cfg(test)]
mod tests;
