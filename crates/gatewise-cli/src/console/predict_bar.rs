//! The progress of a prediction.

use std::time::{Duration, Instant};

use gatewise::callbacks::{Callback, TrainingControl, TrainingPlan};
use gatewise::ndarray::ArrayD;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Tells of a prediction by a bar on standard error, which appears after a second and only at a terminal.
pub struct PredictBar {
    bar: ProgressBar,
    start: Instant,
}

impl PredictBar {
    /// A bar that is not shown yet.
    pub fn new() -> Self {
        Self { bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()), start: Instant::now() }
    }
}

impl Callback for PredictBar {
    fn on_predict_begin(&mut self, plan: &TrainingPlan, _: &mut dyn TrainingControl) -> gatewise::Result<()> {
        let style = ProgressStyle::with_template("{msg} {bar:40} {percent:>3} % {elapsed}, {eta} left");
        self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        self.bar.set_message("predicting");
        self.bar.set_length(plan.steps.unwrap_or(0) as u64);
        Ok(())
    }

    fn on_predict_batch_end(
        &mut self,
        batch: usize,
        _outputs: &[ArrayD<f32>],
        _: &mut dyn TrainingControl,
    ) -> gatewise::Result<()> {
        if self.bar.is_hidden() && self.start.elapsed() > Duration::from_secs(1) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(batch as u64 + 1);
        Ok(())
    }

    fn on_predict_end(&mut self, _: &mut dyn TrainingControl) -> gatewise::Result<()> {
        self.bar.finish_and_clear();
        Ok(())
    }
}
