//! Event files for TensorBoard.

use std::path::PathBuf;
use std::time::Instant;

use super::{Callback, Logs, TrainingControl, TrainingPlan};
use crate::error::{Error, Result};
use crate::optimizers::Optimizer;

mod histogram;
mod protobuf;
mod records;
mod writer;

pub use writer::EventWriter;

/// When batches are written to TensorBoard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UpdateFreq {
    /// Never: only epochs are.
    #[default]
    Epoch,
    /// Every so many batches, at least 1.
    Batches(usize),
}

/// Keras's `TensorBoard`: writes event files with the numbers of the logs and the weights, in the folders `train` and
/// `validation` of `log_dir`; `tensorboard --logdir logs` shows them.
///
/// After every epoch it writes `epoch_<name>` and `epoch_learning_rate`, for batches `batch_<name>`, for every evaluation
/// `evaluation_<name>_vs_iterations`, and weights as `<path>/histogram`. Keras's `write_images`, `profile_batch` and
/// `embeddings_freq` are not there.
///
/// ```
/// use gatewise::callbacks::{TensorBoard, UpdateFreq};
///
/// # let folder = std::env::temp_dir().join("gatewise-doc-logs");
/// let mut board = TensorBoard { histogram_freq: 1, update_freq: UpdateFreq::Batches(10), ..TensorBoard::new(&folder) };
/// # let _ = &mut board;
/// ```
#[derive(Debug)]
pub struct TensorBoard {
    /// The folder (Keras's default is `logs`).
    pub log_dir: PathBuf,
    /// Weights are written after every so many epochs, beginning with the first; 0 (default) never.
    pub histogram_freq: usize,
    /// Whether the architecture is written (default true).
    pub write_graph: bool,
    /// Whether the number of training steps in a second is written (default false).
    pub write_steps_per_second: bool,
    /// Which batches are written (default none).
    pub update_freq: UpdateFreq,
    /// What has been seen of the running training; starts empty.
    pub progress: TensorBoardProgress,
}

/// The files that a [`TensorBoard`] writes to, and counts.
#[derive(Debug, Default)]
pub struct TensorBoardProgress {
    train: Option<EventWriter>,
    validation: Option<EventWriter>,
    train_batches: u64,
    batch_start: Option<Instant>,
    epoch_start: Option<(Instant, u64)>,
}

impl TensorBoard {
    /// Writes to this folder after every epoch.
    pub fn new(log_dir: impl Into<PathBuf>) -> Self {
        Self {
            log_dir: log_dir.into(),
            histogram_freq: 0,
            write_graph: true,
            write_steps_per_second: false,
            update_freq: UpdateFreq::Epoch,
            progress: TensorBoardProgress::default(),
        }
    }

    fn train(&mut self) -> Result<&mut EventWriter> {
        writer(&mut self.progress.train, self.log_dir.join("train"))
    }

    fn validation(&mut self) -> Result<&mut EventWriter> {
        writer(&mut self.progress.validation, self.log_dir.join("validation"))
    }

    /// Whether this batch, counted from 1 through all epochs, is written.
    fn is_due(&self, batch: u64) -> bool {
        match self.update_freq {
            UpdateFreq::Epoch => false,
            UpdateFreq::Batches(every) => batch.is_multiple_of(every as u64),
        }
    }

    fn write_epoch(&mut self, epoch: u64, logs: &Logs, control: &dyn TrainingControl) -> Result<()> {
        for (name, value) in logs.iter().filter(|(name, _)| *name != "learning_rate") {
            match name.strip_prefix("val_") {
                Some(name) => self.validation()?.scalar(&format!("epoch_{name}"), *value, epoch)?,
                None => self.train()?.scalar(&format!("epoch_{name}"), *value, epoch)?,
            }
        }
        self.train()?.scalar("epoch_learning_rate", control.learning_rate().into(), epoch)?;
        if let Some((start, before)) = self.progress.epoch_start.filter(|_| self.write_steps_per_second) {
            let rate = (iterations(control) - before) as f64 / start.elapsed().as_secs_f64();
            self.train()?.scalar("epoch_steps_per_second", rate, epoch)?;
        }
        Ok(())
    }

    fn write_weights(&mut self, epoch: u64, control: &dyn TrainingControl) -> Result<()> {
        for variable in control.model().variables() {
            let tag = format!("{}/histogram", variable.path());
            self.train()?.histogram(&tag, variable.value().iter().copied(), epoch)?;
        }
        Ok(())
    }
}

/// The writer of a folder, made when there is something to write.
fn writer(writer: &mut Option<EventWriter>, folder: PathBuf) -> Result<&mut EventWriter> {
    if writer.is_none() {
        *writer = Some(EventWriter::create(folder)?);
    }
    writer.as_mut().ok_or_else(|| Error::state("TensorBoard", "the event file is not open"))
}

/// Updates of the weights so far.
fn iterations(control: &dyn TrainingControl) -> u64 {
    control.model().optimizer().map_or(0, Optimizer::iterations)
}

impl Callback for TensorBoard {
    fn on_train_begin(&mut self, _plan: &TrainingPlan, control: &mut dyn TrainingControl) -> Result<()> {
        if self.update_freq == UpdateFreq::Batches(0) {
            return Err(Error::argument("TensorBoard", "`update_freq` must be at least 1 batch, got 0"));
        }
        (self.progress.train_batches, self.progress.train, self.progress.validation) = (0, None, None);
        if self.write_graph {
            let json = control.model().to_json();
            self.train()?.keras_model("keras", &json, 0)?;
        }
        Ok(())
    }

    fn on_epoch_begin(&mut self, _epoch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        self.progress.epoch_start = Some((Instant::now(), iterations(control)));
        Ok(())
    }

    fn on_train_batch_begin(&mut self, _batch: usize, _control: &mut dyn TrainingControl) -> Result<()> {
        self.progress.train_batches += 1;
        self.progress.batch_start = Some(Instant::now());
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        _batch: usize,
        logs: &mut Logs,
        _control: &mut dyn TrainingControl,
    ) -> Result<()> {
        let batch = self.progress.train_batches;
        if !self.is_due(batch) {
            return Ok(());
        }
        if let Some(start) = self.progress.batch_start.filter(|_| self.write_steps_per_second) {
            let rate = 1.0 / start.elapsed().as_secs_f64();
            self.train()?.scalar("batch_steps_per_second", rate, batch)?;
        }
        logs.iter()
            .try_for_each(|(name, value)| self.train()?.scalar(&format!("batch_{name}"), *value, batch))
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        self.write_epoch(epoch as u64, logs, control)?;
        if self.histogram_freq > 0 && epoch.is_multiple_of(self.histogram_freq) {
            self.write_weights(epoch as u64, control)?;
        }
        Ok(())
    }

    fn on_train_end(&mut self, _control: &mut dyn TrainingControl) -> Result<()> {
        (self.progress.train, self.progress.validation) = (None, None);
        Ok(())
    }

    fn on_test_end(&mut self, logs: &mut Logs, control: &mut dyn TrainingControl) -> Result<()> {
        let step = iterations(control);
        logs.iter().try_for_each(|(name, value)| {
            self.validation()?.scalar(&format!("evaluation_{name}_vs_iterations"), *value, step)
        })
    }
}

#[cfg(test)]
mod tests;
