//! The gradients by the weights: products over all samples and steps.

use super::GateGradients;
use crate::lstm::chunks::{Samples, for_chunks};
use crate::lstm::record::Record;
use crate::lstm::{DropoutMasks, Inputs, Sizes};
use crate::matmul::{
    BLOCK_LEN, BLOCK_ROWS, Block, BlockBuffer, Columns, Left, Right, Start, Target, blocks, rows_per_task,
};
use crate::simd::{BitOps, Isa, SimdOp, run};

/// Writes `d_kernel` [F, 4H] and `d_recurrent_kernel` [H, 4H], as far as they are wanted.
pub(super) fn weight_gradients(
    inputs: &Inputs<f32>,
    record: &Record<f32>,
    kept: GateGradients,
    d_z: &[f32],
    d_kernel: Option<&mut [f32]>,
    d_recurrent_kernel: Option<&mut [f32]>,
) {
    let gradient = |values, masks, width, to: Option<&mut [f32]>| {
        let Some(to) = to else { return };
        let left = Columns { used: inputs.mask, group_len: kept.sizes.steps, ..Columns::new(values, width) };
        let rows = WeightRows { left, masks, first: 0, kept, d_z, to };
        let row_cost = kept.sizes.batch * kept.sizes.steps * 4 * kept.sizes.units;
        for_chunks(rows, rows_per_task(width, row_cost), &run);
    };
    let Sizes { features, units, .. } = kept.sizes;
    rayon::join(
        || gradient(record.previous_h, inputs.recurrent_dropout, units, d_recurrent_kernel),
        || gradient(inputs.x, inputs.dropout, features, d_kernel),
    );
}

/// Rows of the gradient by W or U.
///
/// ```text
/// d_weights[k, gate] = Σ over samples and time of  (left[k] ⊙ m_gate[k]) · d_z_gate
/// ```
struct WeightRows<'a> {
    /// x or the hidden state before each step, [B · T, F or H].
    left: Columns<'a>,
    masks: DropoutMasks<'a, f32>,
    /// The number of the first row.
    first: usize,
    kept: GateGradients,
    d_z: &'a [f32],
    /// `[rows, 4H]`
    to: &'a mut [f32],
}

impl Samples for WeightRows<'_> {
    fn count(&self) -> usize {
        self.to.len() / (4 * self.kept.sizes.units)
    }

    fn split_at(self, count: usize) -> (Self, Self) {
        let (upper, lower) = self.to.split_at_mut(count * 4 * self.kept.sizes.units);
        (Self { to: upper, ..self }, Self { to: lower, first: self.first + count, ..self })
    }
}

impl SimdOp for WeightRows<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Sizes { batch, steps, units, .. } = self.kept.sizes;
        let mut buffer: BlockBuffer = [0.0; BLOCK_LEN * BLOCK_ROWS];
        if batch * steps == 0 {
            return self.to.fill(0.0);
        }
        for (n, to) in self.to.chunks_mut(BLOCK_ROWS * 4 * units).enumerate() {
            let rows = RowBlock {
                left: self.left,
                masks: self.masks,
                first: self.first + n * BLOCK_ROWS,
                count: to.len() / (4 * units),
                kept: self.kept,
            };
            let mut start = Start::Zero;
            for first in (0..batch).step_by(self.kept.chunk_len) {
                let count = self.kept.chunk_len.min(batch - first);
                let d_z = &self.d_z[4 * self.kept.gate_len(first)..][..4 * self.kept.gate_len(count)];
                for (first_k, len) in blocks(count * steps) {
                    let samples = SampleBlock { d_z, first: first * steps, all: count * steps, first_k, len };
                    rows.add(isa, samples, start, to, &mut buffer);
                    start = Start::Target;
                }
            }
        }
    }
}

/// Some samples and steps of a chunk.
#[derive(Clone, Copy)]
struct SampleBlock<'a> {
    /// The gradients by z of the chunk, `[4][all, H]` in panels.
    d_z: &'a [f32],
    /// The number of the first sample and step of the chunk, and how many it has.
    first: usize,
    all: usize,
    /// The number of the first one of the block in the chunk, and how many it has.
    first_k: usize,
    len: usize,
}

/// At most [`BLOCK_ROWS`] rows.
#[derive(Clone, Copy)]
struct RowBlock<'a> {
    left: Columns<'a>,
    masks: DropoutMasks<'a, f32>,
    first: usize,
    count: usize,
    kept: GateGradients,
}

impl RowBlock<'_> {
    /// Adds what the samples and steps of a block give to `to` [count, 4H].
    #[inline(always)]
    fn add<I: Isa>(&self, isa: I, samples: SampleBlock, start: Start, to: &mut [f32], buffer: &mut BlockBuffer) {
        let units = self.kept.sizes.units;
        let SampleBlock { d_z, first, all, first_k, len } = samples;
        for (gate, data) in d_z.chunks_exact(d_z.len() / 4).enumerate() {
            if gate == 0 || matches!(self.masks, DropoutMasks::PerGate(_)) {
                let left = Columns { factors: self.factors(gate), ..self.left };
                left.pack(self.first, self.count, first + first_k, len, isa.f32().len(), buffer);
            }
            let right = Right::Packed { data, all_k: all, first_k };
            let mut target = Target { data: &mut to[gate * units..], stride: 4 * units, rows: self.count };
            let block = Block { left: Left::Packed(buffer), right, columns: self.kept.columns(), len, start };
            block.run(isa, &mut target);
        }
    }

    /// The dropout masks of a gate, for all samples.
    fn factors(&self, gate: usize) -> Option<&[f32]> {
        match self.masks {
            DropoutMasks::None => None,
            DropoutMasks::Shared(masks) => Some(masks),
            DropoutMasks::PerGate(masks) => masks.chunks_exact(masks.len() / 4).nth(gate),
        }
    }
}
