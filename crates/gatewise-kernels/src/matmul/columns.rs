//! A left operand that is stored by columns, copied a block at a time to the stack.

use crate::tile::{MAX_ROWS, parts};

/// How many k a packed block has: 6 rows of it and 4 vectors side by side stay in the second cache.
pub(super) const BLOCK_LEN: usize = 256;

/// How many rows a packed block has.
pub(super) const BLOCK_ROWS: usize = 48;

/// Room for a packed block, `[tile][k][rows of the tile]`.
pub(super) type BlockBuffer = [f32; BLOCK_LEN * BLOCK_ROWS];

/// The first and the number of the k of each block.
#[inline(always)]
pub(super) fn blocks(k: usize) -> impl Iterator<Item = (usize, usize)> {
    parts(k, BLOCK_LEN)
}

/// A left operand `[m, k]` stored as `[k, m]`.
#[derive(Clone, Copy)]
pub(super) struct Columns<'a> {
    /// `[k, m]`
    pub data: &'a [f32],
    pub m: usize,
}

impl Columns<'_> {
    /// Writes rows `first_row..+rows` at `first_k..+len` to `to`, packed by tiles: `[tile][k][rows of the tile]`.
    #[inline(always)]
    pub fn pack(&self, first_row: usize, rows: usize, first_k: usize, len: usize, to: &mut BlockBuffer) {
        for (row, count) in parts(rows, MAX_ROWS) {
            let to = &mut to[row * len..][..count * len];
            for (n, to) in to.chunks_exact_mut(count).enumerate() {
                let from = &self.data[(first_k + n) * self.m + first_row + row..][..count];
                to.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
            }
        }
    }
}
