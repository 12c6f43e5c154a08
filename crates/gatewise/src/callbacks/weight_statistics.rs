//! What weights and gradients look like while a model is trained.

use std::path::{Path, PathBuf};

use ndarray::ArrayD;

use super::text::repr;
use super::{Callback, EventWriter, Logs, SaveFreq, TrainingControl, TrainingPlan};
use crate::error::{Error, Result};
use crate::format::write_atomically;

mod summary;

pub use summary::NumberSummary;

/// Keeps the sizes of every trainable weight, its gradient and its last change: what an expert looks at when a network
/// does not learn. Gradients that vanish have a tiny norm, those that explode a huge one; a change of about a thousandth of the
/// weight in a step is usual.
///
/// Rows are kept in memory and written to `csv` at the end of the training; with `log_dir`, TensorBoard gets histograms of weights
/// and gradients as they come.
///
/// ```
/// use gatewise::callbacks::WeightStatistics;
/// # use gatewise::layers::{Dense, Input, Lstm};
/// # use gatewise::{Compile, Fit, Sequential};
/// # use ndarray::Array;
/// # let x = Array::from_shape_fn((64, 5, 1), |(i, t, _)| ((i + t) as f32 / 3.0).sin()).into_dyn();
/// # let y = Array::from_shape_fn((64, 1), |(i, _)| ((i + 5) as f32 / 3.0).sin()).into_dyn();
/// # let mut model = Sequential::new().with_seed(7);
/// # model.add(Input::new([None, Some(1)]))?.add(Lstm::new(4))?.add(Dense::new(1))?;
/// # model.compile(Compile::new("adam", "mse"))?;
///
/// let mut statistics = WeightStatistics { every: 4.into(), ..WeightStatistics::default() };
/// model.fit(&x, &y, Fit { batch_size: Some(8), epochs: 2, callbacks: vec![&mut statistics], ..Fit::default() })?;
/// let row = &statistics.rows()[0];
/// assert_eq!((row.step, row.variable.as_str()), (4, "lstm/lstm_cell/kernel"));
/// assert!(row.gradient.norm > 0.0 && row.update_ratio < 1.0);
/// assert_eq!(statistics.rows().len(), 4 * 5, "four looks at five weights");
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct WeightStatistics {
    /// When to look: at the last step of every epoch, or every so many steps (default every epoch).
    pub every: SaveFreq,
    /// A file for the table (default none).
    pub csv: Option<PathBuf>,
    /// A folder for TensorBoard (default none).
    pub log_dir: Option<PathBuf>,
    /// What has been seen of the running training; starts empty.
    pub progress: WeightStatisticsProgress,
}

/// What a [`WeightStatistics`] has seen.
#[derive(Debug, Default)]
pub struct WeightStatisticsProgress {
    rows: Vec<WeightRow>,
    epoch: usize,
    step: usize,
    last_of_epoch: Option<usize>,
    seen: usize,
    before: Vec<ArrayD<f32>>,
    events: Option<EventWriter>,
}

/// One look at one weight.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightRow {
    /// The epoch, counted from 0.
    pub epoch: usize,
    /// Steps of the training so far, this one included.
    pub step: usize,
    /// The weight's path, such as `lstm/lstm_cell/kernel`.
    pub variable: String,
    /// The weight after the step.
    pub weight: NumberSummary,
    /// Its gradient in the step, before it is clipped.
    pub gradient: NumberSummary,
    /// The norm of the change over the norm of the weight before it; infinite where only the latter is 0.
    pub update_ratio: f64,
}

impl Default for WeightStatistics {
    fn default() -> Self {
        Self {
            every: SaveFreq::Epoch,
            csv: None,
            log_dir: None,
            progress: WeightStatisticsProgress::default(),
        }
    }
}

const HEAD: &str = "epoch,step,variable,weight_norm,weight_mean,weight_std,weight_min,weight_max,weight_zeros,\
    weight_not_finite,gradient_norm,gradient_mean,gradient_std,gradient_min,gradient_max,gradient_zeros,\
    gradient_not_finite,update_ratio\n";

impl WeightStatistics {
    /// What was seen, step by step, the weights in the order of the model's.
    pub fn rows(&self) -> &[WeightRow] {
        &self.progress.rows
    }

