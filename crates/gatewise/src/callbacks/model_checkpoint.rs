//! Saving the model while it is trained.

use std::fs;
use std::path::Path;

use super::monitor::Monitor;
use super::{Callback, Improvement, Logs, SaveFreq, TrainingControl, TrainingPlan};
use crate::error::{Error, Result};

mod path;

/// Keras's `ModelCheckpoint`: saves the model after every epoch, after some batches, or when it is better than before.
///
/// The path may hold placeholders, in Python's forms: `{epoch}` (counted from 1), with `save_freq` in batches `{batch}`,
/// and every number of the logs, such as `{val_loss:.2f}`. Folders that are missing are made. The file's ending chooses the
/// format, as in [`Model::save`](crate::Model::save); a file appears whole or not at all.
///
/// ```
/// use gatewise::callbacks::ModelCheckpoint;
/// # use gatewise::layers::{Dense, Input};
/// # use gatewise::{Compile, Fit, Sequential};
/// # use ndarray::Array;
/// # let x = Array::from_shape_fn((40, 2), |(i, j)| (i * 3 + j) as f32 % 7.0).into_dyn();
/// # let y = Array::from_shape_fn((40, 1), |(i, _)| i as f32 % 7.0 / 7.0).into_dyn();
/// # let mut model = Sequential::new().with_seed(7);
/// # model.add(Input::new([Some(2)]))?.add(Dense::new(1))?;
/// # model.compile(Compile::new("sgd", "mse"))?;
///
/// # let folder = std::env::temp_dir().join("gatewise-doc-checkpoint");
/// let path = folder.join("{epoch:02d}-{loss:.3f}.keras");
/// let mut checkpoint = ModelCheckpoint::new(path.to_string_lossy());
/// model.fit(&x, &y, Fit { epochs: 2, callbacks: vec![&mut checkpoint], ..Fit::default() })?;
///
/// let mut best = ModelCheckpoint {
///     monitor: "val_loss".into(),
///     save_best_only: true,
///     ..ModelCheckpoint::new(folder.join("best.keras").to_string_lossy())
/// };
/// model.fit(&x, &y, Fit { validation_split: 0.2, callbacks: vec![&mut best], ..Fit::default() })?;
/// let again = Sequential::load(folder.join("best.keras"))?;
/// # assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # let _ = again;
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ModelCheckpoint {
    /// The path, perhaps with placeholders; `{{` is a brace.
    pub filepath: String,
    /// The key to watch with `save_best_only` (default `val_loss`).
    pub monitor: String,
    /// 1 says what is saved and why not; 0 (default) says nothing.
    pub verbose: u8,
    /// Whether to save only when the value is better than any before (default false).
    pub save_best_only: bool,
    /// Whether to save the weights alone (default false), as [`Model::save_weights`](crate::Model::save_weights) does.
    pub save_weights_only: bool,
    /// Which values are better (default: smaller ones of a loss, and of a metric what it says itself).
    pub mode: Option<Improvement>,
    /// When to save (default after every epoch).
    pub save_freq: SaveFreq,
    /// The value that must be beaten at first (default none).
    pub initial_value_threshold: Option<f64>,
    /// What has been seen of the running training; starts empty. As in Keras it is kept from one `fit` to the next.
    pub progress: ModelCheckpointProgress,
}

/// What a [`ModelCheckpoint`] has seen.
#[derive(Debug, Clone, Default)]
pub struct ModelCheckpointProgress {
    plan: TrainingPlan,
    epoch: usize,
    batches: usize,
    best: Option<f64>,
}

impl ModelCheckpoint {
    /// Saves to this path after every epoch.
    pub fn new(filepath: impl Into<String>) -> Self {
        Self {
            filepath: filepath.into(),
            monitor: "val_loss".into(),
            verbose: 0,
            save_best_only: false,
            save_weights_only: false,
            mode: None,
            save_freq: SaveFreq::Epoch,
            initial_value_threshold: None,
            progress: ModelCheckpointProgress::default(),
        }
    }

    /// The best value so far.
    pub fn best(&self) -> Option<f64> {
        self.progress.best
    }

    fn monitor(&self) -> Monitor<'_> {
        Monitor { class_name: "ModelCheckpoint", key: &self.monitor, mode: self.mode, min_delta: 0.0 }
    }

    fn say(&self, control: &mut dyn TrainingControl, text: &str) {
        if self.verbose > 0 {
            control.say(format!("\nEpoch {}: {text}\n", self.progress.epoch + 1));
        }
    }

    /// Saves if it is time to.
    fn save(&mut self, batch: Option<usize>, logs: &Logs, control: &mut dyn TrainingControl) -> Result<()> {
        let values =
            path::Values { epoch: self.progress.epoch + 1, batch: batch.map(|batch| batch + 1), logs };
        let path = path::fill(&self.filepath, &values)?;
        if !self.is_due(batch, logs, &path, control)? {
            return Ok(());
        }
        write(Path::new(&path), self.save_weights_only, control)?;
        self.say(control, &format!("finished saving model to {path}"));
        Ok(())
    }

    fn is_due(
        &mut self,
        batch: Option<usize>,
        logs: &Logs,
        path: &str,
        control: &mut dyn TrainingControl,
    ) -> Result<bool> {
        if !self.save_best_only {
            self.say(control, &format!("saving model to {path}"));
            return Ok(true);
        }
        if batch.is_some() && self.monitor.starts_with("val_") {
            let text =
                format!("`monitor` \"{}\" is not known after a batch; use `save_freq` Epoch", self.monitor);
            return Err(Error::argument("ModelCheckpoint", text));
        }
        let Some(value) = self.monitor().value(self.progress.epoch, logs, &self.progress.plan)? else {
            return Ok(false);
        };
        let improvement = self.monitor().improvement(control)?;
        let best = self.progress.best.or(self.initial_value_threshold);
        let before = best.map_or("None".to_owned(), |best| super::text::fixed(best, 5));
        if !self.monitor().is_better(improvement, value, best) {
            self.say(control, &format!("{} did not improve from {before}", self.monitor));
            return Ok(false);
        }
        let value_text = super::text::fixed(value, 5);
        let key = &self.monitor;
        self.say(control, &format!("{key} improved from {before} to {value_text}, saving model to {path}"));
        self.progress.best = Some(value);
        Ok(true)
    }
}

/// Saves a model, and makes the folder of the file.
fn write(path: &Path, weights_only: bool, control: &dyn TrainingControl) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Error::io(folder, &error))?;
    }
    match weights_only {
        true => control.model().save_weights(path),
        false => control.model().save(path),
    }
}

impl Callback for ModelCheckpoint {
    fn on_train_begin(&mut self, plan: &TrainingPlan, _control: &mut dyn TrainingControl) -> Result<()> {
        self.monitor().check()?;
        self.save_freq.check("ModelCheckpoint")?;
        self.progress.plan = plan.clone();
        Ok(())
    }

    fn on_epoch_begin(&mut self, epoch: usize, _control: &mut dyn TrainingControl) -> Result<()> {
        self.progress.epoch = epoch;
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        if self.save_freq.is_due(&mut self.progress.batches) {
            self.save(Some(batch), logs, control)
        } else {
            Ok(())
        }
    }

    fn on_epoch_end(
        &mut self,
        _epoch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        if self.save_freq == SaveFreq::Epoch { self.save(None, logs, control) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
