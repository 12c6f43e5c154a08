//! Recurrent states that layers with `stateful` keep between calls.

use std::sync::{Arc, Mutex, MutexGuard};

use ndarray::{ArrayD, IxDyn};

/// One state `[batch, …]` between calls; empty where nothing has been kept yet.
///
/// Underneath, state is a value: a program reads it as an input and returns the next one. This is only where a
/// stateful layer puts it meanwhile.
#[derive(Debug, Clone, Default)]
pub(crate) struct StateCell(Arc<Mutex<Option<ArrayD<f32>>>>);

impl StateCell {
    fn lock(&self) -> MutexGuard<'_, Option<ArrayD<f32>>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Whether both are handles to the same state.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What is kept.
    pub fn get(&self) -> Option<ArrayD<f32>> {
        self.lock().clone()
    }

    /// Replaces what is kept; `None` forgets it, which means zeros.
    pub fn set(&self, state: Option<ArrayD<f32>>) {
        *self.lock() = state;
    }

    /// Copies the first rows into `rows`, of the width of those kept; rows that are not kept are zeros.
    pub fn read_into(&self, rows: &mut [f32]) {
        rows.fill(0.0);
        if let Some(state) = &*self.lock() {
            rows.iter_mut().zip(state.iter()).for_each(|(row, kept)| *row = *kept);
        }
    }

    /// Keeps `rows`, of these sizes beside the batch, as the first rows. Rows beyond them stay as they are, so that a
    /// smaller last batch leaves the states of the samples that were not in it.
    pub fn write_rows(&self, rows: &[f32], row: &[usize]) {
        let batch = rows.len().checked_div(row.iter().product()).unwrap_or(0);
        let zeros = || ArrayD::zeros(IxDyn(&[&[batch], row].concat()));
        let mut guard = self.lock();
        let mut next = match guard.take() {
            Some(state) if state.shape()[0] >= batch => state,
            Some(state) => {
                let mut grown = zeros();
                grown.iter_mut().zip(state.iter()).for_each(|(row, kept)| *row = *kept);
                grown
            }
            None => zeros(),
        };
        next.iter_mut().zip(rows).for_each(|(kept, row)| *kept = *row);
        *guard = Some(next);
    }
}
