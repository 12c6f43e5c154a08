//! Stopping when the loss is no number any more.

use super::{Callback, Logs, TrainingControl};
use crate::error::{Error, Result};

/// Keras's `TerminateOnNaN`: ends the training after a batch with a loss that is NaN or infinite.
///
/// ```
/// use gatewise::callbacks::TerminateOnNan;
///
/// let mut stop = TerminateOnNan::default();
/// let mut fail = TerminateOnNan { raise_error: true };
/// # let _ = (&mut stop, &mut fail);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct TerminateOnNan {
    /// Whether `fit` returns an error then (default false: it ends as if it were done).
    pub raise_error: bool,
}

impl Callback for TerminateOnNan {
    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        match logs.get("loss") {
            Some(loss) if !loss.is_finite() && self.raise_error => Err(Error::data(
                "TerminateOnNaN",
                format!("expected a finite loss, got {loss} at batch {batch}"),
            )),
            Some(loss) if !loss.is_finite() => {
                control.say(format!("Batch {batch}: Invalid loss, terminating training\n"));
                control.stop_training();
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
