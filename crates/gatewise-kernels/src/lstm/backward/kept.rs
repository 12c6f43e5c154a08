//! Where the gradients by z wait for the products with the weights.
//!
//! For each chunk of samples the blocks of units, as wide as a vector and filled up with zeros; in a block a slot for
//! each sample and step that is used, in the order in which the way back meets them:
//!
//! ```text
//! chunk   [blocks][slots][4][lanes]
//! ```
//!
//! Beside them wait the hidden states before the steps, `[slots, H]` for each chunk.
//!
//! So a block is the right operand of the products by the weights as it stands.

use crate::lstm::Sizes;
use crate::lstm::rows::UsedRows;
use crate::lstm::{Inputs, Layer};

/// Where the gradients of a block of steps lie.
#[derive(Clone, Copy)]
pub(super) struct GateGradients {
    pub sizes: Sizes,
    pub chunk_len: usize,
    pub lanes: usize,
    /// How many steps have room.
    pub steps: usize,
}

impl GateGradients {
    /// H, up to whole vectors.
    pub fn padded_units(self) -> usize {
        self.sizes.units.next_multiple_of(self.lanes)
    }

    /// How many blocks of units there are.
    pub fn num_blocks(self) -> usize {
        self.sizes.units.div_ceil(self.lanes)
    }

    /// How many numbers a slot of a block takes.
    pub fn slot_len(self) -> usize {
        4 * self.lanes
    }

    /// From a block of a chunk of `count` samples to the next: an odd number of slots, lest all blocks fall on the same
    /// lines of the first cache.
    pub fn block_stride(self, count: usize) -> usize {
        ((count * self.steps) | 1) * self.slot_len()
    }

    /// How many numbers a chunk of `count` samples takes.
    pub fn chunk_len_of(self, count: usize) -> usize {
        self.num_blocks() * self.block_stride(count)
    }

    /// How many numbers the chunks of the first `count` samples take.
    pub fn len(self, count: usize) -> usize {
        let (whole, rest) = (count / self.chunk_len, count % self.chunk_len);
        let last = if rest == 0 { 0 } else { self.chunk_len_of(rest) };
        whole * self.chunk_len_of(self.chunk_len) + last
    }

    /// How many numbers the hidden states before the steps of the chunks of `count` samples take, `[slots, H]`.
    pub fn h_len(self, count: usize) -> usize {
        count * self.steps * self.sizes.units
    }

    /// The samples of a chunk that use step `number`.
    pub fn used_rows<'a>(
        self,
        layer: &Layer<f32>,
        inputs: &Inputs<'a, f32>,
        (first, count): (usize, usize),
        number: usize,
    ) -> UsedRows<'a> {
        UsedRows { mask: inputs.mask, steps: self.sizes.steps, first, count, time: layer.time(number) }
    }
}
