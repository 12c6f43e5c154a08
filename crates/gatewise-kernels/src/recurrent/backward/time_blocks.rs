//! The steps, cut into blocks: the gradients by the sums of a block wait in near memory until the weights have taken theirs.

#[cfg(test)]
mod tests;

use std::ops::Range;

use super::operand::BLOCK_LEN;

/// How many gradients by the sums of a chunk wait if more would not make the products by the weights quicker: 256 KiB, half of a
/// second cache.
const NEAR_LEN: usize = 1 << 16;

/// The same where the products go sample by sample, so that each sum is over the steps of a block alone.
const NEAR_LEN_BY_SAMPLE: usize = 1 << 17;

/// Over how many steps the sum of a sample need not be longer.
const LONG_SUM_BY_SAMPLE: usize = 64;

/// How many blocks there are at least, as long as each has [`ENOUGH_LEN`] slots.
const FEWEST_BLOCKS: usize = 4;

/// Slots over which a sum pays for being added to those of the block before.
const ENOUGH_LEN: usize = 64;

/// How many steps a block has, except perhaps the first: enough that the products by the weights run over long sums. A
/// chunk of `chunk_len` samples keeps `per_step` numbers of a step. Nothing else decides, not the number of threads.
pub(super) fn block_len(steps: usize, chunk_len: usize, per_step: usize, by_sample: bool) -> usize {
    let near_len = if by_sample { NEAR_LEN_BY_SAMPLE } else { NEAR_LEN };
    let near = near_len / per_step.max(1);
    // What goes by sample has at least as much room, for the scratch is made for it.
    let enough = BLOCK_LEN.div_ceil(chunk_len).max(if by_sample { LONG_SUM_BY_SAMPLE } else { 0 });
    // Of a short sequence not all steps wait, or they would take as much memory as the record.
    let of_short = if by_sample { 1 } else { (steps * chunk_len / ENOUGH_LEN).min(FEWEST_BLOCKS) };
    let num_blocks = steps.div_ceil(near.max(enough)).max(of_short).max(1);
    steps.div_ceil(num_blocks)
}

/// The numbers of the steps of each block, in the order in which the way back meets them. There is at least one block.
pub(super) fn blocks(steps: usize, len: usize) -> impl Iterator<Item = Range<usize>> {
    let num_blocks = steps.div_ceil(len.max(1)).max(1);
    (0..num_blocks).rev().map(move |block| block * len..((block + 1) * len).min(steps))
}
