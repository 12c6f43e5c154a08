//! The gradients by the weights: products over all samples and steps.

use crate::matmul::{
    BLOCK_LEN, BLOCK_ROWS, Block, BlockBuffer, Left, Right, Start, Target, blocks, rows_per_task,
};
use crate::parallel::both;
use crate::recurrent::GateGradients;
use crate::recurrent::chunks::{Samples, for_chunks};
use crate::rnn::record::History;
use crate::rnn::{CANDIDATE, DropoutMasks, Inputs, Kind, RESET, Sizes};
use crate::tile::{MAX_ROWS, parts};

/// What the gradients by the weights are made from.
#[derive(Clone, Copy)]
pub(super) struct WeightProducts<'a> {
    pub kind: Kind,
    pub inputs: &'a Inputs<'a, f32>,
    pub history: History<'a, f32>,
    pub kept: GateGradients,
    /// By the sums, as [`GateGradients`] describes.
    pub d_sums: &'a [f32],
}

impl WeightProducts<'_> {
    /// Writes `d_kernel` `[F, GH]` and `d_recurrent_kernel` `[H, GH]`, as far as they are wanted.
    pub fn run(self, d_kernel: Option<&mut [f32]>, d_recurrent_kernel: Option<&mut [f32]>) {
        let Sizes { batch, steps, features, units } = self.kept.sizes;
        let row_cost = batch * steps * self.kind.gates() * units;
        let gradient = |operand, width, to: Option<&mut [f32]>| {
            let Some(to) = to else { return };
            let rows = WeightRows { products: self, operand, first: 0, to };
            for_chunks(rows, rows_per_task(width, row_cost), &WeightRows::run);
        };
        both(
            row_cost * (features + units),
            || gradient(Operand::H, units, d_recurrent_kernel),
            || gradient(Operand::X, features, d_kernel),
        );
    }
}

/// Which operand of the products of a step the weights belong to.
#[derive(Clone, Copy, PartialEq)]
enum Operand {
    X,
    H,
}

/// Rows of the gradient by W or U.
///
/// ```text
/// d_weights[k, gate] = Σ over samples and time of  (operand[k] ⊙ m_gate[k]) · d_sum of the gate
/// ```
struct WeightRows<'a> {
    products: WeightProducts<'a>,
    operand: Operand,
    /// The number of the first row.
    first: usize,
    /// `[rows, GH]`
    to: &'a mut [f32],
}

impl WeightProducts<'_> {
    /// GH
    fn columns(&self) -> usize {
        self.kind.gates() * self.kept.sizes.units
    }
}

impl Samples for WeightRows<'_> {
    fn count(&self) -> usize {
        self.to.len() / self.products.columns()
    }

    fn split_at(self, count: usize) -> (Self, Self) {
        let (upper, lower) = self.to.split_at_mut(count * self.products.columns());
        (Self { to: upper, ..self }, Self { to: lower, first: self.first + count, ..self })
    }
}

impl WeightRows<'_> {
    fn run(self) {
        let (kept, columns) = (self.products.kept, self.products.columns());
        let (Sizes { batch, steps, .. }, sums) = (kept.sizes, self.products.kind.sums());
        if batch * steps == 0 {
            return self.to.fill(0.0);
        }
        let mut buffer: BlockBuffer = [0.0; BLOCK_LEN * BLOCK_ROWS];
        for (n, to) in self.to.chunks_mut(BLOCK_ROWS * columns).enumerate() {
            let rows = RowBlock {
                products: self.products,
                operand: self.operand,
                first: self.first + n * BLOCK_ROWS,
                count: to.len() / columns,
            };
            let mut start = Start::Zero;
            for first in (0..batch).step_by(kept.chunk_len) {
                let count = kept.chunk_len.min(batch - first);
                let d_sums =
                    &self.products.d_sums[sums * kept.gate_len(first)..][..sums * kept.gate_len(count)];
                for (first_k, len) in blocks(count * steps) {
                    rows.add(ChunkBlock { d_sums, first, count, first_k, len }, start, to, &mut buffer);
                    start = Start::Target;
                }
            }
        }
    }
}