    /// A table of the rows, whose first line names the columns; shares of zeros and of numbers that are not finite are from 0
    /// to 1.
    pub fn to_csv(&self) -> String {
        let numbers = |summary: &NumberSummary| -> String {
            let NumberSummary { norm, mean, std, min, max, zeros, not_finite } = *summary;
            [norm, mean, std, min, max, zeros, not_finite].map(|number| format!(",{}", repr(number))).concat()
        };
        let row = |row: &WeightRow| {
            let (weight, gradient) = (numbers(&row.weight), numbers(&row.gradient));
            let (epoch, step, variable) = (row.epoch, row.step, &row.variable);
            format!("{epoch},{step},{variable}{weight}{gradient},{}\n", repr(row.update_ratio))
        };
        std::iter::once(HEAD.to_owned()).chain(self.progress.rows.iter().map(row)).collect()
    }

    /// Writes [`to_csv`](Self::to_csv) to a file.
    ///
    /// # Errors
    /// If the file cannot be written; the message names it.
    pub fn save_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path.as_ref(), self.to_csv().as_bytes())
    }

    /// Whether to look at this batch of the epoch.
    fn is_due(&mut self, batch: usize) -> bool {
        match self.every {
            SaveFreq::Epoch => self.progress.last_of_epoch.is_none_or(|last| last == batch),
            batches => batches.is_due(&mut self.progress.seen),
        }
    }

    fn look(&mut self, control: &dyn TrainingControl) -> Result<()> {
        let variables = control.model().variables();
        let trainable = variables.iter().filter(|variable| variable.is_trainable());
        let mut rows = Vec::new();
        for ((variable, before), gradient) in trainable.zip(&self.progress.before).zip(control.gradients()) {
            let weight = variable.value();
            rows.push(WeightRow {
                epoch: self.progress.epoch,
                step: self.progress.step,
                variable: variable.path().to_owned(),
                weight: NumberSummary::new(&weight),
                gradient: NumberSummary::new(gradient),
                update_ratio: summary::ratio(before, &weight),
            });
            if let Some(events) = &mut self.progress.events {
                let (path, step) = (variable.path(), self.progress.step as u64);
                events.histogram(&format!("{path}/histogram"), weight.iter().copied(), step)?;
                events.histogram(&format!("{path}/gradient"), gradient.iter().copied(), step)?;
            }
        }
        // With the steps of an epoch unknown, the last look at it counts.
        if self.every == SaveFreq::Epoch {
            self.progress.rows.retain(|row| row.epoch != self.progress.epoch);
        }
        self.progress.rows.extend(rows);
        Ok(())
    }
}

impl Callback for WeightStatistics {
    fn on_train_begin(&mut self, plan: &TrainingPlan, _control: &mut dyn TrainingControl) -> Result<()> {
        if self.every == SaveFreq::Batches(0) {
            return Err(Error::argument("WeightStatistics", "`every` must be at least 1 batch, got 0"));
        }
        self.progress.last_of_epoch = plan.steps.map(|steps| steps.saturating_sub(1));
        (self.progress.step, self.progress.seen) = (0, 0);
        self.progress.rows.clear();
        self.progress.events = self.log_dir.as_ref().map(EventWriter::create).transpose()?;
        // A path that cannot be written is better known now than after the training.
        self.csv.as_ref().map_or(Ok(()), |path| self.save_csv(path))
    }

    fn on_epoch_begin(&mut self, epoch: usize, _control: &mut dyn TrainingControl) -> Result<()> {
        self.progress.epoch = epoch;
        Ok(())
    }

    fn on_train_batch_begin(&mut self, batch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        self.progress.step += 1;
        self.progress.before.clear();
        if self.is_due(batch) {
            let variables = control.model().variables();
            let trainable = variables.iter().filter(|variable| variable.is_trainable());
            self.progress.before = trainable.map(|variable| variable.value()).collect();
            control.keep_gradients()?;
        }
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        _batch: usize,
        _logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        if self.progress.before.is_empty() { Ok(()) } else { self.look(control) }
    }

    fn on_train_end(&mut self, _control: &mut dyn TrainingControl) -> Result<()> {
        self.progress.events = None;
        self.csv.as_ref().map_or(Ok(()), |path| self.save_csv(path))
    }
}

#[cfg(test)]
mod tests;
