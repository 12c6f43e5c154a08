//! Shuffling what does not fit into memory.

use crate::error::Result;
use crate::random::{RandomKey, index_below};

/// The stream of random numbers that orders samples of datasets.
pub(super) const SHUFFLE_STREAM: u64 = (1 << 62) + (1 << 61);

/// Holds some samples and gives one of them at random whenever another one comes in. A sample can so move back by any
/// number of places, but forward only by as many as the buffer holds.
#[derive(Debug)]
pub(super) struct ShuffleBuffer<T> {
    capacity: usize,
    seed: u64,
    pass: u64,
    draws: u64,
    held: Vec<T>,
}

impl<T> ShuffleBuffer<T> {
    /// A buffer for `capacity` samples; with 1 or fewer nothing changes its place.
    pub fn new(capacity: usize, seed: u64) -> Self {
        Self { capacity, seed, pass: 0, draws: 0, held: Vec::new() }
    }

    /// Forgets all samples and begins the order of a pass.
    pub fn start(&mut self, pass: usize) {
        self.held.clear();
        (self.pass, self.draws) = (pass as u64, 0);
    }

    /// The next sample, with further ones from `more` until that gives none.
    pub fn next(&mut self, mut more: impl FnMut() -> Result<Option<T>>) -> Result<Option<T>> {
        if self.capacity <= 1 {
            return more();
        }
        while self.held.len() < self.capacity {
            match more()? {
                Some(sample) => self.held.push(sample),
                None => break,
            }
        }
        if self.held.is_empty() {
            return Ok(None);
        }
        let key = RandomKey { seed: self.seed, stream: SHUFFLE_STREAM, step: self.pass };
        let place = index_below(self.held.len(), self.draws, key);
        self.draws += 1;
        Ok(Some(self.held.swap_remove(place)))
    }
}

#[cfg(test)]
mod tests;