/// Some samples and steps of a chunk, in the order of the record.
#[derive(Clone, Copy)]
struct ChunkBlock<'a> {
    /// The gradients by the sums of the chunk, `[sums][T · count, H]` in panels.
    d_sums: &'a [f32],
    /// The first sample of the chunk, and how many it has.
    first: usize,
    count: usize,
    /// The first sample and step of the block, counted from those of the chunk, and how many it has.
    first_k: usize,
    len: usize,
}

/// At most [`BLOCK_ROWS`] rows.
#[derive(Clone, Copy)]
struct RowBlock<'a> {
    products: WeightProducts<'a>,
    operand: Operand,
    first: usize,
    count: usize,
}

impl<'a> RowBlock<'a> {
    /// Adds what a block of samples and steps gives to `to` `[count, GH]`.
    fn add(&self, block: ChunkBlock, start: Start, to: &mut [f32], buffer: &mut BlockBuffer) {
        let WeightProducts { kind, kept, .. } = self.products;
        let Sizes { steps, units, .. } = kept.sizes;
        let ChunkBlock { d_sums, first_k, len, .. } = block;
        let sum_len = kept.gate_len(block.count);
        for gate in 0..kind.gates() {
            if gate == 0 || matches!(self.masks(), DropoutMasks::PerGate(_)) || self.is_reset(gate) {
                self.pack(gate, block, buffer);
            }
            let sum = if self.operand == Operand::H { kind.recurrent_sums()[gate] } else { gate };
            let data = &d_sums[sum * sum_len..][..sum_len];
            let right = Right::Packed { data, all_k: block.count * steps, first_k };
            let target =
                Target { data: &mut to[gate * units..], stride: kind.gates() * units, rows: self.count };
            let block = Block { left: Left::Packed(buffer), right, columns: kept.columns(), len, start };
            block.run(target);
        }
    }

    /// Whether the operand of a gate is r ⊙ h.
    fn is_reset(&self, gate: usize) -> bool {
        let before = self.products.kind == Kind::ResetBefore;
        before && self.operand == Operand::H && gate == CANDIDATE
    }

    /// Packs the operand of a block of samples and steps by tiles: `[tile][samples and steps][rows of the tile]`.
    fn pack(&self, gate: usize, block: ChunkBlock, to: &mut [f32]) {
        let Sizes { batch, steps, units, .. } = self.products.kept.sizes;
        let ChunkBlock { first, count, first_k, len, .. } = block;
        for (row, rows) in parts(self.count, MAX_ROWS) {
            let to = &mut to[row * len..][..rows * len];
            let row = self.first + row;
            for (k, to) in (first_k..).zip(to.chunks_exact_mut(rows)) {
                let (in_chunk, time) = (k % count, k / count);
                let sample = first + in_chunk;
                if !self.products.inputs.is_used(sample, time, steps) {
                    to.fill(0.0);
                    continue;
                }
                let from = &self.operand_row((first, count), in_chunk, time)[row..][..rows];
                to.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
                if self.is_reset(gate) {
                    let values = self.products.history.at((first, count), in_chunk, time).values;
                    multiply(to, &values[RESET * units + row..]);
                }
                if let Some(mask) = self.masks().row(gate, sample, batch, self.width()) {
                    multiply(to, &mask[row..]);
                }
            }
        }
    }

    /// The operand, without r and dropout, at a time of sample `row` of a chunk.
    fn operand_row(&self, chunk: (usize, usize), row: usize, time: usize) -> &'a [f32] {
        let WeightProducts { inputs, history, kept, .. } = self.products;
        match self.operand {
            Operand::X => &inputs.x[((chunk.0 + row) * kept.sizes.steps + time) * self.width()..],
            Operand::H => history.before(chunk, row, time),
        }
    }

    fn width(&self) -> usize {
        let Sizes { features, units, .. } = self.products.kept.sizes;
        match self.operand {
            Operand::X => features,
            Operand::H => units,
        }
    }

    fn masks(&self) -> DropoutMasks<'a, f32> {
        match self.operand {
            Operand::X => self.products.inputs.dropout,
            Operand::H => self.products.inputs.recurrent_dropout,
        }
    }
}

/// Multiplies each number by the factor at its place.
fn multiply(to: &mut [f32], factors: &[f32]) {
    to.iter_mut().zip(factors).for_each(|(to, factor)| *to *= factor);
}
