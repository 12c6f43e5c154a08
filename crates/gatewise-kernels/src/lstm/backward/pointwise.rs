//! (4) to (2) differentiated for the samples of a chunk at one step.

use super::by_blocks::ByBlocks;
use super::run::Carried;
use crate::lstm::gates::pieces;
use crate::lstm::{OutputGradient, Sizes};
use crate::recurrent::backward::kept::Slots;
use crate::recurrent::rows::UsedRows;
use crate::simd::{BitOps, Isa, load, store};

impl<'a> Carried<'a> {
    /// From the gradients after step `number` to those by its z, which are written to `slots`, and by the cell state
    /// before it. Gradients of rows that do not use the step stay.
    #[inline(always)]
    pub fn step<I: Isa>(&mut self, isa: I, number: usize, rows: UsedRows<'a>, slots: Slots) {
        for row in 0..self.count {
            self.receive_output_gradient(row, number, rows.contains(row));
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

    /// Adds the gradient by the output of the step to that by h if the step is used, and otherwise hands it on to
    /// the step whose output was emitted again.
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

/// The gradients by the bias so far.
impl Carried<'_> {
    /// For the block of units from `unit`.
    #[inline(always)]
    pub(super) fn d_bias<I: Isa>(&self, isa: I, unit: usize) -> [I::F32; 4] {
        let ops = isa.f32();
        let mut d_bias = [ops.zero(); 4];
        let sums = &self.d_bias[4 * unit..][..4 * ops.len()];
        for (sum, from) in d_bias.iter_mut().zip(sums.chunks_exact(ops.len())) {
            *sum = load(ops, from);
        }
        d_bias
    }

    /// Replaces them.
    #[inline(always)]
    pub(super) fn set_d_bias<I: Isa>(&mut self, isa: I, unit: usize, d_bias: [I::F32; 4]) {
        let ops = isa.f32();
        let sums = &mut self.d_bias[4 * unit..][..4 * ops.len()];
        for (sum, to) in d_bias.into_iter().zip(sums.chunks_exact_mut(ops.len())) {
            store(ops, sum, to);
        }
    }
}

/// Adds `from` to `to`.
#[inline(always)]
fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}
