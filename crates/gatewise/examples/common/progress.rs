//! The numbers of a training, printed while it runs.

use std::time::Instant;

use gatewise::Result;
use gatewise::callbacks::{Callback, Logs, TrainingControl, TrainingPlan};

/// Lines that a training prints, at most.
const LINES: usize = 8;

/// Prints some of the epochs, the last one among them, and how long they took.
pub struct Progress {
    epochs: usize,
    start: Instant,
}

impl Progress {
    /// One for one training.
    pub fn new() -> Self {
        Self { epochs: 0, start: Instant::now() }
    }
}

impl Callback for Progress {
    fn on_train_begin(&mut self, plan: &TrainingPlan, _: &mut dyn TrainingControl) -> Result<()> {
        self.epochs = plan.epochs;
        self.start = Instant::now();
        Ok(())
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, _: &mut dyn TrainingControl) -> Result<()> {
        let number = epoch + 1;
        if number.is_multiple_of(self.epochs.div_ceil(LINES)) || number == self.epochs {
            let others = logs.iter().filter(|(name, _)| *name != "loss");
            let numbers: String = others.map(|(name, value)| format!(", {name} {value:.4}")).collect();
            println!("epoch {number:3}: loss {:.4}{numbers}", logs["loss"]);
        }
        Ok(())
    }

    fn on_train_end(&mut self, _: &mut dyn TrainingControl) -> Result<()> {
        println!("trained in {:.1} s\n", self.start.elapsed().as_secs_f64());
        Ok(())
    }
}
