//! The left operand of the products by the weights, collected slot by slot.
//!
//! ```text
//! tile of 6 rows (the last perhaps of fewer)   [slot][rows of the tile]
//! ```

use crate::tile::{MAX_ROWS, TileRows};

/// How many slots are collected at a time.
pub(super) const BLOCK_LEN: usize = 256;

/// From a tile to the next: somewhat more than it takes, lest all tiles fall on the same lines of the first cache.
const TILE_STRIDE: usize = BLOCK_LEN * MAX_ROWS + 16;

/// How many numbers `rows` rows take.
pub(super) fn buffer_len(rows: usize) -> usize {
    rows.div_ceil(MAX_ROWS) * TILE_STRIDE
}

/// The first row and the number of rows of each tile.
#[inline(always)]
pub(super) fn tiles(rows: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rows).step_by(MAX_ROWS).map(
        #[inline(always)]
        move |row| (row, MAX_ROWS.min(rows - row)),
    )
}

/// Copies the rows `from` of a slot, each times its number of `mask`.
#[inline(always)]
pub(super) fn copy_slot(from: &[f32], mask: Option<&[f32]>, slot: usize, buffer: &mut [f32]) {
    let (whole, rest) = from.as_chunks::<MAX_ROWS>();
    for (tile, from) in whole.iter().enumerate() {
        let to = &mut buffer[tile * TILE_STRIDE + slot * MAX_ROWS..][..MAX_ROWS];
        match mask {
            None => to.copy_from_slice(from),
            Some(mask) => copy_masked(from, &mask[tile * MAX_ROWS..], to),
        }
    }
    if !rest.is_empty() {
        let to = &mut buffer[whole.len() * TILE_STRIDE + slot * rest.len()..][..rest.len()];
        match mask {
            None => to.iter_mut().zip(rest).for_each(|(to, from)| *to = *from),
            Some(mask) => copy_masked(rest, &mask[whole.len() * MAX_ROWS..], to),
        }
    }
}

#[inline(always)]
fn copy_masked(from: &[f32], mask: &[f32], to: &mut [f32]) {
    to.iter_mut().zip(from).zip(mask).for_each(|((to, from), mask)| *to = from * mask);
}

/// The collected rows of the tile that starts at `row`, over `len` slots.
#[inline(always)]
pub(super) fn tile(buffer: &[f32], row: usize, rows: usize, len: usize) -> TileRows<'_> {
    TileRows(&buffer[row / MAX_ROWS * TILE_STRIDE..][..len * rows])
}
