//! Stopping when nothing gets better.

use ndarray::ArrayD;

use super::{Callback, Logs, TrainingControl, TrainingPlan};
use crate::error::{Error, Result};

/// Which values are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Improvement {
    /// Smaller ones, as of a loss.
    Min,
    /// Larger ones, as of an accuracy.
    Max,
}

/// Keras's `EarlyStopping`: ends the training after `patience` epochs without an improvement.
///
/// ```
/// use gatewise::callbacks::EarlyStopping;
///
/// let mut stop = EarlyStopping { patience: 5, restore_best_weights: true, ..EarlyStopping::default() };
/// # let _ = &mut stop;
/// ```
#[derive(Debug, Clone)]
pub struct EarlyStopping {
    /// The key to watch (default `val_loss`).
    pub monitor: String,
    /// How much better a value must be to count, at least 0 (default 0).
    pub min_delta: f64,
    /// Epochs without an improvement that are endured (default 0).
    pub patience: usize,
    /// Which values are better; without it smaller ones for a loss or error, larger ones for an accuracy.
    pub mode: Option<Improvement>,
    /// A value that must be beaten for the patience to start anew.
    pub baseline: Option<f64>,
    /// Whether the model gets the weights of its best epoch back, also if the training was not stopped early.
    pub restore_best_weights: bool,
    /// Epochs at the start that are not watched (default 0).
    pub start_from_epoch: usize,
    /// What has been seen of the running training; starts empty.
    pub progress: EarlyStoppingProgress,
}

/// What has been seen of the running training.
#[derive(Debug, Clone, Default)]
pub struct EarlyStoppingProgress {
    best: Option<f64>,
    best_epoch: usize,
    wait: usize,
    stopped_epoch: Option<usize>,
    best_weights: Option<Vec<ArrayD<f32>>>,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        Self {
            monitor: "val_loss".into(),
            min_delta: 0.0,
            patience: 0,
            mode: None,
            baseline: None,
            restore_best_weights: false,
            start_from_epoch: 0,
            progress: EarlyStoppingProgress::default(),
        }
    }
}

impl EarlyStopping {
    /// The epoch after which the training was stopped, if it was.
    pub fn stopped_epoch(&self) -> Option<usize> {
        self.progress.stopped_epoch
    }

    /// The epoch with the best value.
    pub fn best_epoch(&self) -> usize {
        self.progress.best_epoch
    }

    fn mode(&self) -> Improvement {
        let is_accuracy =
            ["acc", "auc", "precision", "recall", "f1"].iter().any(|name| self.monitor.contains(name));
        self.mode.unwrap_or(if is_accuracy { Improvement::Max } else { Improvement::Min })
    }

    fn is_better(&self, value: f64, reference: f64) -> bool {
        match self.mode() {
            Improvement::Min => value + self.min_delta.abs() < reference,
            Improvement::Max => value - self.min_delta.abs() > reference,
        }
    }
}

impl Callback for EarlyStopping {
    fn on_train_begin(&mut self, _plan: &TrainingPlan, _control: &mut dyn TrainingControl) -> Result<()> {
        self.progress = EarlyStoppingProgress::default();
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        let Some(value) = logs.get(&self.monitor).copied() else {
            let known: Vec<&str> = logs.keys().map(String::as_str).collect();
            let text = format!("`monitor` must be one of {}, got \"{}\"", known.join(", "), self.monitor);
            return Err(Error::argument("early_stopping", text));
        };
        if epoch < self.start_from_epoch {
            return Ok(());
        }
        if self.restore_best_weights && self.progress.best_weights.is_none() {
            // Until a value is better than another, the first weights are the best.
            self.progress.best_weights = Some(control.weights());
            self.progress.best_epoch = epoch;
        }
        self.progress.wait += 1;
        // NaN is better than nothing else, not even than no value.
        if !value.is_nan() && self.progress.best.is_none_or(|best| self.is_better(value, best)) {
            self.progress.best = Some(value);
            self.progress.best_epoch = epoch;
            self.progress.best_weights = self.restore_best_weights.then(|| control.weights());
            if self.baseline.is_none_or(|baseline| self.is_better(value, baseline)) {
                self.progress.wait = 0;
            }
            return Ok(());
        }
        if self.progress.wait >= self.patience && epoch > 0 {
            self.progress.stopped_epoch = Some(epoch);
            control.stop_training();
        }
        Ok(())
    }

    fn on_train_end(&mut self, control: &mut dyn TrainingControl) -> Result<()> {
        match self.progress.best_weights.take() {
            Some(weights) => control.set_weights(&weights),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
