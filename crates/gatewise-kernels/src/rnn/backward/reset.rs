//! (3) differentiated where the reset gate comes before the product of g.

use super::carried::Carried;
use crate::activation::apply::differentiate;
use crate::recurrent::backward::Operand;
use crate::recurrent::backward::products::StepBack;
use crate::recurrent::rows::UsedRows;
use crate::rnn::RESET;
use crate::simd::Isa;

impl Carried<'_> {
    /// From the gradient by the sum of g to that by the sum of r, and to what goes to h through r ⊙ h.
    #[inline(always)]
    pub(super) fn through_reset<I: Isa>(&mut self, isa: I, rows: UsedRows) {
        let layer = self.call.layer;
        let units = layer.sizes.units;
        let Self { kept, ref d_rows, ref mut d_reset, .. } = *self;
        let back = StepBack { sequences: self.call.sequences, kept, rows, d_sums: d_rows };
        back.to_h(Operand::ResetH, self.call.recurrent_kernel, 0..units, d_reset, false);
        for (rank, row) in rows.iter().enumerate() {
            let d_reset = &mut self.d_reset[row * units..][..units];
            let chunk = (self.first, self.count);
            let recorded = self.call.history.at(chunk, row, rows.time);
            let previous_h = self.call.history.before(chunk, row, rows.time);
            let block = RESET * units..(RESET + 1) * units;
            let r = &recorded.values[block.clone()];
            let d_r = &mut self.d_rows[rank * 3 * units..][block.clone()];
            let d_h = &mut self.d_h[row * units..][..units];
            for ((d_h, d_reset), r) in d_h.iter_mut().zip(&*d_reset).zip(r) {
                *d_h += d_reset * r;
            }
            for ((d_r, d_reset), h) in d_r.iter_mut().zip(&*d_reset).zip(previous_h) {
                *d_r = d_reset * h;
            }
            let sums = if recorded.sums.is_empty() { &[] } else { &recorded.sums[block] };
            differentiate(isa, &layer.recurrent_activation, sums, r, d_r); // (2)
        }
    }
}
