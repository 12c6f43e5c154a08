//! The gradients by the weights: products over all samples of a block of steps.

use std::ops::Range;

use super::kept::GateGradients;
use super::operand::{BLOCK_LEN, buffer_len, copy_slot, tile, tiles};
use crate::lstm::{DropoutMasks, Inputs, Layer, Sizes};
use crate::parallel::{MIN_COST, both};
use crate::recurrent::chunks::{Samples, for_chunks};
use crate::simd::{BitOps, Isa, NumOps, SimdOp, run, store_first};
use crate::tile::{MAX_ROWS, MAX_VECTORS, Panel, load_first, multiply_four, multiply_one_of_four};

/// How many rows of an operand share a pass over the gradients by z: so many numbers stay in the second cache.
const BLOCK_ROWS: usize = 192;

/// How many numbers of scratch the operands take.
pub(super) fn operands_len(sizes: &Sizes) -> usize {
    buffer_len(sizes.features) + buffer_len(sizes.units)
}

/// What the gradients by the weights are made from.
#[derive(Clone, Copy)]
pub(super) struct WeightProducts<'a> {
    pub layer: &'a Layer<'a, f32>,
    pub inputs: &'a Inputs<'a, f32>,
    pub kept: GateGradients,
    /// As [`GateGradients`] describes.
    pub d_z: &'a [f32],
    /// The hidden states before the steps, in the same slots.
    pub previous_h: &'a [f32],
}

impl WeightProducts<'_> {
    /// Adds what the steps with these numbers give to `d_kernel` `[F, 4H]` and `d_recurrent_kernel` `[H, 4H]`, as far as
    /// they are wanted.
    pub fn run(
        self,
        steps: &Range<usize>,
        buffer: &mut [f32],
        d_kernel: Option<&mut [f32]>,
        d_recurrent_kernel: Option<&mut [f32]>,
    ) {
        let Sizes { batch, features, units, .. } = self.kept.sizes;
        let row_cost = batch * steps.len() * 4 * units;
        let (buffer_h, buffer_x) = buffer.split_at_mut(buffer_len(units));
        let gradient = |operand, width, buffer, to: Option<&mut [f32]>| {
            let Some(to) = to else { return };
            let rows = WeightRows { products: self, operand, first: 0, to, buffer, steps: steps.clone() };
            for_chunks(rows, rows_per_task(width, row_cost), &WeightRows::run);
        };
        both(
            row_cost * (features + units),
            || gradient(Operand::H, units, buffer_h, d_recurrent_kernel),
            || gradient(Operand::X, features, buffer_x, d_kernel),
        );
    }
}

/// How many rows to give to one thread, for `row_cost` multiply-adds per row: as many as can be, for each thread reads all
/// gradients by z. A row is summed alike wherever the rows are cut, so that the number of threads may decide.
fn rows_per_task(rows: usize, row_cost: usize) -> usize {
    let num_tasks = match rows * row_cost < 2 * MIN_COST {
        true => 1,
        false => rayon::current_num_threads(),
    };
    rows.div_ceil(num_tasks).max(1).next_multiple_of(MAX_ROWS)
}

/// Which operand of (1) the weights belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operand {
    X,
    H,
}

/// Rows of the gradient by W or U.
///
/// ```text
/// d_weights[k, gate] += Σ over samples and time of  (operand[k] ⊙ m_gate[k]) · d_z_gate
/// ```
struct WeightRows<'a> {
    products: WeightProducts<'a>,
    operand: Operand,
    /// The number of the first row.
    first: usize,
    /// `[rows, 4H]`
    to: &'a mut [f32],
    /// As [`super::operand`] describes.
    buffer: &'a mut [f32],
    steps: Range<usize>,
}

impl Samples for WeightRows<'_> {
    fn count(&self) -> usize {
        self.to.len() / (4 * self.products.kept.sizes.units)
    }

    fn split_at(self, count: usize) -> (Self, Self) {
        let (upper, lower) = self.to.split_at_mut(count * 4 * self.products.kept.sizes.units);
        let (buffer, lower_buffer) = self.buffer.split_at_mut(buffer_len(count));
        let steps = self.steps.clone();
        let first = self.first + count;
        (Self { to: upper, buffer, steps, ..self }, Self { to: lower, buffer: lower_buffer, first, ..self })
    }
}

impl WeightRows<'_> {
    fn run(self) {
        let kept = self.products.kept;
        let Sizes { batch, units, .. } = kept.sizes;
        for (n, to) in self.to.chunks_mut(BLOCK_ROWS * 4 * units).enumerate() {
            for first in (0..batch).step_by(kept.chunk_len) {
                let count = kept.chunk_len.min(batch - first);
                run(ChunkProduct {
                    products: self.products,
                    operand: self.operand,
                    first_row: self.first + n * BLOCK_ROWS,
                    to: &mut *to,
                    chunk: (first, count),
                    steps: self.steps.clone(),
                    buffer: &mut *self.buffer,
                });
            }
        }
    }
}

/// What the samples of one chunk give to at most [`BLOCK_ROWS`] rows.
struct ChunkProduct<'a> {
    products: WeightProducts<'a>,
    operand: Operand,
    first_row: usize,
    /// `[rows, 4H]`
    to: &'a mut [f32],
    /// The first sample, and how many there are.
    chunk: (usize, usize),
    steps: Range<usize>,
    /// As [`super::operand`] describes.
    buffer: &'a mut [f32],
}

