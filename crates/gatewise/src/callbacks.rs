//! What happens around the epochs and batches of a training.

use std::collections::BTreeMap;

use ndarray::ArrayD;

use crate::error::Result;

mod early_stopping;
mod history;

pub use early_stopping::{EarlyStopping, EarlyStoppingProgress, Improvement};
pub use history::History;

/// Named numbers of an epoch or batch, in alphabetical order as in Keras 3.
pub type Logs = BTreeMap<String, f64>;

/// What a callback may look at and change while a training runs.
pub trait TrainingControl {
    /// Ends the training after the current epoch (or batch).
    fn stop_training(&mut self);

    /// The weights of the model, in the order of `get_weights`.
    fn weights(&self) -> Vec<ArrayD<f32>>;

    /// Replaces the weights.
    ///
    /// # Errors
    /// If their number or shapes differ.
    fn set_weights(&mut self, weights: &[ArrayD<f32>]) -> Result<()>;

    /// The learning rate of the next step.
    fn learning_rate(&self) -> f32;

    /// Replaces the learning rate.
    ///
    /// # Errors
    /// If it is negative or not finite, or if the optimizer follows a schedule.
    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<()>;
}

/// What a training is going to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrainingPlan {
    /// The number of epochs.
    pub epochs: usize,
    /// Batches in an epoch.
    pub steps: usize,
    /// Samples in an epoch.
    pub samples: usize,
}

/// Something that is told of the epochs and batches of a training; every method may be left out.
///
/// # Errors
/// An error ends the training and is what `fit` returns.
pub trait Callback {
    /// Before the first epoch.
    fn on_train_begin(&mut self, plan: &TrainingPlan, control: &mut dyn TrainingControl) -> Result<()> {
        let _ = (plan, control);
        Ok(())
    }

    /// Before each epoch; epochs count from 0.
    fn on_epoch_begin(&mut self, epoch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        let _ = (epoch, control);
        Ok(())
    }

    /// After each batch, with the means over the epoch so far.
    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        let _ = (batch, logs, control);
        Ok(())
    }

    /// After each epoch and its validation. What a callback adds to `logs` is seen by those after it.
    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        let _ = (epoch, logs, control);
        Ok(())
    }

    /// After the last epoch.
    fn on_train_end(&mut self, control: &mut dyn TrainingControl) -> Result<()> {
        let _ = control;
        Ok(())
    }
}
