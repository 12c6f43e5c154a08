//! The gradients by the weights: products over all samples of a block of steps.

use std::ops::Range;

use super::kept::{GateGradients, LONG_SUM};
use super::operand::{BLOCK_LEN, buffer_len, copy_slot, tile, tiles};
use crate::lstm::{DropoutMasks, Inputs, Layer, Sizes};
use crate::parallel::{MIN_COST, both};
use crate::recurrent::chunks::{Samples, for_chunks};
use crate::simd::{BitOps, Isa, NumOps, SimdOp, load, run, store};
use crate::tile::{MAX_ROWS, MAX_VECTORS, Panel, Sums, TileRows, multiply_four, multiply_one_of_four};

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
    /// Adds what the steps with these numbers of the only chunk give to `sums`, as far as they are wanted.
    pub fn run_chunk(self, steps: &Range<usize>, buffer: &mut [f32], sums: &mut [f32], wanted: [bool; 2]) {
        let (kernel, recurrent_kernel) = sums.split_at_mut(self.kept.rows_sums_len(self.kept.sizes.features));
        for ((operand, to), wanted) in
            [(Operand::X, kernel), (Operand::H, recurrent_kernel)].into_iter().zip(wanted)
        {
            if wanted {
                self.rows(operand, to, buffer, steps).run();
            }
        }
    }

    /// All rows of the gradient by W or U.
    fn rows<'b>(
        self,
        operand: Operand,
        to: &'b mut [f32],
        buffer: &'b mut [f32],
        steps: &Range<usize>,
    ) -> WeightRows<'b>
    where
        Self: 'b,
    {
        let Sizes { features, units, .. } = self.kept.sizes;
        let rows = if operand == Operand::X { 0..features } else { 0..units };
        WeightRows { products: self, operand, rows, to, buffer, steps: steps.clone() }
    }

    /// The products of the chunk that starts with this sample.
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

    /// Adds what the steps with these numbers give to `sums`, as far as they are wanted.
    pub fn run(self, steps: &Range<usize>, buffer: &mut [f32], sums: &mut [f32], wanted: [bool; 2]) {
        let Sizes { batch, features, units, .. } = self.kept.sizes;
        let row_cost = batch * steps.len() * 4 * units;
        let (buffer_h, buffer_x) = buffer.split_at_mut(buffer_len(units));
        let (kernel, recurrent_kernel) = sums.split_at_mut(self.kept.rows_sums_len(features));
        let gradient = |operand, to, buffer, wanted| {
            if wanted {
                let rows = self.rows(operand, to, buffer, steps);
                let rows_per_task = rows_per_task(rows.count(), row_cost);
                for_chunks(rows, rows_per_task, &WeightRows::run);
            }
        };
        both(
            row_cost * (features + units),
            || gradient(Operand::H, recurrent_kernel, buffer_h, wanted[1]),
            || gradient(Operand::X, kernel, buffer_x, wanted[0]),
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
    /// The first one is the first of a tile.
    rows: Range<usize>,
    /// As [`super::sums`] describes.
    to: &'a mut [f32],
    /// As [`super::operand`] describes.
    buffer: &'a mut [f32],
    steps: Range<usize>,
}

impl Samples for WeightRows<'_> {
    fn count(&self) -> usize {
        self.rows.len()
    }

    /// `count` is a number of whole tiles.
    fn split_at(self, count: usize) -> (Self, Self) {
        let (upper, lower) = self.to.split_at_mut(self.products.kept.rows_sums_len(count));
        let (buffer, lower_buffer) = self.buffer.split_at_mut(buffer_len(count));
        let steps = self.steps.clone();
        let Range { start, end } = self.rows;
        let middle = start + count;
        (
            Self { rows: start..middle, to: upper, buffer, steps, ..self },
            Self { rows: middle..end, to: lower, buffer: lower_buffer, ..self },
        )
    }
}

