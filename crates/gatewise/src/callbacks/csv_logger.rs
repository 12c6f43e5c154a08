//! The numbers of every epoch in a CSV file.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use super::text::repr;
use super::{Callback, Logs, TrainingControl, TrainingPlan};
use crate::error::{Error, Result};

/// Keras's `CSVLogger`: writes a row of the logs after every epoch, which is on the disk at once.
///
/// The columns are `epoch` (counted from 0) and the keys of the first epoch in alphabetical order; if none begins with
/// `val_`, there is a column `val_<key>` for each, as a later epoch may have a validation. What an epoch lacks is `NA`.
///
/// ```
/// use gatewise::callbacks::CsvLogger;
///
/// # let path = std::env::temp_dir().join("gatewise-doc-log.csv");
/// let mut log = CsvLogger { append: true, ..CsvLogger::new(&path) };
/// # let _ = &mut log;
/// ```
#[derive(Debug)]
pub struct CsvLogger {
    /// The file.
    pub filename: PathBuf,
    /// What stands between columns, one character (default a comma).
    pub separator: char,
    /// Whether rows are added to a file that is there, whose head is kept (default false: it is replaced).
    pub append: bool,
    /// What has been seen of the running training; starts empty.
    pub progress: CsvLoggerProgress,
}

/// The file that a [`CsvLogger`] writes to.
#[derive(Debug, Default)]
pub struct CsvLoggerProgress {
    file: Option<File>,
    has_head: bool,
    keys: Vec<String>,
}

impl CsvLogger {
    /// Writes to this file.
    pub fn new(filename: impl AsRef<Path>) -> Self {
        Self {
            filename: filename.as_ref().to_owned(),
            separator: ',',
            append: false,
            progress: CsvLoggerProgress::default(),
        }
    }

    fn write(&mut self, fields: &[String]) -> Result<()> {
        let quoted: Vec<String> = fields.iter().map(|field| quote(field, self.separator)).collect();
        let row = format!("{}\r\n", quoted.join(&self.separator.to_string()));
        let Some(file) = &mut self.progress.file else {
            return Err(Error::state("CSVLogger", "the training has not begun"));
        };
        file.write_all(row.as_bytes()).map_err(|error| Error::io(&self.filename, &error))
    }
}

/// A field in quotes if it has to be.
fn quote(field: &str, separator: char) -> String {
    if field.contains([separator, '"', '\r', '\n']) {
        return format!("\"{}\"", field.replace('"', "\"\""));
    }
    field.to_owned()
}

/// The columns beside the epoch.
fn columns(logs: &Logs) -> Vec<String> {
    let mut keys: Vec<String> = logs.keys().cloned().collect();
    if !keys.iter().any(|key| key.starts_with("val_")) {
        keys.extend(logs.keys().map(|key| format!("val_{key}")));
    }
    keys
}

/// Whether a file is there and has a first line.
fn begins_with_a_line(path: &Path) -> bool {
    let first = File::open(path).ok().and_then(|file| BufReader::new(file).lines().next());
    first.is_some()
}

impl Callback for CsvLogger {
    fn on_train_begin(&mut self, _plan: &TrainingPlan, _control: &mut dyn TrainingControl) -> Result<()> {
        if ['"', '\r', '\n'].contains(&self.separator) {
            let text =
                format!("`separator` must be neither a quote nor a line's end, got {:?}", self.separator);
            return Err(Error::argument("CSVLogger", text));
        }
        self.progress.has_head = self.append && begins_with_a_line(&self.filename);
        self.progress.keys.clear();
        let mut options = File::options();
        options.create(true).write(true).append(self.append).truncate(!self.append);
        self.progress.file =
            Some(options.open(&self.filename).map_err(|error| Error::io(&self.filename, &error))?);
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        _control: &mut dyn TrainingControl,
    ) -> Result<()> {
        if self.progress.keys.is_empty() {
            self.progress.keys = columns(logs);
            if !self.progress.has_head {
                let head: Vec<String> =
                    std::iter::once("epoch".to_owned()).chain(self.progress.keys.clone()).collect();
                self.write(&head)?;
            }
        }
        let value = |key: &String| logs.get(key).map_or("NA".to_owned(), |value| repr(*value));
        let row: Vec<String> =
            std::iter::once(epoch.to_string()).chain(self.progress.keys.iter().map(value)).collect();
        self.write(&row)
    }

    fn on_train_end(&mut self, _control: &mut dyn TrainingControl) -> Result<()> {
        self.progress.file = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