impl SimdOp for ChunkProduct<'_> {
    type Output = ();

    /// Fills the buffer with the operand, slot by slot, and multiplies whenever it is full.
    #[inline(always)]
    fn eval<I: Isa>(mut self, isa: I) {
        let WeightProducts { layer, inputs, kept, .. } = self.products;
        // Every gate has an operand of its own where each has a mask of its own.
        let gates = if matches!(self.masks(), DropoutMasks::PerGate(_)) { 4 } else { 1 };
        for gate in 0..gates {
            let (mut first_slot, mut len) = (0, 0);
            for number in self.steps.clone().rev() {
                for row in kept.used_rows(layer, inputs, self.chunk, number).iter() {
                    self.copy_operand(gate, (number, row), (first_slot, len));
                    len += 1;
                    if len == BLOCK_LEN {
                        self.multiply(isa, (gate, gates), first_slot, len);
                        (first_slot, len) = (first_slot + len, 0);
                    }
                }
            }
            if len > 0 {
                self.multiply(isa, (gate, gates), first_slot, len);
            }
        }
    }
}

impl<'a> ChunkProduct<'a> {
    fn rows(&self) -> usize {
        self.to.len() / (4 * self.products.kept.sizes.units)
    }

    /// Writes the rows of the operand at a step, whose slot is `column` after the first one, to that column of the
    /// buffer.
    #[inline(always)]
    fn copy_operand(
        &mut self,
        gate: usize,
        (number, row): (usize, usize),
        (first_slot, column): (usize, usize),
    ) {
        let (rows, first) = (self.rows(), self.first_row);
        let (first_sample, count) = self.chunk;
        let sample = first_sample + row;
        let WeightProducts { layer, inputs, kept, previous_h, .. } = self.products;
        let Sizes { batch, steps, features, units } = kept.sizes;
        let from = match self.operand {
            Operand::X => &inputs.x[(sample * steps + layer.time(number)) * features..][..features],
            Operand::H => {
                let slots = &previous_h[kept.h_len(first_sample)..][..kept.h_len(count)];
                &slots[(first_slot + column) * units..][..units]
            }
        };
        let mask = self.masks().row(gate, sample, batch, from.len());
        copy_slot(&from[first..][..rows], mask.map(|mask| &mask[first..]), column, self.buffer);
    }

    /// Adds the products of `len` slots from `first_slot` with the columns of all gates, or of one.
    #[inline(always)]
    fn multiply<I: Isa>(&mut self, isa: I, (gate, gates): (usize, usize), first_slot: usize, len: usize) {
        let kept = self.products.kept;
        let (units, lanes) = (kept.sizes.units, kept.lanes);
        let (first, count) = self.chunk;
        let d_z = &self.products.d_z[kept.len(first)..][..kept.len(count)];
        for block in 0..kept.num_blocks() {
            let slots = &d_z[block * kept.block_stride(count) + first_slot * kept.slot_len()..];
            let right = Panel(&slots[..len * kept.slot_len()]);
            let unit = block * lanes;
            let columns = match gates {
                1 => 0..MAX_VECTORS,
                _ => gate..gate + 1,
            };
            for (row, rows) in tiles(self.rows()) {
                self.prefetch(isa, (row, rows), unit, self.next_slots(d_z, (block, first_slot, len), row));
                let left = tile(self.buffer, row, rows, len);
                let segment = [(left, right, len)];
                let mut sums = [[isa.f32().zero(); MAX_VECTORS]; MAX_ROWS];
                match gates {
                    1 => multiply_four::<I, MAX_ROWS>(isa, &mut sums, rows, segment),
                    _ => {
                        multiply_one_of_four::<I, MAX_ROWS>(isa, &mut sums, (rows, gate), segment);
                    }
                }
                for (r, sums) in sums[..rows].iter().enumerate() {
                    let to = self.to[(row + r) * 4 * units..][..4 * units].chunks_exact_mut(units);
                    for (to, &sum) in to.zip(sums).take(columns.end).skip(columns.start) {
                        let to = &mut to[unit..][..lanes.min(units - unit)];
                        store_first(isa.f32(), isa.f32().add(load_first(isa.f32(), to), sum), to);
                    }
                }
            }
        }
    }

    /// The part of the next block of units that is asked for while the tile at `row` is computed: together the tiles ask
    /// for all of it.
    #[inline(always)]
    fn next_slots<'b>(
        &self,
        d_z: &'b [f32],
        (block, first_slot, len): (usize, usize, usize),
        row: usize,
    ) -> &'b [f32] {
        let kept = self.products.kept;
        if block + 1 == kept.num_blocks() {
            return &[];
        }
        let slots = &d_z[(block + 1) * kept.block_stride(self.chunk.1) + first_slot * kept.slot_len()..];
        let slots = &slots[..len * kept.slot_len()];
        let (tile, num_tiles) = (row / MAX_ROWS, self.rows().div_ceil(MAX_ROWS));
        &slots[slots.len() * tile / num_tiles..slots.len() * (tile + 1) / num_tiles]
    }

    /// Asks the memory for the elements that a tile is added to, and for `next`.
    #[inline(always)]
    fn prefetch<I: Isa>(&self, isa: I, (row, rows): (usize, usize), unit: usize, next: &[f32]) {
        /// The numbers of a line of the cache.
        const LINE: usize = 16;
        let units = self.products.kept.sizes.units;
        for row in row..row + rows {
            for to in self.to[row * 4 * units..][..4 * units].chunks_exact(units) {
                isa.f32().prefetch(to[unit..].as_ptr());
            }
        }
        for line in next.chunks(LINE) {
            isa.f32().prefetch(line.as_ptr());
        }
    }

    fn masks(&self) -> DropoutMasks<'a, f32> {
        match self.operand {
            Operand::X => self.products.inputs.dropout,
            Operand::H => self.products.inputs.recurrent_dropout,
        }
    }
}
