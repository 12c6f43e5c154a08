//! Where the gradients by the sums of a step wait for the products with the weights.
//!
//! For each chunk of samples the blocks of units, as wide as a vector and filled up with zeros; in a block a slot for
//! each sample and step that is used, in the order in which the way back meets them, or sample by sample:
//!
//! ```text
//! chunk   [blocks][slots][4][lanes]
//! ```
//!
//! The four vectors of a slot are the gradients by the four sums of the block; those that a layer has not got mean nothing. In
//! a layer of one sum a block is four vectors wide, and so is a slot.
//!
//! Beside them wait the hidden states before the steps, `[slots, H]` for each chunk, and where there are such r ⊙ h.
//!
//! So a block is the right operand of the products by the weights as it stands.

use super::time_blocks::block_len;
use super::{Layout, Operand, Sequences};
use crate::recurrent::chunks::Chunks;
use crate::recurrent::{DropoutMasks, Sizes};
use crate::simd::lanes;
use crate::tile::MAX_VECTORS;

/// Where the gradients of a block of steps lie.
#[derive(Clone, Copy)]
pub(crate) struct GateGradients {
    pub sizes: Sizes,
    pub layout: Layout,
    pub chunks: Chunks,
    pub lanes: usize,
    /// How many steps have room.
    pub steps: usize,
    /// Whether the slots of a sample follow each other.
    pub by_sample: bool,
}

/// The slots of a step: the used row of rank r has slot `first + r · stride`.
#[derive(Clone, Copy)]
pub(crate) struct Slots {
    pub first: usize,
    pub stride: usize,
}

impl Slots {
    #[inline(always)]
    pub fn at(self, rank: usize) -> usize {
        self.first + rank * self.stride
    }
}

/// Over how many steps a sum of a sample pays for being added up by itself.
pub(super) const LONG_SUM: usize = 32;

impl GateGradients {
    /// With the most steps that a call of these sizes can need, cut like this, with dropout or without.
    pub fn roomy(sizes: &Sizes, layout: Layout, chunks: Chunks, has_dropout: bool) -> Self {
        let (steps, by_sample) = (sizes.steps, has_dropout);
        Self { sizes: *sizes, layout, chunks, lanes: lanes(), steps, by_sample }.with_blocks()
    }

    pub fn new(sequences: &Sequences, layout: Layout, chunks: Chunks) -> Self {
        let by_sample = Self::roomy(&sequences.sizes, layout, chunks, true);
        match by_sample.goes_by_sample(sequences) {
            true => by_sample,
            false => Self { by_sample: false, ..by_sample }.with_blocks(),
        }
    }

    /// With room for as many steps as a block has.
    fn with_blocks(self) -> Self {
        let per_step = self.chunks.len * self.num_blocks() * self.slot_len();
        let steps = block_len(self.sizes.steps, self.chunks.len, per_step, self.by_sample);
        Self { steps, ..self }
    }

    /// Whether the products by the weights go sample by sample: a mask of a gate, which is the same at all steps, can then
    /// wait until the steps are summed. Otherwise they need an operand for each gate.
    fn goes_by_sample(&self, sequences: &Sequences) -> bool {
        let per_gate = |masks: &DropoutMasks<f32>| matches!(masks, DropoutMasks::PerGate(_));
        let is_wanted = per_gate(&sequences.recurrent_dropout) || per_gate(&sequences.dropout);
        is_wanted && self.layout.gates > 1 && sequences.mask.is_none() && self.steps >= LONG_SUM
    }

    /// The slots of a step of a block of `steps` steps, before which `num_done` of them took `used` slots.
    #[inline(always)]
    pub fn slots(self, steps: usize, num_done: usize, used: usize) -> Slots {
        match self.by_sample {
            true => Slots { first: num_done, stride: steps },
            false => Slots { first: used, stride: 1 },
        }
    }

    /// How many units a block has.
    #[inline(always)]
    pub fn block_units(self) -> usize {
        self.layout.vectors_of_units * self.lanes
    }

    /// How many blocks of units there are.
    #[inline(always)]
    pub fn num_blocks(self) -> usize {
        self.sizes.units.div_ceil(self.block_units())
    }

    /// How many numbers a slot of a block takes.
    #[inline(always)]
    pub fn slot_len(self) -> usize {
        MAX_VECTORS * self.lanes
    }

    /// How many numbers a slot of each block takes.
    pub fn slots_len(self) -> usize {
        self.num_blocks() * self.slot_len()
    }

    /// From a block of a chunk of `count` samples to the next: an odd number of slots, lest all blocks fall on the same
    /// lines of the first cache.
    #[inline(always)]
    pub fn block_stride(self, count: usize) -> usize {
        ((count * self.steps) | 1) * self.slot_len()
    }

    /// How many numbers a chunk of `count` samples takes.
    pub fn d_z_len(self, count: usize) -> usize {
        self.num_blocks() * self.block_stride(count)
    }

    /// From the room of a chunk to the next.
    pub fn room_len(self) -> usize {
        self.d_z_len(self.chunks.len)
    }

    /// Whether each chunk adds up gradients by the weights of its own, and these are added at the end. Its gradients by the
    /// sums then need not leave the cache of the core that has computed them, nor do the chunks wait for each other.
    ///
    /// It is so as long as this takes no more memory than the record.
    pub fn has_own_sums(self) -> bool {
        let Sizes { batch, steps, units, .. } = self.sizes;
        self.chunks.len < batch
            && self.all_sums_len() <= self.layout.recorded * self.chunks.len * steps * units
    }

    /// How many numbers the hidden states before the steps of a chunk of `count` samples take, `[slots, H]`; of some
    /// rooms those of as many chunks with the most samples.
    pub fn h_len(self, count: usize) -> usize {
        count * self.steps * self.sizes.units
    }

    /// The same for r ⊙ h.
    pub fn reset_h_len(self, count: usize) -> usize {
        if self.layout.has(Operand::ResetH) { self.h_len(count) } else { 0 }
    }
}
