//! What happens around the epochs and batches of a training: Keras's callbacks, with its names and defaults, and your
//! own.
//!
//! Callbacks are told in the order in which they are given, and share the logs: what one adds is seen by those after it
//! and by [`History`], as in Keras. So a callback that writes logs comes last.
//!
//! ```
//! use gatewise::callbacks::{Callback, EarlyStopping, Logs, TrainingControl};
//! use gatewise::layers::{Dense, Input};
//! use gatewise::{Compile, Fit, Result, Sequential};
//! use ndarray::Array;
//!
//! /// A callback of one's own.
//! #[derive(Default)]
//! struct Largest(f64);
//!
//! impl Callback for Largest {
//!     fn on_train_batch_end(&mut self, _batch: usize, logs: &mut Logs, _: &mut dyn TrainingControl) -> Result<()> {
//!         self.0 = self.0.max(logs["loss"]);
//!         Ok(())
//!     }
//! }
//!
//! let x = Array::from_shape_fn((40, 2), |(i, j)| (i * 3 + j) as f32 % 7.0).into_dyn();
//! let y = Array::from_shape_fn((40, 1), |(i, _)| i as f32 % 7.0 / 7.0).into_dyn();
//! let mut model = Sequential::new().with_seed(7);
//! model.add(Input::new([Some(2)]))?.add(Dense::new(1))?;
//! model.compile(Compile::new("sgd", "mse"))?;
//!
//! let mut stop = EarlyStopping { patience: 2, ..EarlyStopping::default() };
//! let mut largest = Largest::default();
//! let callbacks: Vec<&mut dyn Callback> = vec![&mut stop, &mut largest];
//! let history = model.fit(&x, &y, Fit { epochs: 20, validation_split: 0.2, callbacks, ..Fit::default() })?;
//! assert!(largest.0 >= history.get("loss")[0]);
//! # Ok::<(), gatewise::Error>(())
//! ```
//!
//! | for | see |
//! |---|---|
//! | seeing progress | [`ProgbarLogger`], [`History::to_svg`], [`TensorBoard`], [`CsvLogger`] |
//! | stopping in time | [`EarlyStopping`], [`TerminateOnNan`] |
//! | the learning rate | [`LearningRateFinder`], [`ReduceLrOnPlateau`], [`LearningRateScheduler`] |
//! | keeping what was learned | [`ModelCheckpoint`], [`BackupAndRestore`], [`SwapEmaWeights`] |
//! | finding out why nothing is learned | [`WeightStatistics`] |
//! | your own | [`LambdaCallback`], [`Callback`] |
//!
//! A mistake in an argument, a path that cannot be written and a `monitor` that no epoch has end the training with an
//! error (Keras warns of the last and goes on).

use std::collections::BTreeMap;

use ndarray::ArrayD;

use crate::error::Result;
use crate::model::ValidationFreq;

mod backup_and_restore;
mod control;
mod csv_logger;
mod early_stopping;
mod history;
mod lambda_callback;
mod learning_rate_finder;
mod learning_rate_scheduler;
mod model_checkpoint;
mod monitor;
mod progbar;
mod progbar_logger;
mod reduce_lr_on_plateau;
mod save_freq;
mod swap_ema_weights;
mod tensorboard;
mod terminate_on_nan;
#[cfg(test)]
mod testing;
mod text;
mod weight_statistics;

pub use backup_and_restore::{BackupAndRestore, BackupProgress};
pub use control::TrainingControl;
pub use csv_logger::{CsvLogger, CsvLoggerProgress};
pub use early_stopping::{EarlyStopping, EarlyStoppingProgress};
pub use history::{History, HistoryPicture, Scale};
pub use lambda_callback::LambdaCallback;
pub use learning_rate_finder::{LearningRateFinder, SweepPoint, SweepProgress};
pub use learning_rate_scheduler::LearningRateScheduler;
pub use model_checkpoint::{ModelCheckpoint, ModelCheckpointProgress};
pub use monitor::Improvement;
pub use progbar_logger::ProgbarLogger;
pub use reduce_lr_on_plateau::{ReduceLrOnPlateau, ReduceLrProgress};
pub use save_freq::SaveFreq;
pub use swap_ema_weights::{SwapEmaProgress, SwapEmaWeights};
pub use tensorboard::{EventWriter, TensorBoard, TensorBoardProgress, UpdateFreq};
pub use terminate_on_nan::TerminateOnNan;
pub use weight_statistics::{NumberSummary, WeightRow, WeightStatistics, WeightStatisticsProgress};

