//! (3) differentiated where the reset gate comes before the product of g.

use super::products::{Chain, Side, StepOfChunk};
use super::run::Carried;
use crate::activation::apply::differentiate;
use crate::rnn::{CANDIDATE, DropoutMasks, RESET, Sizes};
use crate::simd::Isa;

impl Carried<'_> {
    /// From the gradient by the sum of g to that by the sum of r, and to what goes to h through r ⊙ h, for all rows.
    #[inline(always)]
    pub fn step_through_reset<I: Isa>(&mut self, isa: I, time: usize) {
        let (layer, inputs) = (self.call.layer, self.call.inputs);
        let Sizes { batch, steps, units, .. } = layer.sizes;
        let d_reset = &mut self.product[..self.count * units];
        let side = Side {
            weights: self.call.recurrent_kernel,
            columns: self.kept.columns(),
            masks: DropoutMasks::None,
            data: &mut *d_reset,
            first: 0,
            stride: units,
            adds: false,
        };
        let step = StepOfChunk { first: self.first, count: self.count, time };
        side.run(&self.call, step, Chain::of_reset(), self.d_sums, &mut []);
        for (row, d_reset) in d_reset.chunks_exact_mut(units).enumerate() {
            let sample = self.first + row;
            if !inputs.is_used(sample, time, steps) {
                continue;
            }
            if let Some(mask) = inputs.recurrent_dropout.row(CANDIDATE, sample, batch, units) {
                d_reset.iter_mut().zip(mask).for_each(|(d_reset, mask)| *d_reset *= mask);
            }
            let chunk = (self.first, self.count);
            let recorded = self.call.history.at(chunk, row, time);
            let previous_h = self.call.history.before(chunk, row, time);
            let block = RESET * units..(RESET + 1) * units;
            let r = &recorded.values[block.clone()];
            let d_r = &mut self.d_sums[row * 3 * units..][block.clone()];
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
