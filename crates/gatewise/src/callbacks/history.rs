//! The numbers of all epochs of a training.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Logs;

/// What `fit` returns: a list of numbers for each key, one an epoch.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct History {
    /// The epochs, counted from 0.
    pub epoch: Vec<usize>,
    /// `loss`, `val_loss`, a key for each metric, ….
    pub history: BTreeMap<String, Vec<f64>>,
}

impl History {
    /// The values of a key, empty if there is no such key.
    pub fn get(&self, key: &str) -> &[f64] {
        self.history.get(key).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn push(&mut self, epoch: usize, logs: &Logs) {
        self.epoch.push(epoch);
        for (key, value) in logs {
            self.history.entry(key.clone()).or_default().push(*value);
        }
    }
}