/// Named numbers of an epoch or batch, in alphabetical order as in Keras 3.
pub type Logs = BTreeMap<String, f64>;

/// What a training, an evaluation or a prediction is going to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrainingPlan {
    /// The number of epochs, counted from 0; 1 for an evaluation or a prediction.
    pub epochs: usize,
    /// The epoch that the training begins with.
    pub initial_epoch: usize,
    /// Batches in an epoch, if that is known.
    pub steps: Option<usize>,
    /// Samples in an epoch, if that is known.
    pub samples: Option<usize>,
    /// The epochs that a validation follows; `None` if there is none.
    pub validation_freq: Option<ValidationFreq>,
}

impl TrainingPlan {
    /// Whether a validation follows this epoch, counted from 0.
    pub fn validates(&self, epoch: usize) -> bool {
        self.validation_freq.as_ref().is_some_and(|freq| freq.is_due(epoch))
    }
}

/// Something that is told of the epochs and batches of a training, an evaluation or a prediction; every method may be
/// left out. Epochs and batches count from 0.
///
/// # Errors
/// An error ends the training at once and is what `fit` returns.
pub trait Callback {
    /// Before the first epoch.
    fn on_train_begin(&mut self, plan: &TrainingPlan, control: &mut dyn TrainingControl) -> Result<()> {
        let _ = (plan, control);
        Ok(())
    }

    /// Before each epoch.
    fn on_epoch_begin(&mut self, epoch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        let _ = (epoch, control);
        Ok(())
    }

    /// Before each batch of training.
    fn on_train_batch_begin(&mut self, batch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        let _ = (batch, control);
        Ok(())
    }

    /// After each batch of training, with the means over the epoch so far.
    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &mut Logs,
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

    /// After the last epoch, also where the training was stopped.
    fn on_train_end(&mut self, control: &mut dyn TrainingControl) -> Result<()> {
        let _ = control;
        Ok(())
    }

    /// Before an evaluation, also before each validation of a training.
    fn on_test_begin(&mut self, plan: &TrainingPlan, control: &mut dyn TrainingControl) -> Result<()> {
        let _ = (plan, control);
        Ok(())
    }

    /// Before each batch of an evaluation.
    fn on_test_batch_begin(&mut self, batch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        let _ = (batch, control);
        Ok(())
    }

    /// After each batch of an evaluation, with the means so far.
    fn on_test_batch_end(
        &mut self,
        batch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        let _ = (batch, logs, control);
        Ok(())
    }

    /// After an evaluation, with its result, whose names have no `val_` here.
    fn on_test_end(&mut self, logs: &mut Logs, control: &mut dyn TrainingControl) -> Result<()> {
        let _ = (logs, control);
        Ok(())
    }

    /// Before a prediction.
    fn on_predict_begin(&mut self, plan: &TrainingPlan, control: &mut dyn TrainingControl) -> Result<()> {
        let _ = (plan, control);
        Ok(())
    }

    /// Before each batch of a prediction.
    fn on_predict_batch_begin(&mut self, batch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        let _ = (batch, control);
        Ok(())
    }

    /// After each batch of a prediction, with the model's outputs `[batch, …]` for it.
    fn on_predict_batch_end(
        &mut self,
        batch: usize,
        outputs: &[ArrayD<f32>],
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        let _ = (batch, outputs, control);
        Ok(())
    }

    /// After a prediction.
    fn on_predict_end(&mut self, control: &mut dyn TrainingControl) -> Result<()> {
        let _ = control;
        Ok(())
    }

    /// When a callback has something to say to people ([`TrainingControl::say`]), before the next callback is told.
    fn on_message(&mut self, text: &str) -> Result<()> {
        let _ = text;
        Ok(())
    }
}
