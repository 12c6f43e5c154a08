//! How long a network is trained, from the number of its windows.

#[cfg(test)]
mod tests;

/// Windows in one step of training.
pub(super) const BATCH_SIZE: usize = 32;
/// Steps before early stopping may choose: below it a network still predicts the mean.
const FEWEST_STEPS: usize = 40;
/// Steps without a better validation loss after which training stops, bounded in epochs below.
const PATIENCE_STEPS: usize = 100;
const PATIENCE_EPOCHS: std::ops::RangeInclusive<usize> = 5..=20;
/// Up to this many windows a fifth of them validates, beyond it a tenth.
const FEW_WINDOWS: usize = 500;

/// The course of the search for the number of epochs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Schedule {
    /// The latest windows, kept out of training to validate it.
    pub(super) validation_windows: usize,
    /// Epochs before the first that may be chosen.
    pub(super) epochs_before_choice: usize,
    /// Epochs without a better validation loss after which training stops.
    pub(super) patience: usize,
}

impl Schedule {
    /// The schedule for `windows` windows and at most `epochs` epochs, both at least 1.
    pub(super) fn new(windows: usize, epochs: usize) -> Self {
        let validation_windows = (windows / if windows <= FEW_WINDOWS { 5 } else { 10 }).max(1);
        let batches = (windows - validation_windows).div_ceil(BATCH_SIZE).max(1);
        let patience =
            PATIENCE_STEPS.div_ceil(batches).clamp(*PATIENCE_EPOCHS.start(), *PATIENCE_EPOCHS.end());
        let epochs_before_choice = (FEWEST_STEPS.div_ceil(batches) - 1).min(epochs - 1);
        Self { validation_windows, epochs_before_choice, patience }
    }
}
