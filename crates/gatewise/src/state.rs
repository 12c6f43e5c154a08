//! Recurrent states that layers with `stateful` keep between calls.

use std::sync::{Arc, Mutex, MutexGuard};

use ndarray::Array2;

/// One state `[batch, units]` between calls; empty where nothing has been kept yet.
///
/// Underneath, state is a value: a program reads it as an input and returns the next one. This is only where a
/// stateful layer puts it meanwhile.
#[derive(Debug, Clone, Default)]
pub(crate) struct StateCell(Arc<Mutex<Option<Array2<f32>>>>);

impl StateCell {
    fn lock(&self) -> MutexGuard<'_, Option<Array2<f32>>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Whether both are handles to the same state.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What is kept.
    pub fn get(&self) -> Option<Array2<f32>> {
        self.lock().clone()
    }

    /// Replaces what is kept; `None` forgets it, which means zeros.
    pub fn set(&self, state: Option<Array2<f32>>) {
        *self.lock() = state;
    }

    /// Copies the first rows into `rows`, whose width is `units`; rows that are not kept are zeros.
    pub fn read_into(&self, rows: &mut [f32]) {
        rows.fill(0.0);
        if let Some(state) = &*self.lock() {
            rows.iter_mut().zip(state.iter()).for_each(|(row, kept)| *row = *kept);
        }
    }

    /// Keeps `rows` as the first rows. Rows beyond them stay as they are, so that a smaller last batch leaves the
    /// states of the samples that were not in it.
    pub fn write_rows(&self, rows: &[f32], units: usize) {
        let batch = rows.len().checked_div(units).unwrap_or(0);
        let mut guard = self.lock();
        let mut next = match guard.take() {
            Some(state) if state.nrows() >= batch => state,
            Some(state) => {
                let mut grown = Array2::zeros((batch, units));
                grown.iter_mut().zip(state.iter()).for_each(|(row, kept)| *row = *kept);
                grown
            }
            None => Array2::zeros((batch, units)),
        };
        next.iter_mut().zip(rows).for_each(|(kept, row)| *kept = *row);
        *guard = Some(next);
    }
}
