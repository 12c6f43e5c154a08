//! Where the gradients by the weights are summed up: tile by tile as the products compute them, so that a tile is some
//! consecutive lines of the cache.
//!
//! ```text
//! tile of 6 rows (of the last perhaps fewer have a meaning)   [blocks of units][6][4][lanes]
//! ```
//!
//! The rows of W come first, then those of U.

use super::kept::GateGradients;
use crate::lstm::Sizes;
use crate::parallel::for_each_chunk;
use crate::tile::MAX_ROWS;

impl GateGradients {
    /// How many numbers the sums of a tile of rows and a block of units are.
    pub fn block_sums_len(self) -> usize {
        MAX_ROWS * self.slot_len()
    }

    /// How many numbers the sums of so many rows are.
    pub fn rows_sums_len(self, rows: usize) -> usize {
        rows.div_ceil(MAX_ROWS) * self.num_blocks() * self.block_sums_len()
    }

    /// How many numbers the sums of all weights are.
    pub fn all_sums_len(self) -> usize {
        self.rows_sums_len(self.sizes.features) + self.rows_sums_len(self.sizes.units)
    }

    /// How many numbers the sums of the first `count` samples are: one for each weight, or one for each chunk too.
    pub fn sums_len(self, count: usize) -> usize {
        match self.has_own_sums() {
            true => count.div_ceil(self.chunk_len) * self.all_sums_len(),
            false => self.all_sums_len(),
        }
    }
}

/// Writes the totals of `sums`, of one chunk after the other, to `d_kernel` `[F, 4H]` and `d_recurrent_kernel` `[H, 4H]`, as
/// far as they are wanted.
pub(super) fn add_up(
    kept: GateGradients,
    sums: &[f32],
    [d_kernel, d_recurrent_kernel]: [Option<&mut [f32]>; 2],
) {
    let Sizes { features, units, .. } = kept.sizes;
    let rows_of_kernel = kept.rows_sums_len(features);
    for (first, gradient) in [(0, d_kernel), (rows_of_kernel, d_recurrent_kernel)] {
        let Some(gradient) = gradient else { continue };
        for_each_chunk(gradient, MAX_ROWS * 4 * units, |tile, to| {
            to.fill(0.0);
            let tile_len = kept.rows_sums_len(MAX_ROWS);
            for sums in sums.chunks_exact(kept.all_sums_len()) {
                add_tile(kept, &sums[first + tile * tile_len..][..tile_len], to);
            }
        });
    }
}

/// Adds the sums of a tile to its rows, `[rows, 4H]`.
fn add_tile(kept: GateGradients, sums: &[f32], to: &mut [f32]) {
    let (units, lanes) = (kept.sizes.units, kept.lanes);
    for (block, sums) in sums.chunks_exact(kept.block_sums_len()).enumerate() {
        let unit = block * lanes;
        let len = lanes.min(units - unit);
        for (to, sums) in to.chunks_exact_mut(4 * units).zip(sums.chunks_exact(4 * lanes)) {
            for (to, sums) in to.chunks_exact_mut(units).zip(sums.chunks_exact(lanes)) {
                to[unit..][..len].iter_mut().zip(sums).for_each(|(to, sum)| *to += sum);
            }
        }
    }
}
