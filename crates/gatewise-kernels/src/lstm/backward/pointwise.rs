//! (4) to (2) differentiated for the samples of a chunk at one step.

use super::by_blocks::ByBlocks;
use super::carried::Carried;
use crate::lstm::gates::pieces;
use crate::recurrent::backward::kept::Slots;
use crate::recurrent::rows::UsedRows;
use crate::simd::{BitOps, Isa, load, store};

impl Carried<'_> {
    /// From the gradients after step `number` to those by its z, which are written to `slots`, and by the cell state
    /// before it. Gradients of rows that do not use the step stay.
    #[inline(always)]
    pub fn differentiate_step<I: Isa>(&mut self, isa: I, number: usize, rows: UsedRows, slots: Slots) {
        let (share, units) = (&self.share, self.share.len());
        let gradients = self.d_h.chunks_exact_mut(units).zip(self.d_emitted.chunks_exact_mut(units));
        for (row, (d_h, d_emitted)) in gradients.enumerate() {
            let step = (self.first + row, number);
            self.call.emitted.receive(step, rows.contains(row), share, d_h, d_emitted);
        }
        if rows.is_empty() {
            return;
        }
        match self.layout.has_rows {
            true => {
                for (rank, range) in rows.ranges() {
                    for piece in pieces(range.clone(), self.call.layer.sizes.units) {
                        let rank = rank + piece.start - range.start;
                        self.by_rows(isa, number, piece, (rank, slots));
                    }
                }
            }
            false => isa.call(ByBlocks { carried: self, number, rows, slots }),
        }
    }
}

/// The gradients by the bias so far.
impl Carried<'_> {
    /// For the block of units from `unit`.
    #[inline(always)]
    pub(super) fn d_bias<I: Isa>(&self, isa: I, unit: usize) -> [I::F32; 4] {
        let ops = isa.f32();
        let mut d_bias = [ops.zero(); 4];
        let sums = &self.d_bias[4 * (unit - self.share.start)..][..4 * ops.len()];
        for (sum, from) in d_bias.iter_mut().zip(sums.chunks_exact(ops.len())) {
            *sum = load(ops, from);
        }
        d_bias
    }

    /// Replaces them.
    #[inline(always)]
    pub(super) fn set_d_bias<I: Isa>(&mut self, isa: I, unit: usize, d_bias: [I::F32; 4]) {
        let ops = isa.f32();
        let sums = &mut self.d_bias[4 * (unit - self.share.start)..][..4 * ops.len()];
        for (sum, to) in d_bias.into_iter().zip(sums.chunks_exact_mut(ops.len())) {
            store(ops, sum, to);
        }
    }
}
