//! What a user may choose about a forecast.

use crate::{Error, Result};

/// Choices for [`Forecaster::fit`](super::Forecaster::fit); the default suits most series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Steps to look ahead, at least 1; `None` takes what is usual for the dates (12 months, 14 days, …).
    pub horizon: Option<usize>,
    /// Steps that the network sees, at least 4; `None` takes the horizon, 12 at least, or what the series has.
    pub window: Option<usize>,
    /// Units of the LSTM layers, first to last; at least one layer, each of at least 1 unit.
    pub units: Vec<usize>,
    /// Most passes over the training data in one fit, at least 1.
    pub epochs: usize,
    /// Seed of the weights and of the order of the training data.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { horizon: None, window: None, units: vec![64, 32], epochs: 100, seed: 0 }
    }
}

impl Settings {
    /// Checks what does not depend on a series.
    pub(super) fn check(&self) -> Result<()> {
        if self.units.is_empty() || self.units.contains(&0) {
            let text = format!("expected at least one layer of at least 1 unit, got {:?}", self.units);
            return Err(Error::argument("units", text));
        }
        if self.epochs == 0 {
            return Err(Error::argument("epochs", "expected at least 1, got 0"));
        }
        Ok(())
    }
}
