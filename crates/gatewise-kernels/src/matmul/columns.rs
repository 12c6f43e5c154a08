//! A left operand that is stored by columns, packed a block at a time on the stack.

use crate::tile::{max_rows, parts};

/// How many k a packed block has: 6 rows of it and 4 vectors side by side stay in the second cache.
pub(crate) const BLOCK_LEN: usize = 256;

/// How many rows a packed block has.
pub(crate) const BLOCK_ROWS: usize = 48;

/// Room for a packed block.
pub(crate) type BlockBuffer = [f32; BLOCK_LEN * BLOCK_ROWS];

/// The first and the number of the k of each block.
#[inline(always)]
pub(crate) fn blocks(k: usize) -> impl Iterator<Item = (usize, usize)> {
    parts(k, BLOCK_LEN)
}

/// A left operand [m, k] stored as [k, m], with factors and omissions by groups of k.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'a> {
    /// `[k, m]`
    pub data: &'a [f32],
    pub m: usize,
    /// Numbers by which those of a group of `group_len` consecutive k are multiplied, `[k / group_len, m]`.
    pub factors: Option<&'a [f32]>,
    pub group_len: usize,
    /// 0 for each k at which the operand counts as zero, whatever it holds, `[k]`.
    pub used: Option<&'a [f32]>,
}

impl<'a> Columns<'a> {
    /// The operand as it is stored.
    pub fn new(data: &'a [f32], m: usize) -> Self {
        Self { data, m, factors: None, group_len: 1, used: None }
    }

    /// Writes rows `first_row..+rows` at `first_k..+len` to `to`, packed by tiles: `[tile][k][rows of the tile]`.
    #[inline(always)]
    pub fn pack(&self, first_row: usize, rows: usize, first_k: usize, len: usize, lanes: usize, to: &mut [f32]) {
        for (row, count) in parts(rows, max_rows(lanes)) {
            let to = &mut to[row * len..][..count * len];
            for (n, to) in to.chunks_exact_mut(count).enumerate() {
                self.copy(first_row + row, first_k + n, to);
            }
        }
    }

    /// Writes the numbers of rows `row..` at `k` to `to`.
    #[inline(always)]
    fn copy(&self, row: usize, k: usize, to: &mut [f32]) {
        let from = &self.data[k * self.m + row..][..to.len()];
        match self.factors {
            _ if self.used.is_some_and(|used| used[k] == 0.0) => to.fill(0.0),
            None => to.iter_mut().zip(from).for_each(|(to, &from)| *to = from),
            Some(factors) => {
                let factors = &factors[k / self.group_len * self.m + row..][..to.len()];
                to.iter_mut().zip(from).zip(factors).for_each(|((to, &from), &factor)| *to = from * factor);
            }
        }
    }
}
