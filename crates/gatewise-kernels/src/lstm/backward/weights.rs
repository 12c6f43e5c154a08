//! The gradients by the weights: products over all samples of a block of steps.

use std::ops::Range;

use super::kept::GateGradients;
use super::operand::{BLOCK_LEN, buffer_len, copy_slot, tile, tiles};
use crate::lstm::{DropoutMasks, Inputs, Layer, Sizes};
use crate::parallel::{MIN_COST, both};
use crate::recurrent::chunks::{Samples, for_chunks};
use crate::simd::{BitOps, Isa, NumOps, SimdOp, load_first, run, store_first};
use crate::tile::{MAX_ROWS, MAX_VECTORS, Panel, multiply_four, multiply_one_of_four};

/// How many rows of an operand share a pass over the gradients by z: so many numbers stay in the second cache.
const BLOCK_ROWS: usize = 192;

/// How many numbers of scratch the operands of the first `count` samples take.
pub(super) fn operands_len(kept: GateGradients, count: usize) -> usize {
    let Sizes { features, units, .. } = kept.sizes;
    match kept.has_own_sums() {
        true => count.div_ceil(kept.chunk_len) * buffer_len(features.max(units)),
        false => buffer_len(features) + buffer_len(units),
    }
}

/// What the gradients by the weights are made from.
#[derive(Clone, Copy)]
pub(super) struct WeightProducts<'a> {
    pub layer: &'a Layer<'a, f32>,
    pub inputs: &'a Inputs<'a, f32>,
    pub kept: GateGradients,
    /// The number of the first sample, and how many there are: whole chunks.
    pub samples: (usize, usize),
    /// Of these samples, as [`GateGradients`] describes.
    pub d_z: &'a [f32],
    /// The hidden states before the steps, in the same slots.
    pub previous_h: &'a [f32],
}

impl WeightProducts<'_> {
    /// Adds what the steps with these numbers of the only chunk give to `sums`, `[F, 4H]` and `[H, 4H]`, as far as they are
    /// wanted.
    pub fn run_chunk(self, steps: &Range<usize>, buffer: &mut [f32], sums: &mut [f32], wanted: [bool; 2]) {
        let Sizes { features, units, .. } = self.kept.sizes;
        let (d_kernel, d_recurrent_kernel) = sums.split_at_mut(features * 4 * units);
        let gradients = [(Operand::X, d_kernel), (Operand::H, d_recurrent_kernel)];
        for ((operand, to), _) in gradients.into_iter().zip(wanted).filter(|(_, wanted)| *wanted) {
            WeightRows { products: self, operand, first: 0, to, buffer, steps: steps.clone() }.run();
        }
    }

    /// The same for one of the chunks.
    fn chunk(self, first: usize) -> Self {
        let kept = self.kept;
        let count = kept.chunk_len.min(self.samples.0 + self.samples.1 - first);
        let before = first - self.samples.0;
        Self {
            samples: (first, count),
            d_z: &self.d_z[kept.len(before)..][..kept.len(count)],
            previous_h: &self.previous_h[kept.h_len(before)..][..kept.h_len(count)],
            ..self
        }
    }

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
        let (first_sample, count) = self.products.samples;
        for (n, to) in self.to.chunks_mut(BLOCK_ROWS * 4 * kept.sizes.units).enumerate() {
            for first in (first_sample..first_sample + count).step_by(kept.chunk_len) {
                run(ChunkProduct {
                    products: self.products.chunk(first),
                    operand: self.operand,
                    first_row: self.first + n * BLOCK_ROWS,
                    to: &mut *to,
                    steps: self.steps.clone(),
                    buffer: &mut *self.buffer,
                });
            }
        }
    }
}

/// What a pass over the slots of a chunk takes.
#[derive(Clone, Copy)]
enum Pass {
    /// All samples and gates.
    All,
    /// All samples for one gate, which has an operand of its own.
    Gate(usize),
    /// One sample, by its number in the chunk, whose sums take their masks at the end.
    Sample(usize),
}

/// What the samples of one chunk give to at most [`BLOCK_ROWS`] rows.
struct ChunkProduct<'a> {
    /// Of the chunk.
    products: WeightProducts<'a>,
    operand: Operand,
    first_row: usize,
    /// `[rows, 4H]`
    to: &'a mut [f32],
    steps: Range<usize>,
    /// As [`super::operand`] describes.
    buffer: &'a mut [f32],
}

impl SimdOp for ChunkProduct<'_> {
    type Output = ();

    /// Fills the buffer with the operand, slot by slot, and multiplies whenever it is full.
    #[inline(always)]
    fn eval<I: Isa>(mut self, isa: I) {
        let WeightProducts { layer, inputs, kept, samples: chunk, .. } = self.products;
        for number in 0..self.num_passes() {
            let pass = self.pass(number);
            let (samples, first_slot) = match pass {
                Pass::Sample(row) => ((chunk.0 + row, 1), row * self.steps.len()),
                Pass::All | Pass::Gate(_) => (chunk, 0),
            };
            let mut slots = first_slot..first_slot;
            for number in self.steps.clone().rev() {
                for row in kept.used_rows(layer, inputs, samples, number).iter() {
                    self.copy_operand(pass, (number, samples.0 + row), &slots);
                    slots.end += 1;
                    if slots.len() == BLOCK_LEN {
                        self.multiply(isa, pass, &slots);
                        slots.start = slots.end;
                    }
                }
            }
            if !slots.is_empty() {
                self.multiply(isa, pass, &slots);
            }
        }
    }
}

