//! When to save or to write.

use crate::error::{Error, Result};

/// How often something is done: after every epoch, or after so many batches.
///
/// ```
/// use gatewise::callbacks::SaveFreq;
///
/// assert_eq!(SaveFreq::from(100), SaveFreq::Batches(100));
/// assert_eq!(SaveFreq::default(), SaveFreq::Epoch);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SaveFreq {
    /// After every epoch.
    #[default]
    Epoch,
    /// After so many batches, at least 1, counted through all epochs.
    Batches(usize),
}

impl From<usize> for SaveFreq {
    fn from(batches: usize) -> Self {
        Self::Batches(batches)
    }
}

impl SaveFreq {
    /// # Errors
    /// If the number of batches is 0.
    pub(super) fn check(self, class_name: &str) -> Result<()> {
        if self == Self::Batches(0) {
            return Err(Error::argument(class_name, "`save_freq` must be at least 1 batch, got 0"));
        }
        Ok(())
    }

    /// Counts a batch in `seen`. Whether something is to be done after it.
    pub(super) fn is_due(self, seen: &mut usize) -> bool {
        let Self::Batches(batches) = self else { return false };
        *seen += 1;
        let is_due = *seen >= batches;
        if is_due {
            *seen = 0;
        }
        is_due
    }
}