impl WeightRows<'_> {
    fn run(self) {
        let kept = self.products.kept;
        let (first_sample, count) = self.products.samples;
        let blocks = self.rows.clone().step_by(BLOCK_ROWS);
        for (first_row, to) in blocks.zip(self.to.chunks_mut(kept.rows_sums_len(BLOCK_ROWS))) {
            for first in (first_sample..first_sample + count).step_by(kept.chunk_len) {
                run(ChunkProduct {
                    products: self.products.chunk(first),
                    operand: self.operand,
                    rows: first_row..self.rows.end.min(first_row + BLOCK_ROWS),
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
    /// All samples, one after the other, and all gates; the sums of a sample take its masks when they are complete.
    Samples,
}

/// What the samples of one chunk give to at most [`BLOCK_ROWS`] rows.
struct ChunkProduct<'a> {
    /// Of the chunk.
    products: WeightProducts<'a>,
    operand: Operand,
    rows: Range<usize>,
    /// As [`super::sums`] describes.
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
            let mut slots = 0..0;
            let groups = if kept.by_sample { chunk.1 } else { 1 };
            for group in 0..groups {
                let samples = if kept.by_sample { (chunk.0 + group, 1) } else { chunk };
                for number in self.steps.clone().rev() {
                    for row in kept.used_rows(layer, inputs, samples, number).iter() {
                        self.copy_operand(pass, (number, samples.0 + row), &slots);
                        slots.end += 1;
                        if self.are_enough(pass, &slots) {
                            self.multiply(isa, pass, &slots);
                            slots.start = slots.end;
                        }
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
            DropoutMasks::PerGate(_) if !self.products.kept.by_sample => 4,
            _ => 1,
        }
    }

    fn pass(&self, number: usize) -> Pass {
        match self.masks() {
            DropoutMasks::None => Pass::All,
            _ if self.products.kept.by_sample => Pass::Samples,
            DropoutMasks::PerGate(_) => Pass::Gate(number),
            DropoutMasks::Shared(_) => Pass::All,
        }
    }

    /// Whether no more slots may be multiplied together: the buffer is full, or a pass that goes sample by sample has met as
    /// many samples as it may; the last block may have few steps, and so few slots many samples.
    #[inline(always)]
    fn are_enough(&self, pass: Pass, slots: &Range<usize>) -> bool {
        let sample = |slot| slot / self.steps.len();
        let has_all_parts =
            || matches!(pass, Pass::Samples) && sample(slots.end) - sample(slots.start) == MAX_PARTS - 1;
        slots.len() == BLOCK_LEN || has_all_parts()
    }

    /// Writes the rows of the operand at a step of a sample to the column of the buffer that follows those of `slots`.
    #[inline(always)]
    fn copy_operand(&mut self, pass: Pass, (number, sample): (usize, usize), slots: &Range<usize>) {
        let Range { start, end } = self.rows;
        let WeightProducts { layer, inputs, kept, previous_h, .. } = self.products;
        let Sizes { batch, steps, features, units } = kept.sizes;
        let from = match self.operand {
            Operand::X => &inputs.x[(sample * steps + layer.time(number)) * features..][..features],
            Operand::H => &previous_h[slots.end * units..][..units],
        };
        let mask = match pass {
            Pass::All => self.masks().row(0, sample, batch, from.len()),
            Pass::Gate(gate) => self.masks().row(gate, sample, batch, from.len()),
            Pass::Samples => None,
        };
        copy_slot(&from[start..end], mask.map(|mask| &mask[start..]), slots.len(), self.buffer);
    }

    /// Adds the products of the slots with the columns of all gates, or of one.
    #[inline(always)]
    fn multiply<I: Isa>(&mut self, isa: I, pass: Pass, slots: &Range<usize>) {
        let WeightProducts { kept, samples: (_, count), d_z, .. } = self.products;
        let parts = self.parts(pass, slots);
        for block in 0..kept.num_blocks() {
            let from = block * kept.block_stride(count) + slots.start * kept.slot_len();
            let right = &d_z[from..][..slots.len() * kept.slot_len()];
            for (row, rows) in tiles(self.rows.len()) {
                let next = self.next_slots(d_z, block, slots, row);
                let place = self.place(row, block);
                prefetch(isa, &self.to[place.clone()]);
                prefetch(isa, next);
                let left = tile(self.buffer, row, rows, slots.len());
                let mut sums = [[isa.f32().zero(); MAX_VECTORS]; MAX_ROWS];
                let segment = [(left, Panel(right), slots.len())];
                match pass {
                    Pass::All => multiply_four::<I, _, MAX_ROWS>(isa, &mut sums, rows, segment),
                    Pass::Gate(gate) => {
                        multiply_one_of_four::<I, MAX_ROWS>(isa, &mut sums, (rows, gate), segment);
                    }
                    Pass::Samples => parts.multiply(isa, &mut sums, (row, rows), (left, right)),
                }
                let to = self.to[place].chunks_exact_mut(kept.slot_len());
                for (sums, to) in sums[..rows].iter().zip(to) {
                    add(isa, pass, sums, to);
                }
            }
        }
    }

    /// The samples that `slots` belong to, where a pass goes sample by sample.
    #[inline(always)]
    fn parts(&self, pass: Pass, slots: &Range<usize>) -> Parts<'a> {
        let mut parts = Parts::default();
        let num_steps = self.steps.len();
        let mut first = slots.start;
        while matches!(pass, Pass::Samples) && first < slots.end {
            let sample = first / num_steps;
            let end = slots.end.min((sample + 1) * num_steps);
            let part = &mut parts.parts[parts.len];
            (part.first, part.len) = (first - slots.start, end - first);
            for (gate, factors) in part.factors.iter_mut().enumerate() {
                *factors = self.factors(sample, gate);
            }
            parts.len += 1;
            first = end;
        }
        parts
    }

    /// The sums of the tile at `row` and a block of units.
    #[inline(always)]
    fn place(&self, row: usize, block: usize) -> Range<usize> {
        let kept = self.products.kept;
        let first = kept.rows_sums_len(row) + block * kept.block_sums_len();
        first..first + kept.block_sums_len()
    }

    /// What the mask of a gate has for the rows of the weights and a sample of the chunk.
    #[inline(always)]
    fn factors(&self, sample: usize, gate: usize) -> &'a [f32] {
        let Sizes { batch, features, units, .. } = self.products.kept.sizes;
        let width = if self.operand == Operand::X { features } else { units };
        let mask = self.masks().row(gate, self.products.samples.0 + sample, batch, width);
        &mask.expect("there are masks where a pass takes them")[self.rows.clone()]
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
        let (tile, num_tiles) = (row / MAX_ROWS, self.rows.len().div_ceil(MAX_ROWS));
        &next[next.len() * tile / num_tiles..next.len() * (tile + 1) / num_tiles]
    }

    fn masks(&self) -> DropoutMasks<'a, f32> {
        match self.operand {
            Operand::X => self.products.inputs.dropout,
            Operand::H => self.products.inputs.recurrent_dropout,
        }
    }
}

/// The slots of one sample among those that are multiplied together, and its masks.
#[derive(Clone, Copy, Default)]
struct Part<'a> {
    first: usize,
    len: usize,
    /// What the mask of each gate has for the rows of the weights.
    factors: [&'a [f32]; MAX_VECTORS],
}

/// How many samples the slots that are multiplied together may belong to: as many as they do where blocks are long.
const MAX_PARTS: usize = BLOCK_LEN / LONG_SUM + 2;

/// The samples of some slots.
#[derive(Default)]
struct Parts<'a> {
    parts: [Part<'a>; MAX_PARTS],
    len: usize,
}

impl Parts<'_> {
    /// The products of some rows, sample by sample, each under its masks.
    #[inline(always)]
    fn multiply<I: Isa>(
        &self,
        isa: I,
        totals: &mut Sums<I::F32>,
        (row, rows): (usize, usize),
        (left, right): (TileRows, &[f32]),
    ) {
        let (ops, slot_len) = (isa.f32(), MAX_VECTORS * isa.f32().len());
        for &Part { first, len, factors } in &self.parts[..self.len] {
            let left = TileRows(&left.0[first * rows..][..len * rows]);
            let right = Panel(&right[first * slot_len..][..len * slot_len]);
            let mut sums = [[ops.zero(); MAX_VECTORS]; MAX_ROWS];
            multiply_four::<I, _, MAX_ROWS>(isa, &mut sums, rows, [(left, right, len)]);
            for (r, (totals, sums)) in totals[..rows].iter_mut().zip(&sums).enumerate() {
                for ((total, &sum), factors) in totals.iter_mut().zip(sums).zip(factors) {
                    *total = ops.mul_add(sum, ops.splat(factors[row + r]), *total);
                }
            }
        }
    }
}

/// Adds the sums of the gates of a row, or of one, to `to` `[4, lanes]`.
#[inline(always)]
fn add<I: Isa>(isa: I, pass: Pass, sums: &[I::F32; MAX_VECTORS], to: &mut [f32]) {
    let ops = isa.f32();
    let to = &mut to[..MAX_VECTORS * ops.len()];
    let only = match pass {
        Pass::All | Pass::Samples => None,
        Pass::Gate(gate) => Some(gate),
    };
    for (gate, &sum) in sums.iter().enumerate() {
        if only.is_none_or(|only| only == gate) {
            let to = &mut to[gate * ops.len()..][..ops.len()];
            store(ops, ops.add(load(ops, to), sum), to);
        }
    }
}

/// Asks the memory for all lines of `numbers`.
#[inline(always)]
fn prefetch<I: Isa>(isa: I, numbers: &[f32]) {
    /// The numbers of a line of the cache.
    const LINE: usize = 16;
    for line in numbers.chunks(LINE) {
        isa.f32().prefetch(line.as_ptr());
    }
}
