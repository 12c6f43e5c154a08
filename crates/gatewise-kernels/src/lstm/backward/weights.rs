//! The gradients by the weights: products over all samples and steps.

use super::GateGradients;
use crate::lstm::chunks::{Samples, for_chunks};
use crate::lstm::record::RecordLayout;
use crate::lstm::{DropoutMasks, Inputs, Sizes};
use crate::matmul::{
    BLOCK_LEN, BLOCK_ROWS, Block, BlockBuffer, Left, Right, Start, Target, blocks, rows_per_task,
};
use crate::parallel::both;
use crate::tile::{MAX_ROWS, parts};

/// What the gradients by the weights are made from.
#[derive(Clone, Copy)]
pub(super) struct WeightProducts<'a> {
    pub inputs: &'a Inputs<'a, f32>,
    pub record: &'a [f32],
    pub layout: RecordLayout,
    pub kept: GateGradients,
    /// As [`GateGradients`] describes.
    pub d_z: &'a [f32],
}

impl WeightProducts<'_> {
    /// Writes `d_kernel` `[F, 4H]` and `d_recurrent_kernel` `[H, 4H]`, as far as they are wanted.
    pub fn run(self, d_kernel: Option<&mut [f32]>, d_recurrent_kernel: Option<&mut [f32]>) {
        let Sizes { batch, steps, features, units } = self.kept.sizes;
        let row_cost = batch * steps * 4 * units;
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

/// Which operand of (1) the weights belong to.
#[derive(Clone, Copy)]
enum Operand {
    X,
    H,
}

/// Rows of the gradient by W or U.
///
/// ```text
/// d_weights[k, gate] = Σ over samples and time of  (operand[k] ⊙ m_gate[k]) · d_z_gate
/// ```
struct WeightRows<'a> {
    products: WeightProducts<'a>,
    operand: Operand,
    /// The number of the first row.
    first: usize,
    /// `[rows, 4H]`
    to: &'a mut [f32],
}

impl Samples for WeightRows<'_> {
    fn count(&self) -> usize {
        self.to.len() / (4 * self.products.kept.sizes.units)
    }

    fn split_at(self, count: usize) -> (Self, Self) {
        let (upper, lower) = self.to.split_at_mut(count * 4 * self.products.kept.sizes.units);
        (Self { to: upper, ..self }, Self { to: lower, first: self.first + count, ..self })
    }
}

impl WeightRows<'_> {
    fn run(self) {
        let kept = self.products.kept;
        let Sizes { batch, steps, units, .. } = kept.sizes;
        if batch * steps == 0 {
            return self.to.fill(0.0);
        }
        let mut buffer: BlockBuffer = [0.0; BLOCK_LEN * BLOCK_ROWS];
        for (n, to) in self.to.chunks_mut(BLOCK_ROWS * 4 * units).enumerate() {
            let rows = RowBlock {
                products: self.products,
                operand: self.operand,
                first: self.first + n * BLOCK_ROWS,
                count: to.len() / (4 * units),
            };
            let mut start = Start::Zero;
            for first in (0..batch).step_by(kept.chunk_len) {
                let count = kept.chunk_len.min(batch - first);
                let d_z = &self.products.d_z[4 * kept.gate_len(first)..][..4 * kept.gate_len(count)];
                for (first_k, len) in blocks(count * steps) {
                    rows.add(ChunkBlock { d_z, first, count, first_k, len }, start, to, &mut buffer);
                    start = Start::Target;
                }
            }
        }
    }
}

/// Some samples and steps of a chunk, in the order of the record.
#[derive(Clone, Copy)]
struct ChunkBlock<'a> {
    /// The gradients by z of the chunk, `[4][T · count, H]` in panels.
    d_z: &'a [f32],
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
    /// Adds what a block of samples and steps gives to `to` `[count, 4H]`.
    fn add(&self, block: ChunkBlock, start: Start, to: &mut [f32], buffer: &mut BlockBuffer) {
        let kept = self.products.kept;
        let Sizes { steps, units, .. } = kept.sizes;
        let ChunkBlock { d_z, first_k, len, .. } = block;
        for (gate, data) in d_z.chunks_exact(d_z.len() / 4).enumerate() {
            if gate == 0 || matches!(self.masks(), DropoutMasks::PerGate(_)) {
                self.pack(gate, block, buffer);
            }
            let right = Right::Packed { data, all_k: block.count * steps, first_k };
            let target = Target { data: &mut to[gate * units..], stride: 4 * units, rows: self.count };
            let block = Block { left: Left::Packed(buffer), right, columns: kept.columns(), len, start };
            block.run(target);
        }
    }

    /// Packs the operand of a block of samples and steps by tiles: `[tile][samples and steps][rows of the tile]`.
    fn pack(&self, gate: usize, block: ChunkBlock, to: &mut [f32]) {
        let Sizes { batch, steps, .. } = self.products.kept.sizes;
        let ChunkBlock { first, count, first_k, len, .. } = block;
        for (row, rows) in parts(self.count, MAX_ROWS) {
            let to = &mut to[row * len..][..rows * len];
            let row = self.first + row;
            for (k, to) in (first_k..).zip(to.chunks_exact_mut(rows)) {
                let (sample, time) = (first + k % count, k / count);
                if !self.products.inputs.is_used(sample, time, steps) {
                    to.fill(0.0);
                    continue;
                }
                let from = &self.operand_row(sample, time, first * steps + k)[row..][..rows];
                match self.masks().row(gate, sample, batch, self.width()) {
                    None => to.iter_mut().zip(from).for_each(|(to, &from)| *to = from),
                    Some(mask) => {
                        let masked = from.iter().zip(&mask[row..]).map(|(from, mask)| from * mask);
                        to.iter_mut().zip(masked).for_each(|(to, from)| *to = from);
                    }
                }
            }
        }
    }

    /// The operand at a sample and time, which is row `number` of the record.
    fn operand_row(&self, sample: usize, time: usize, number: usize) -> &'a [f32] {
        let WeightProducts { inputs, record, layout, .. } = self.products;
        match self.operand {
            Operand::X => &inputs.x[(sample * self.products.kept.sizes.steps + time) * self.width()..],
            Operand::H => &record[number * layout.row_len() + layout.previous_h()..],
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
