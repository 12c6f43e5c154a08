//! The numbers of all epochs of a training.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_json::Value as Json;

use super::Logs;
use super::text::repr;
use crate::error::{Error, Result};
use crate::format::write_atomically;

mod picture;

pub use picture::{HistoryPicture, Scale};

/// What `fit` returns: a list of numbers for each key, one an epoch.
///
/// ```
/// use gatewise::callbacks::{History, HistoryPicture};
///
/// let text = r#"{"loss": [0.9, 0.5, 0.3], "val_loss": [1.0, 0.6, 0.7]}"#; // as Keras's `json.dump(history.history, …)`
/// let history = History::from_json(text)?;
/// assert_eq!(history.get("val_loss"), [1.0, 0.6, 0.7]);
/// assert_eq!(history.best_epoch(), Some(1));
/// assert_eq!(History::from_json(&history.to_json())?, history);
/// assert_eq!(history.to_csv().lines().nth(1), Some("0,0.9,1.0"));
///
/// let svg = history.to_svg(&HistoryPicture { title: "first try".into(), ..HistoryPicture::default() })?;
/// assert!(svg.contains("first try"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct History {
    /// The epochs, counted from 0.
    pub epoch: Vec<usize>,
    /// `loss`, `val_loss`, a key for each metric, ….
    pub history: BTreeMap<String, Vec<f64>>,
    /// The epochs of the numbers of each key: not every epoch has a validation.
    #[serde(skip)]
    epochs: BTreeMap<String, Vec<usize>>,
}

impl History {
    /// The values of a key, empty if there is no such key.
    pub fn get(&self, key: &str) -> &[f64] {
        self.history.get(key).map_or(&[], Vec::as_slice)
    }

    /// The values of a key with their epochs, counted from 0.
    pub fn points(&self, key: &str) -> Vec<(usize, f64)> {
        let epochs = self.epochs.get(key).into_iter().flatten();
        epochs.copied().zip(self.get(key).iter().copied()).collect()
    }

    /// The epoch, counted from 0, with the lowest `val_loss`, or `loss` where nothing was validated; `None` if there is
    /// none.
    pub fn best_epoch(&self) -> Option<usize> {
        let points = self.points(self.best_key());
        let finite = points.into_iter().filter(|(_, value)| value.is_finite());
        finite.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(epoch, _)| epoch)
    }

    /// The key that says which epoch is the best.
    fn best_key(&self) -> &'static str {
        if self.get("val_loss").is_empty() { "loss" } else { "val_loss" }
    }

    pub(crate) fn push(&mut self, epoch: usize, logs: &Logs) {
        self.epoch.push(epoch);
        for (key, value) in logs {
            self.history.entry(key.clone()).or_default().push(*value);
            self.epochs.entry(key.clone()).or_default().push(epoch);
        }
    }

    /// The lists as a JSON object, as `json.dumps(history.history)` gives them for Keras. A number that is not finite is
    /// null, since JSON has none.
    pub fn to_json(&self) -> String {
        Json::from_iter(self.history.iter().map(|(key, values)| (key.clone(), Json::from(values.clone()))))
            .to_string()
    }

    /// A history from such lists; null becomes NaN. The epochs count from 0 to the length of the longest list, and a
    /// shorter list is taken for that of a validation after every so many epochs.
    ///
    /// # Errors
    /// If the text is not an object of lists of numbers.
    pub fn from_json(text: &str) -> Result<Self> {
        let wrong = |text: String| Error::format("history", text);
        let object: BTreeMap<String, Vec<Option<f64>>> = serde_json::from_str(text)
            .map_err(|error| wrong(format!("expected a JSON object of lists of numbers: {error}")))?;
        let longest = object.values().map(Vec::len).max().unwrap_or(0);
        let mut history = Self { epoch: (0..longest).collect(), ..Self::default() };
        for (key, values) in object {
            let every = longest / values.len().max(1);
            let epochs = (1..=values.len()).map(|number| number * every - 1).collect();
            history.epochs.insert(key.clone(), epochs);
            history.history.insert(key, values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect());
        }
        Ok(history)
    }

    /// A table with a row for each epoch: `epoch` (counted from 0) and the keys; what an epoch lacks is `NA`.
    pub fn to_csv(&self) -> String {
        let keys: Vec<&String> = self.history.keys().collect();
        let head: String = keys.iter().map(|key| format!(",{key}")).collect();
        let mut csv = format!("epoch{head}\n");
        for epoch in &self.epoch {
            let value = |key: &&String| {
                let found = self.points(key).into_iter().find(|(at, _)| at == epoch);
                found.map_or(",NA".to_owned(), |(_, value)| format!(",{}", repr(value)))
            };
            csv.push_str(&format!("{epoch}{}\n", keys.iter().map(value).collect::<String>()));
        }
        csv
    }

    /// Writes [`to_json`](Self::to_json) to a file.
    ///
    /// # Errors
    /// If the file cannot be written; the message names it.
    pub fn save_json(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path.as_ref(), self.to_json().as_bytes())
    }

    /// Writes [`to_csv`](Self::to_csv) to a file.
    ///
    /// # Errors
    /// If the file cannot be written; the message names it.
    pub fn save_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path.as_ref(), self.to_csv().as_bytes())
    }

    /// Writes [`to_svg`](Self::to_svg) to a file.
    ///
    /// # Errors
    /// If there is nothing to draw, or the file cannot be written; the message names it.
    pub fn save_svg(&self, path: impl AsRef<Path>, picture: &HistoryPicture) -> Result<()> {
        write_atomically(path.as_ref(), self.to_svg(picture)?.as_bytes())
    }
}

#[cfg(test)]
mod tests;
