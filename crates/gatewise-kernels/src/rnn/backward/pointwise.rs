//! (5) to (2), or (1), differentiated for the samples of a chunk at one step.

use super::by_blocks::ByBlocks;
use super::keep::Keep;
use super::run::Carried;
use crate::recurrent::backward::kept::Slots;
use crate::recurrent::rows::UsedRows;
use crate::rnn::{Kind, OutputGradient, Sizes};
use crate::simd::Isa;

impl<'a> Carried<'a> {
    /// From the gradient by the state after step `number` to those by its sums, which are written to `slots`, and to what of
    /// that by the state before it goes through no product of h. Gradients of rows that do not use the step stay.
    #[inline(always)]
    pub fn step<I: Isa>(&mut self, isa: I, number: usize, rows: UsedRows<'a>, slots: Slots) {
        for row in 0..self.count {
            self.receive_output_gradient(row, number, rows.contains(row));
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

    /// Adds the gradient by the output of the step to that by h if the step is used, and otherwise hands it on to the step
    /// whose output was emitted again.
    #[inline(always)]
    fn receive_output_gradient(&mut self, row: usize, number: usize, used: bool) {
        let Sizes { steps, units, .. } = self.call.layer.sizes;
        let sample = self.first + row;
        let d_y = match self.call.d_outputs.d_y {
            OutputGradient::Sequence(d_y) => Some(&d_y[(sample * steps + number) * units..][..units]),
            OutputGradient::Last(d_y) if number + 1 == steps => Some(&d_y[sample * units..][..units]),
            OutputGradient::Last(_) | OutputGradient::None => None,
        };
        let repeats_output = self.call.inputs.mask.is_some() && !self.call.layer.zero_output_for_mask;
        let d_emitted = &mut self.d_emitted[row * units..][..units];
        let d_h = &mut self.d_h[row * units..][..units];
        if used && repeats_output {
            add(d_h, d_emitted);
            d_emitted.fill(0.0);
        }
        match d_y {
            Some(d_y) if used => add(d_h, d_y),
            Some(d_y) if repeats_output => add(d_emitted, d_y),
            _ => {}
        }
    }
}

/// Adds `from` to `to`.
#[inline(always)]
fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}