impl<'a> ChunkProduct<'a> {
    fn num_passes(&self) -> usize {
        match self.masks() {
            _ if self.products.kept.by_sample => self.products.samples.1,
            DropoutMasks::PerGate(_) => 4,
            DropoutMasks::None | DropoutMasks::Shared(_) => 1,
        }
    }

    fn pass(&self, number: usize) -> Pass {
        match self.masks() {
            _ if self.products.kept.by_sample => Pass::Sample(number),
            DropoutMasks::PerGate(_) => Pass::Gate(number),
            DropoutMasks::None | DropoutMasks::Shared(_) => Pass::All,
        }
    }

    fn rows(&self) -> usize {
        self.to.len() / (4 * self.products.kept.sizes.units)
    }

    /// Writes the rows of the operand at a step of a sample to the column of the buffer that follows those of `slots`.
    #[inline(always)]
    fn copy_operand(&mut self, pass: Pass, (number, sample): (usize, usize), slots: &Range<usize>) {
        let (rows, first) = (self.rows(), self.first_row);
        let WeightProducts { layer, inputs, kept, previous_h, .. } = self.products;
        let Sizes { batch, steps, features, units } = kept.sizes;
        let from = match self.operand {
            Operand::X => &inputs.x[(sample * steps + layer.time(number)) * features..][..features],
            Operand::H => &previous_h[slots.end * units..][..units],
        };
        let mask = match pass {
            Pass::All => self.masks().row(0, sample, batch, from.len()),
            Pass::Gate(gate) => self.masks().row(gate, sample, batch, from.len()),
            Pass::Sample(_) => None,
        };
        copy_slot(&from[first..][..rows], mask.map(|mask| &mask[first..]), slots.len(), self.buffer);
    }

    /// Adds the products of the slots with the columns of all gates, or of one.
    #[inline(always)]
    fn multiply<I: Isa>(&mut self, isa: I, pass: Pass, slots: &Range<usize>) {
        let WeightProducts { kept, samples: (_, count), d_z, .. } = self.products;
        let factors = self.factors(pass);
        for block in 0..kept.num_blocks() {
            let from = block * kept.block_stride(count) + slots.start * kept.slot_len();
            let right = Panel(&d_z[from..][..slots.len() * kept.slot_len()]);
            let unit = block * kept.lanes;
            for (row, rows) in tiles(self.rows()) {
                self.prefetch(isa, (row, rows), unit, self.next_slots(d_z, block, slots, row));
                let left = tile(self.buffer, row, rows, slots.len());
                let segment = [(left, right, slots.len())];
                let mut sums = [[isa.f32().zero(); MAX_VECTORS]; MAX_ROWS];
                match pass {
                    Pass::All | Pass::Sample(_) => {
                        multiply_four::<I, MAX_ROWS>(isa, &mut sums, rows, segment);
                    }
                    Pass::Gate(gate) => {
                        multiply_one_of_four::<I, MAX_ROWS>(isa, &mut sums, (rows, gate), segment);
                    }
                }
                for (r, sums) in sums[..rows].iter_mut().enumerate() {
                    if let Some(factors) = factors {
                        for (sum, factors) in sums.iter_mut().zip(factors) {
                            *sum = isa.f32().mul(*sum, isa.f32().splat(factors[row + r]));
                        }
                    }
                    self.add(isa, pass, (row + r, unit), sums);
                }
            }
        }
    }

    /// Adds the sums of the gates, or of one, to the row.
    #[inline(always)]
    fn add<I: Isa>(&mut self, isa: I, pass: Pass, (row, unit): (usize, usize), sums: &[I::F32; MAX_VECTORS]) {
        let ops = isa.f32();
        let Sizes { units, .. } = self.products.kept.sizes;
        let len = ops.len().min(units - unit);
        let gates = match pass {
            Pass::All | Pass::Sample(_) => 0..MAX_VECTORS,
            Pass::Gate(gate) => gate..gate + 1,
        };
        let to = &mut self.to[row * 4 * units..][..4 * units];
        // The gates are counted, for an iterator that skips some is not inlined.
        for (gate, &sum) in sums.iter().enumerate() {
            if gates.contains(&gate) {
                let to = &mut to[gate * units + unit..][..len];
                store_first(ops, ops.add(load_first(ops, to), sum), to);
            }
        }
    }

    /// For each gate the numbers in its mask for the rows of the weights, if the sums of a sample take them.
    fn factors(&self, pass: Pass) -> Option<[&'a [f32]; 4]> {
        let Pass::Sample(row) = pass else { return None };
        let Sizes { batch, features, units, .. } = self.products.kept.sizes;
        let width = if self.operand == Operand::X { features } else { units };
        let mut factors: [&[f32]; 4] = [&[]; 4];
        for (gate, factors) in factors.iter_mut().enumerate() {
            let mask = self.masks().row(gate, self.products.samples.0 + row, batch, width)?;
            *factors = &mask[self.first_row..][..self.rows()];
        }
        Some(factors)
    }

    /// The part of the next block of units that is asked for while the tile at `row` is computed: together the tiles ask
    /// for all of it.
    #[inline(always)]
    fn next_slots<'b>(&self, d_z: &'b [f32], block: usize, slots: &Range<usize>, row: usize) -> &'b [f32] {
        let kept = self.products.kept;
        if block + 1 == kept.num_blocks() {
            return &[];
        }
        let from = (block + 1) * kept.block_stride(self.products.samples.1) + slots.start * kept.slot_len();
        let next = &d_z[from..][..slots.len() * kept.slot_len()];
        let (tile, num_tiles) = (row / MAX_ROWS, self.rows().div_ceil(MAX_ROWS));
        &next[next.len() * tile / num_tiles..next.len() * (tile + 1) / num_tiles]
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
