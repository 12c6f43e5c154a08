//! Stopping when nothing gets better.

use ndarray::ArrayD;

use super::monitor::Monitor;
use super::{Callback, Improvement, Logs, TrainingControl, TrainingPlan};
use crate::error::Result;

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
    /// Epochs without an improvement that are endured (default 0, which is as 1: the first stops the training).
    pub patience: usize,
    /// 1 says when the training is stopped and weights are restored; 0 (default) says nothing.
    pub verbose: u8,
    /// Which values are better (default: smaller ones of a loss, and of a metric what it says itself).
    pub mode: Option<Improvement>,
    /// A value that must be beaten for the patience to start anew (default none).
    pub baseline: Option<f64>,
    /// Whether the model gets the weights of its best epoch back, also if the training was not stopped early (default
    /// false).
    pub restore_best_weights: bool,
    /// Epochs at the start that are not watched (default 0).
    pub start_from_epoch: usize,
    /// What has been seen of the running training; starts empty.
    pub progress: EarlyStoppingProgress,
}

/// What has been seen of the running training.
#[derive(Debug, Clone, Default)]
pub struct EarlyStoppingProgress {
    plan: TrainingPlan,
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
            verbose: 0,
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

    fn monitor(&self) -> Monitor<'_> {
        Monitor {
            class_name: "EarlyStopping",
            key: &self.monitor,
            mode: self.mode,
            min_delta: self.min_delta,
        }
    }
}

impl Callback for EarlyStopping {
    fn on_train_begin(&mut self, plan: &TrainingPlan, _control: &mut dyn TrainingControl) -> Result<()> {
        self.monitor().check()?;
        self.progress = EarlyStoppingProgress { plan: plan.clone(), ..EarlyStoppingProgress::default() };
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        let value = self.monitor().value(epoch, logs, &self.progress.plan)?;
        let improvement = self.monitor().improvement(control)?;
        let Some(value) = value.filter(|_| epoch >= self.start_from_epoch) else { return Ok(()) };
        if self.restore_best_weights && self.progress.best_weights.is_none() {
            // Until a value is better than another, the first weights are the best.
            self.progress.best_weights = Some(control.weights());
            self.progress.best_epoch = epoch;
        }
        self.progress.wait += 1;
        let is_better = |reference| self.monitor().is_better(improvement, value, reference);
        if is_better(self.progress.best) {
            let beats_baseline = is_better(self.baseline);
            self.progress.best = Some(value);
            self.progress.best_epoch = epoch;
            self.progress.best_weights = self.restore_best_weights.then(|| control.weights());
            if beats_baseline {
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
        if let Some(epoch) = self.progress.stopped_epoch
            && self.verbose > 0
        {
            control.say(format!("Epoch {}: early stopping\n", epoch + 1));
        }
        let Some(weights) = self.progress.best_weights.take() else { return Ok(()) };
        if self.verbose > 0 {
            let epoch = self.progress.best_epoch + 1;
            control.say(format!("Restoring model weights from the end of the best epoch: {epoch}.\n"));
        }
        control.set_weights(&weights)
    }
}

#[cfg(test)]
mod tests;
