//! The gradients by the weights: products over all samples of a block of steps.

mod parts;
mod single_numbers;

use std::ops::Range;

use super::kept::GateGradients;
use super::operand::{BLOCK_LEN, buffer_len, copy_slot, tile, tiles};
use super::{Chain, Operand, Product, Sequences};
use crate::parallel::{MIN_COST, both, num_threads};
use crate::recurrent::chunks::{Chunks, Samples, for_all_chunks};
use crate::recurrent::{DropoutMasks, Sizes};
use crate::simd::{BitOps, Isa, NumOps, SimdOp, load, run, store};
use crate::tile::{MAX_ROWS, MAX_VECTORS, Panel, multiply_some_of_four};
use parts::{MAX_PARTS, Parts};

/// How many rows of an operand share a pass over the gradients by the sums: so many numbers stay in the second cache.
const BLOCK_ROWS: usize = 192;

/// How many numbers the operands of so many rooms take.
pub(super) fn operands_len(kept: GateGradients, num_rooms: usize) -> usize {
    let Sizes { features, units, .. } = kept.sizes;
    match kept.has_own_sums() {
        true => num_rooms * buffer_len(features.max(units)),
        false => buffer_len(features) + buffer_len(units),
    }
}

/// What the gradients by the weights are made from.
#[derive(Clone, Copy)]
pub(super) struct WeightProducts<'a> {
    pub sequences: Sequences<'a>,
    pub kept: GateGradients,
    /// The number of the first sample, and how many there are: whole chunks.
    pub samples: (usize, usize),
    /// Of these samples, as [`GateGradients`] describes.
    pub d_z: &'a [f32],
    /// The hidden states before the steps, in the same slots, and r ⊙ h where there are such.
    pub previous_h: &'a [f32],
    pub reset_h: &'a [f32],
}

impl WeightProducts<'_> {
    /// Adds what the steps with these numbers of the only chunk give to `sums`, as far as they are wanted.
    pub fn run_chunk(self, steps: &Range<usize>, buffer: &mut [f32], sums: &mut [f32], wanted: [bool; 2]) {
        let (kernel, recurrent_kernel) = sums.split_at_mut(self.kept.rows_sums_len(self.kept.sizes.features));
        for &product in self.kept.layout.products {
            let (to, is_wanted) = match product.operand {
                Operand::X => (&mut *kernel, wanted[0]),
                Operand::H | Operand::ResetH => (&mut *recurrent_kernel, wanted[1]),
            };
            if is_wanted {
                self.rows(product, to, buffer, steps).run();
            }
        }
    }

    /// All rows of the gradient by W or U.
    fn rows<'b>(
        self,
        product: Product,
        to: &'b mut [f32],
        buffer: &'b mut [f32],
        steps: &Range<usize>,
    ) -> WeightRows<'b>
    where
        Self: 'b,
    {
        let rows = 0..self.width(product.operand);
        // A state of zeros gives nothing; its slots are the last ones.
        let first_counts =
            product.operand == Operand::X || !self.sequences.starts_from_zero || self.kept.by_sample;
        let start = if first_counts { steps.start } else { steps.start.max(1).min(steps.end) };
        WeightRows { products: self, product, rows, to, buffer, steps: start..steps.end }
    }

    /// How many numbers an operand has.
    fn width(&self, operand: Operand) -> usize {
        let Sizes { features, units, .. } = self.kept.sizes;
        if operand == Operand::X { features } else { units }
    }

    /// The products of each chunk.
    fn chunks(self) -> impl Iterator<Item = Self> {
        let (kept, (first, count)) = (self.kept, self.samples);
        kept.chunks.within(first..first + count).enumerate().map(move |(room, (first, count))| {
            let before = room * kept.chunks.len;
            Self {
                samples: (first, count),
                d_z: &self.d_z[room * kept.room_len()..][..kept.d_z_len(count)],
                previous_h: &self.previous_h[kept.h_len(before)..][..kept.h_len(count)],
                reset_h: &self.reset_h[kept.reset_h_len(before)..][..kept.reset_h_len(count)],
                ..self
            }
        })
    }

    /// Adds what the steps with these numbers give to `sums`, as far as they are wanted.
    pub fn run(self, steps: &Range<usize>, buffer: &mut [f32], sums: &mut [f32], wanted: [bool; 2]) {
        let Sizes { batch, features, units, .. } = self.kept.sizes;
        let row_cost = batch * steps.len() * self.kept.layout.gates * units;
        let (buffer_h, buffer_x) = buffer.split_at_mut(buffer_len(units));
        let (kernel, recurrent_kernel) = sums.split_at_mut(self.kept.rows_sums_len(features));
        let gradient = |of_x, to: &mut [f32], buffer: &mut [f32]| {
            for &product in self.kept.layout.products {
                if (product.operand == Operand::X) == of_x && wanted[usize::from(!of_x)] {
                    let rows = self.rows(product, to, buffer, steps);
                    let tasks = Chunks::of(rows.count(), rows_per_task(rows.count(), row_cost));
                    for_all_chunks(rows, tasks, &WeightRows::run);
                }
            }
        };
        // A thread is not woken for less than half of what is worth it, however much the other one has to do.
        both(
            2 * row_cost * features.min(units),
            || gradient(false, recurrent_kernel, buffer_h),
            || gradient(true, kernel, buffer_x),
        );
    }
}

