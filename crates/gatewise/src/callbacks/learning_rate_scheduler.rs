//! A learning rate for every epoch.

use super::text::repr;
use super::{Callback, Logs, TrainingControl};
use crate::error::{Error, Result};

/// Keras's `LearningRateScheduler`: sets the learning rate before every epoch to what a function of the epoch (counted
/// from 0) and the present learning rate gives. Adds `learning_rate` to the logs.
///
/// ```
/// use gatewise::callbacks::LearningRateScheduler;
///
/// // The same for five epochs, then smaller by a tenth each.
/// let mut scheduler = LearningRateScheduler::new(|epoch, rate| if epoch < 5 { rate } else { 0.9 * rate });
/// # let _ = &mut scheduler;
/// ```
pub struct LearningRateScheduler<'a> {
    schedule: Box<dyn FnMut(usize, f64) -> f64 + 'a>,
    /// 1 says what the learning rate becomes; 0 (default) says nothing.
    pub verbose: u8,
}

impl<'a> LearningRateScheduler<'a> {
    /// Follows a function of the epoch and the present learning rate.
    pub fn new(schedule: impl FnMut(usize, f64) -> f64 + 'a) -> Self {
        Self { schedule: Box::new(schedule), verbose: 0 }
    }
}

impl Callback for LearningRateScheduler<'_> {
    fn on_epoch_begin(&mut self, epoch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        let learning_rate = (self.schedule)(epoch, control.learning_rate().into());
        if !(learning_rate.is_finite() && learning_rate >= 0.0) {
            let text = format!(
                "`schedule` must give a finite number of at least 0, got {learning_rate} for epoch {epoch}"
            );
            return Err(Error::argument("LearningRateScheduler", text));
        }
        control.set_learning_rate(learning_rate as f32)?;
        if self.verbose > 0 {
            let (epoch, rate) = (epoch + 1, repr(learning_rate));
            control.say(format!("\nEpoch {epoch}: LearningRateScheduler setting learning rate to {rate}.\n"));
        }
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        _epoch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        logs.insert("learning_rate".to_owned(), control.learning_rate().into());
        Ok(())
    }
}
