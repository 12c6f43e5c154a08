//! Going on with a training that was interrupted.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Callback, Logs, SaveFreq, TrainingControl, TrainingPlan};
use crate::error::{Error, Result};
use crate::format::TrainingState;

/// Keras's `BackupAndRestore`: saves weights and the optimizer's state after every epoch (or so many batches), and
/// begins with them where the same training is started again.
///
/// The folder holds one file in a form of our own, `latest.safetensors`, which appears whole or not at all; so Keras's
/// `double_checkpoint` is not needed. A training that was interrupted between epochs goes on as if it had not been: with the
/// same seed the samples come in the same order and dropout draws the same numbers. After a backup within an epoch, that epoch begins
/// anew, as in Keras. What other callbacks have seen and states of stateful layers are not kept.
///
/// ```
/// use gatewise::callbacks::BackupAndRestore;
///
/// # let folder = std::env::temp_dir().join("gatewise-doc-backup");
/// let mut backup = BackupAndRestore::new(&folder);
/// # let _ = &mut backup;
/// ```
#[derive(Debug, Clone)]
pub struct BackupAndRestore {
    /// The folder, which nothing else should use.
    pub backup_dir: PathBuf,
    /// When to save (default after every epoch).
    pub save_freq: SaveFreq,
    /// Whether the file is deleted when the training is done (default true).
    pub delete_checkpoint: bool,
    /// What has been seen of the running training; starts empty.
    pub progress: BackupProgress,
}

/// What a [`BackupAndRestore`] has seen.
#[derive(Debug, Clone, Default)]
pub struct BackupProgress {
    epoch: usize,
    batches: usize,
}

const FILE: &str = "latest.safetensors";

impl BackupAndRestore {
    /// Saves to this folder after every epoch.
    pub fn new(backup_dir: impl AsRef<Path>) -> Self {
        Self {
            backup_dir: backup_dir.as_ref().to_owned(),
            save_freq: SaveFreq::Epoch,
            delete_checkpoint: true,
            progress: BackupProgress::default(),
        }
    }

    fn save(&self, control: &mut dyn TrainingControl) -> Result<()> {
        fs::create_dir_all(&self.backup_dir).map_err(|error| Error::io(&self.backup_dir, &error))?;
        let optimizer = control.optimizer_state()?.into_iter().map(|variable| variable.value).collect();
        let state = TrainingState { epoch: self.progress.epoch, weights: control.weights(), optimizer };
        state.save(&self.backup_dir.join(FILE))
    }
}

impl Callback for BackupAndRestore {
    fn on_train_begin(&mut self, plan: &TrainingPlan, control: &mut dyn TrainingControl) -> Result<()> {
        self.save_freq.check("BackupAndRestore")?;
        (self.progress.epoch, self.progress.batches) = (plan.initial_epoch, 0);
        let path = self.backup_dir.join(FILE);
        if !path.exists() {
            return Ok(());
        }
        let state = TrainingState::load(&path)?;
        // The weights are put back if the optimizer is not this one, so that all fits or nothing has changed.
        let own = control.weights();
        control.set_weights(&state.weights)?;
        if let Err(error) = control.set_optimizer_state(&state.optimizer) {
            control.set_weights(&own)?;
            return Err(error);
        }
        control.set_initial_epoch(state.epoch);
        self.progress.epoch = state.epoch;
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        _batch: usize,
        _logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        if self.save_freq.is_due(&mut self.progress.batches) { self.save(control) } else { Ok(()) }
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        _logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        self.progress.epoch = epoch + 1;
        if self.save_freq == SaveFreq::Epoch { self.save(control) } else { Ok(()) }
    }

    fn on_train_end(&mut self, _control: &mut dyn TrainingControl) -> Result<()> {
        let path = self.backup_dir.join(FILE);
        if !self.delete_checkpoint || !path.exists() {
            return Ok(());
        }
        fs::remove_file(&path).map_err(|error| Error::io(&path, &error))?;
        // A folder with something else in it stays.
        let _ = fs::remove_dir(&self.backup_dir);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
