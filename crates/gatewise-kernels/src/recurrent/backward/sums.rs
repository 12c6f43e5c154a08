//! Where the gradients by the weights are summed up: tile by tile as the products compute them, so that a tile is some
//! consecutive lines of the cache.
//!
//! ```text
//! tile of 6 rows (of the last perhaps fewer have a meaning)   [blocks of units][6][4][lanes]
//! ```
//!
//! The rows of W come first, then those of U.

use std::ops::Range;

use super::kept::GateGradients;
use crate::parallel::for_each_chunk_moving;
use crate::recurrent::Sizes;
use crate::simd::{BitOps, Isa, NumOps, SimdOp, load, run, store_first};
use crate::tile::{MAX_ROWS, MAX_VECTORS};

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

    /// How many numbers the sums of so many chunks are: one for each weight, or one for each chunk too.
    pub fn sums_len(self, num_chunks: usize) -> usize {
        self.all_sums_len() * if self.has_own_sums() { num_chunks } else { 1 }
    }

    /// How many columns the weights have.
    fn columns(self) -> usize {
        self.layout.gates * self.sizes.units
    }

    /// Where vector `vector` of a block belongs in a row of the weights, if to block `gate` of their columns.
    fn columns_of(self, block: usize, vector: usize, gate: usize) -> Range<usize> {
        let of_units = if self.layout.vectors_of_units > 1 { vector } else { 0 };
        let units = self.sizes.units;
        let unit = (block * self.block_units() + of_units * self.lanes).min(units);
        gate * units + unit..gate * units + units.min(unit + self.lanes)
    }
}

/// The block of columns that each vector of a slot belongs to.
pub(super) type Gates = [Option<usize>; MAX_VECTORS];

/// Writes the totals of `sums`, of one chunk after the other, to `d_kernel` `[F, GH]` and `d_recurrent_kernel` `[H, GH]`, as
/// far as they are wanted.
pub(super) fn add_up(
    kept: GateGradients,
    sums: &[f32],
    [d_kernel, d_recurrent_kernel]: [Option<&mut [f32]>; 2],
) {
    let Sizes { features, .. } = kept.sizes;
    let rows_of_kernel = kept.rows_sums_len(features);
    for (first, gradient, of_x) in [(0, d_kernel, true), (rows_of_kernel, d_recurrent_kernel, false)] {
        let Some(gradient) = gradient else { continue };
        let gates = kept.layout.gates_of_vectors(of_x);
        let moved = gradient.len() * (sums.len() / kept.all_sums_len());
        for_each_chunk_moving(moved, gradient, MAX_ROWS * kept.columns(), |tile, to| {
            let first = first + tile * kept.rows_sums_len(MAX_ROWS);
            run(TotalsOfTile { kept, gates: &gates, sums, first, to });
        });
    }
}

/// Writes the totals of a tile to its rows.
struct TotalsOfTile<'a> {
    kept: GateGradients,
    gates: &'a Gates,
    /// Of one chunk after the other.
    sums: &'a [f32],
    /// Where the tile starts in those of each.
    first: usize,
    /// `[rows, GH]`
    to: &'a mut [f32],
}

impl SimdOp for TotalsOfTile<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { kept, gates, sums, first, to } = self;
        for (row, to) in to.chunks_exact_mut(kept.columns()).enumerate() {
            for block in 0..kept.num_blocks() {
                let slot = first + block * kept.block_sums_len() + row * kept.slot_len();
                let totals = totals(isa, kept, sums, slot);
                for (vector, (gate, total)) in gates.iter().zip(totals).enumerate() {
                    if let Some(gate) = *gate {
                        store_first(isa.f32(), total, &mut to[kept.columns_of(block, vector, gate)]);
                    }
                }
            }
        }
    }
}

/// The totals of the vectors of a slot, in the order of the chunks.
#[inline(always)]
fn totals<I: Isa>(isa: I, kept: GateGradients, sums: &[f32], slot: usize) -> [I::F32; MAX_VECTORS] {
    let ops = isa.f32();
    let mut totals = [ops.zero(); MAX_VECTORS];
    for sums in sums.chunks_exact(kept.all_sums_len()) {
        let vectors = sums[slot..][..kept.slot_len()].chunks_exact(ops.len());
        for (total, vector) in totals.iter_mut().zip(vectors) {
            *total = ops.add(*total, load(ops, vector));
        }
    }
    totals
}

/// Adds the vectors of a block to a row of the weights, or to a bias.
pub(super) fn add_slot(kept: GateGradients, gates: &Gates, block: usize, slot: &[f32], to: &mut [f32]) {
    for (vector, (gate, sums)) in gates.iter().zip(slot.chunks_exact(kept.lanes)).enumerate() {
        if let Some(gate) = *gate {
            let to = &mut to[kept.columns_of(block, vector, gate)];
            to.iter_mut().zip(sums).for_each(|(to, sum)| *to += sum);
        }
    }
}