/// How many rows to give to one thread, for `row_cost` multiply-adds per row: as many as can be, for each thread reads all
/// gradients by the sums. A row is summed alike wherever the rows are cut, so that the number of threads may decide.
fn rows_per_task(rows: usize, row_cost: usize) -> usize {
    let num_tasks = match rows * row_cost < 2 * MIN_COST {
        true => 1,
        false => num_threads(),
    };
    rows.div_ceil(num_tasks).max(1).next_multiple_of(MAX_ROWS)
}

/// Rows of the gradient by W or U.
///
/// ```text
/// d_weights[k, gate] += Σ over samples and time of  (operand[k] ⊙ m_gate[k]) · d_sum of the gate
/// ```
struct WeightRows<'a> {
    products: WeightProducts<'a>,
    product: Product,
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
        let blocks = self.rows.clone().step_by(BLOCK_ROWS);
        for (first_row, to) in blocks.zip(self.to.chunks_mut(kept.rows_sums_len(BLOCK_ROWS))) {
            for products in self.products.chunks() {
                run(ChunkProduct {
                    products,
                    product: self.product,
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
    Gate(Chain),
    /// All samples, one after the other, and all gates; the sums of a sample take its masks when they are complete.
    Samples,
}

/// What the samples of one chunk give to at most [`BLOCK_ROWS`] rows.
struct ChunkProduct<'a> {
    /// Of the chunk.
    products: WeightProducts<'a>,
    product: Product,
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
        let WeightProducts { sequences, kept, samples: chunk, .. } = self.products;
        if self.has_single_numbers() {
            return self.add_single_numbers(isa);
        }
        for number in 0..self.num_passes() {
            let pass = self.pass(number);
            let mut slots = 0..0;
            let groups = if kept.by_sample { chunk.1 } else { 1 };
            for group in 0..groups {
                let samples = if kept.by_sample { (chunk.0 + group, 1) } else { chunk };
                for number in self.steps.clone().rev() {
                    for row in sequences.used_rows(samples, number).iter() {
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
    /// Whether each gate has a mask of its own.
    fn has_masks_per_gate(&self) -> bool {
        matches!(self.masks(), DropoutMasks::PerGate(_)) && self.products.kept.layout.gates > 1
    }

    /// The gates of the product, one by one.
    fn gates(&self) -> impl Iterator<Item = Chain> {
        self.product.chains.iter().flat_map(|chain| chain.singles())
    }

    fn num_passes(&self) -> usize {
        match self.has_masks_per_gate() && !self.products.kept.by_sample {
            true => self.gates().count(),
            false => 1,
        }
    }

    fn pass(&self, number: usize) -> Pass {
        match self.masks() {
            DropoutMasks::None => Pass::All,
            _ if self.products.kept.by_sample => Pass::Samples,
            _ if self.has_masks_per_gate() => {
                Pass::Gate(self.gates().nth(number).expect("there is a pass for each gate"))
            }
            _ => Pass::All,
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
        let WeightProducts { sequences, kept, previous_h, reset_h, .. } = self.products;
        let Sizes { batch, units, .. } = kept.sizes;
        let from = match self.product.operand {
            Operand::X => sequences.x.operand(&kept.sizes, sample, sequences.time(number)).row(0),
            Operand::H => &previous_h[slots.end * units..][..units],
            Operand::ResetH => &reset_h[slots.end * units..][..units],
        };
        let mask = match pass {
            Pass::All => self.masks().row(0, sample, batch, from.len()),
            Pass::Gate(gate) => self.masks().row(gate.gate, sample, batch, from.len()),
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
                    Pass::All => {
                        for vectors in self.vectors(block) {
                            multiply_some_of_four::<I, MAX_ROWS>(isa, &mut sums, rows, vectors, segment);
                        }
                    }
                    Pass::Gate(gate) => {
                        multiply_some_of_four::<I, MAX_ROWS>(isa, &mut sums, rows, (gate.sum, 1), segment);
                    }
                    Pass::Samples => {
                        for vectors in self.vectors(block) {
                            parts.multiply(isa, &mut sums, (row, rows), vectors, (left, right));
                        }
                    }
                }
                let to = self.to[place].chunks_exact_mut(kept.slot_len());
                for (sums, to) in sums[..rows].iter().zip(to) {
                    add(isa, sums, to);
                }
            }
        }
    }

    /// The vectors of a block that the product goes into: for each chain the first one and their number.
    #[inline(always)]
    fn vectors(&self, block: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let kept = self.products.kept;
        let of_units = kept.layout.vectors_of_units;
        // The last block of a layer of one sum may be narrower.
        let rest = (kept.sizes.units - block * kept.block_units()).div_ceil(kept.lanes);
        let chains = self.product.chains.iter();
        chains.map(
            #[inline(always)]
            move |chain| (chain.sum, if of_units > 1 { rest.min(of_units) } else { chain.count }),
        )
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
            for gate in self.gates() {
                part.factors[gate.sum] = self.factors(sample, gate.gate);
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
        let width = self.products.width(self.product.operand);
        let (batch, first) = (self.products.kept.sizes.batch, self.products.samples.0);
        let mask = self.masks().row(gate, first + sample, batch, width);
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
        self.products.sequences.masks(self.product.operand)
    }
}

/// Adds the sums of a row to `to` `[4, lanes]`.
#[inline(always)]
fn add<I: Isa>(isa: I, sums: &[I::F32; MAX_VECTORS], to: &mut [f32]) {
    let ops = isa.f32();
    for (&sum, to) in sums.iter().zip(to.chunks_exact_mut(ops.len())) {
        store(ops, ops.add(load(ops, to), sum), to);
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
