//! (5) to (2), or (1), differentiated for the samples of a chunk at one step.

use super::by_blocks::ByBlocks;
use super::carried::Carried;
use super::keep::Keep;
use crate::recurrent::backward::kept::Slots;
use crate::recurrent::rows::UsedRows;
use crate::rnn::Kind;
use crate::simd::Isa;

impl Carried<'_> {
    /// From the gradient by the state after step `number` to those by its sums, which are written to `slots`, and to what of
    /// that by the state before it goes through no product of h. Gradients of rows that do not use the step stay.
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
        let (layer, time) = (self.call.layer, rows.time);
        let by_rows = layer.has_custom_activation();
        match by_rows {
            true => {
                for (rank, row) in rows.iter().enumerate() {
                    self.by_rows(isa, time, (rank, row));
                }
            }
            false => isa.call(ByBlocks { carried: self, rows, slots }),
        }
        if layer.kind == Kind::ResetBefore {
            self.through_reset(isa, rows);
        }
        if by_rows || layer.kind == Kind::ResetBefore {
            isa.call(Keep { carried: self, rows, slots });
        }
    }
}
