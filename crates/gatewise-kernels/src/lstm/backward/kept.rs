//! Where the gradients by z wait for the products with the weights.
//!
//! For each chunk of samples the blocks of units, as wide as a vector and filled up with zeros; in a block a slot for
//! each sample and step that is used, in the order in which the way back meets them, or sample by sample:
//!
//! ```text
//! chunk   [blocks][slots][4][lanes]
//! ```
//!
//! Beside them wait the hidden states before the steps, `[slots, H]` for each chunk.
//!
//! So a block is the right operand of the products by the weights as it stands.

use super::time_blocks::block_len;
use crate::lstm::record::KEPT;
use crate::lstm::rows::UsedRows;
use crate::lstm::{DropoutMasks, GATES, Inputs, Layer, Sizes};
use crate::recurrent::chunks::chunk_len;
use crate::simd::lanes;

/// Where the gradients of a block of steps lie.
#[derive(Clone, Copy)]
pub(super) struct GateGradients {
    pub sizes: Sizes,
    pub chunk_len: usize,
    pub lanes: usize,
    /// How many steps have room.
    pub steps: usize,
    /// Whether the slots of a sample follow each other.
    pub by_sample: bool,
}

/// The slots of a step: the used row of rank r has slot `first + r · stride`.
#[derive(Clone, Copy)]
pub(super) struct Slots {
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
    /// With the most steps that a call of these sizes can need.
    pub fn roomy(sizes: &Sizes) -> Self {
        let lanes = lanes();
        let (chunk_len, padded_units) = (chunk_len(sizes, GATES), sizes.units.next_multiple_of(lanes));
        let steps = block_len(sizes.steps, chunk_len, padded_units, true);
        Self { sizes: *sizes, chunk_len, lanes, steps, by_sample: true }
    }

    pub fn new(sizes: &Sizes, inputs: &Inputs<f32>) -> Self {
        let roomy = Self::roomy(sizes);
        if Self::goes_by_sample(inputs, roomy.steps) {
            return roomy;
        }
        let steps = block_len(sizes.steps, roomy.chunk_len, roomy.padded_units(), false);
        Self { steps, by_sample: false, ..roomy }
    }

    /// Whether the products by the weights go sample by sample, in blocks of `steps` steps: a mask of a gate, which is the
    /// same at all steps, can then wait until the steps are summed. Otherwise they need an operand for each gate.
    fn goes_by_sample(inputs: &Inputs<f32>, steps: usize) -> bool {
        let per_gate = |masks: &DropoutMasks<f32>| matches!(masks, DropoutMasks::PerGate(_));
        let is_wanted = per_gate(&inputs.recurrent_dropout) || per_gate(&inputs.dropout);
        is_wanted && inputs.mask.is_none() && steps >= LONG_SUM
    }

    /// The slots of a step of a block of `steps` steps, before which `num_done` of them took `used` slots.
    #[inline(always)]
    pub fn slots(self, steps: usize, num_done: usize, used: usize) -> Slots {
        match self.by_sample {
            true => Slots { first: num_done, stride: steps },
            false => Slots { first: used, stride: 1 },
        }
    }

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

    /// Whether each chunk adds up gradients by the weights of its own, and these are added at the end. Its gradients by z
    /// then need not leave the cache of the core that has computed them, nor do the chunks wait for each other.
    ///
    /// It is so as long as this takes no more memory than the record.
    pub fn has_own_sums(self) -> bool {
        let Sizes { batch, steps, units, .. } = self.sizes;
        self.chunk_len < batch && self.all_sums_len() <= KEPT * self.chunk_len * steps * units
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
