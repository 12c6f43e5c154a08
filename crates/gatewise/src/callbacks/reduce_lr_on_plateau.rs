//! A smaller learning rate where nothing gets better.

use super::monitor::Monitor;
use super::text::repr;
use super::{Callback, Improvement, Logs, TrainingControl, TrainingPlan};
use crate::error::{Error, Result};

/// Keras's `ReduceLROnPlateau`: multiplies the learning rate by `factor` after `patience` epochs without an improvement.
///
/// Adds `learning_rate` to the logs: the rate that the epoch was trained with.
///
/// ```
/// use gatewise::callbacks::ReduceLrOnPlateau;
///
/// let mut reduce = ReduceLrOnPlateau { factor: 0.2, patience: 5, min_lr: 1e-3, ..ReduceLrOnPlateau::default() };
/// # let _ = &mut reduce;
/// ```
#[derive(Debug, Clone)]
pub struct ReduceLrOnPlateau {
    /// The key to watch (default `val_loss`).
    pub monitor: String,
    /// What the learning rate is multiplied by, at least 0 and below 1 (default 0.1).
    pub factor: f64,
    /// Epochs without an improvement that are endured (default 10; 0 is as 1).
    pub patience: usize,
    /// 1 says what the learning rate becomes; 0 (default) says nothing.
    pub verbose: u8,
    /// Which values are better (default: smaller ones of a loss, and of a metric what it says itself).
    pub mode: Option<Improvement>,
    /// How much better a value must be to count, at least 0 (default 0.0001).
    pub min_delta: f64,
    /// Epochs after a reduction that are not watched (default 0).
    pub cooldown: usize,
    /// The learning rate is never made smaller than this, at least 0 (default 0).
    pub min_lr: f64,
    /// What has been seen of the running training; starts empty.
    pub progress: ReduceLrProgress,
}

/// What a [`ReduceLrOnPlateau`] has seen of the running training.
#[derive(Debug, Clone, Default)]
pub struct ReduceLrProgress {
    plan: TrainingPlan,
    best: Option<f64>,
    wait: usize,
    cooldown: usize,
}

impl Default for ReduceLrOnPlateau {
    fn default() -> Self {
        Self {
            monitor: "val_loss".into(),
            factor: 0.1,
            patience: 10,
            verbose: 0,
            mode: None,
            min_delta: 1e-4,
            cooldown: 0,
            min_lr: 0.0,
            progress: ReduceLrProgress::default(),
        }
    }
}

const CLASS_NAME: &str = "ReduceLROnPlateau";

impl ReduceLrOnPlateau {
    fn monitor(&self) -> Monitor<'_> {
        Monitor { class_name: CLASS_NAME, key: &self.monitor, mode: self.mode, min_delta: self.min_delta }
    }

    fn check(&self) -> Result<()> {
        self.monitor().check()?;
        if !(0.0..1.0).contains(&self.factor) {
            let text = format!("`factor` must be at least 0 and below 1, got {}", self.factor);
            return Err(Error::argument(CLASS_NAME, text));
        }
        if !(self.min_lr.is_finite() && self.min_lr >= 0.0) {
            let text = format!("`min_lr` must be a finite number of at least 0, got {}", self.min_lr);
            return Err(Error::argument(CLASS_NAME, text));
        }
        Ok(())
    }

    /// Makes the learning rate smaller if it is not the smallest.
    fn reduce(&mut self, epoch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        let old = control.learning_rate();
        if old <= self.min_lr as f32 {
            return Ok(());
        }
        let new = (f64::from(old) * self.factor).max(self.min_lr);
        control.set_learning_rate(new as f32)?;
        (self.progress.cooldown, self.progress.wait) = (self.cooldown, 0);
        if self.verbose > 0 {
            let (epoch, new) = (epoch + 1, repr(new));
            control.say(format!("\nEpoch {epoch}: ReduceLROnPlateau reducing learning rate to {new}.\n"));
        }
        Ok(())
    }
}

impl Callback for ReduceLrOnPlateau {
    fn on_train_begin(&mut self, plan: &TrainingPlan, _control: &mut dyn TrainingControl) -> Result<()> {
        self.check()?;
        self.progress = ReduceLrProgress { plan: plan.clone(), ..ReduceLrProgress::default() };
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        logs.insert("learning_rate".to_owned(), control.learning_rate().into());
        let value = self.monitor().value(epoch, logs, &self.progress.plan)?;
        let improvement = self.monitor().improvement(control)?;
        let Some(value) = value else { return Ok(()) };
        if self.progress.cooldown > 0 {
            self.progress.cooldown -= 1;
            self.progress.wait = 0;
        }
        if self.monitor().is_better(improvement, value, self.progress.best) {
            (self.progress.best, self.progress.wait) = (Some(value), 0);
        } else if self.progress.cooldown == 0 {
            self.progress.wait += 1;
            if self.progress.wait >= self.patience {
                self.reduce(epoch, control)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
