//! Watching a number of the logs for getting better.

use super::{Logs, TrainingControl, TrainingPlan};
use crate::error::{Error, Result};
use crate::metrics::Direction;

/// Which values are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Improvement {
    /// Smaller ones, as of a loss.
    Min,
    /// Larger ones, as of an accuracy.
    Max,
}

/// What callbacks that watch a number have in common (Keras's `MonitorCallback`).
pub(super) struct Monitor<'a> {
    /// The callback's class, for messages.
    pub class_name: &'a str,
    /// The key in the logs.
    pub key: &'a str,
    /// Which values are better; without it what the loss or the metric says.
    pub mode: Option<Improvement>,
    /// How much better a value must be to count.
    pub min_delta: f64,
}

impl Monitor<'_> {
    /// Checks what needs no training to be judged.
    ///
    /// # Errors
    /// If an argument is out of range.
    pub fn check(&self) -> Result<()> {
        if self.key.is_empty() {
            return Err(Error::argument(
                self.class_name,
                "`monitor` must name a number of the logs, got \"\"",
            ));
        }
        if self.min_delta.is_finite() && self.min_delta >= 0.0 {
            return Ok(());
        }
        let text = format!("`min_delta` must be a finite number of at least 0, got {}", self.min_delta);
        Err(Error::argument(self.class_name, text))
    }

    /// The value to watch; `None` in an epoch without validation, where the next one has it.
    ///
    /// # Errors
    /// If there is no such value and will be none; the message lists what there is.
    pub fn value(&self, epoch: usize, logs: &Logs, plan: &TrainingPlan) -> Result<Option<f64>> {
        if let Some(value) = logs.get(self.key) {
            return Ok(Some(*value));
        }
        let may_come = self.key.starts_with("val_") && plan.validation_freq.is_some();
        if may_come && !plan.validates(epoch) {
            return Ok(None);
        }
        let known: Vec<&str> = logs.keys().map(String::as_str).collect();
        let text = format!("`monitor` must be one of {}, got \"{}\"", known.join(", "), self.key);
        Err(Error::argument(self.class_name, text))
    }

    /// Which values are better: smaller ones of a loss, and of a metric what it says itself.
    ///
    /// # Errors
    /// If that is not known, as for a number that another callback has added.
    pub fn improvement(&self, control: &dyn TrainingControl) -> Result<Improvement> {
        if let Some(mode) = self.mode {
            return Ok(mode);
        }
        let name = self.key.strip_prefix("val_").unwrap_or(self.key);
        match control.model().metric_direction(name) {
            Some(Direction::Down) => Ok(Improvement::Min),
            Some(Direction::Up) => Ok(Improvement::Max),
            None => {
                let text = format!(
                    "`mode` must be given for `monitor` \"{}\": it is not known which values are better",
                    self.key
                );
                Err(Error::argument(self.class_name, text))
            }
        }
    }

    /// Whether a value is better than another by more than `min_delta`. Every number is better than none, but NaN is
    /// better than nothing (in Keras a NaN in the first epoch is the best for ever).
    pub fn is_better(&self, improvement: Improvement, value: f64, reference: Option<f64>) -> bool {
        let Some(reference) = reference else { return !value.is_nan() };
        match improvement {
            Improvement::Min => value + self.min_delta < reference,
            Improvement::Max => value - self.min_delta > reference,
        }
    }
}

#[cfg(test)]
mod tests;
