//! What waits for the products by the weights, in rooms for a chunk of samples each.
//!
//! Where [chunks have sums of their own](GateGradients::has_own_sums) there are as many rooms as threads, and chunks take them
//! one after the other: so their memory does not grow with the batch, and remains in the cache of a core.

use std::sync::OnceLock;
use std::thread::available_parallelism;

use super::kept::GateGradients;
use super::weights::operands_len;
use crate::recurrent::chunks::take;

/// Some rooms.
pub(crate) struct Waiting<'a> {
    /// The gradients by the sums, as [`GateGradients`] describes.
    pub d_z: &'a mut [f32],
    /// The hidden states before the steps, in the same slots, and r ⊙ h where there are such.
    pub previous_h: &'a mut [f32],
    pub reset_h: &'a mut [f32],
    /// What the left operands of the products are collected in; one for all rooms where chunks share their sums.
    pub operands: &'a mut [f32],
}

impl GateGradients {
    /// How many rooms there may be: no more than chunks that run side by side.
    pub fn max_rooms(self) -> usize {
        let num_chunks = self.chunks.count();
        if self.has_own_sums() { num_chunks.min(num_cores()) } else { num_chunks }
    }

    /// How many numbers the parts of so many rooms take.
    fn rooms_len(self, num_rooms: usize) -> [usize; 4] {
        let samples = num_rooms * self.chunks.len;
        [
            num_rooms * self.room_len(),
            self.h_len(samples),
            self.reset_h_len(samples),
            operands_len(self, num_rooms),
        ]
    }
}

/// How many threads can run side by side; asked once, so that a workspace is as long whenever it is asked for.
fn num_cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| available_parallelism().map_or(1, usize::from))
}

impl<'a> Waiting<'a> {
    /// How many numbers so many rooms take.
    pub fn len(kept: GateGradients, num_rooms: usize) -> usize {
        kept.rooms_len(num_rooms).iter().sum()
    }

    pub fn new(kept: GateGradients, num_rooms: usize, workspace: &mut &'a mut [f32]) -> Self {
        let [d_z, previous_h, reset_h, operands] = kept.rooms_len(num_rooms).map(|len| take(workspace, len));
        Self { d_z, previous_h, reset_h, operands }
    }

    /// The first `num_rooms` rooms, and the others.
    pub fn split_at(self, kept: GateGradients, num_rooms: usize) -> (Self, Self) {
        let [d_z, previous_h, reset_h, operands] = kept.rooms_len(num_rooms);
        let operands = if kept.has_own_sums() { operands } else { 0 };
        let (upper_d_z, d_z) = self.d_z.split_at_mut(d_z);
        let (upper_h, previous_h) = self.previous_h.split_at_mut(previous_h);
        let (upper_reset_h, reset_h) = self.reset_h.split_at_mut(reset_h);
        let (upper_operands, operands) = self.operands.split_at_mut(operands);
        let upper =
            Self { d_z: upper_d_z, previous_h: upper_h, reset_h: upper_reset_h, operands: upper_operands };
        (upper, Self { d_z, previous_h, reset_h, operands })
    }

    /// The same for a while.
    pub fn reborrow(&mut self) -> Waiting<'_> {
        Waiting { d_z: self.d_z, previous_h: self.previous_h, reset_h: self.reset_h, operands: self.operands }
    }
}
