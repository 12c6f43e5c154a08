//! One step of a chunk of samples: what it has, and where its results go.

use std::ops::Range;

use super::run::Call;
use crate::recurrent::operand::Operand;
use crate::recurrent::pair::{Meeting, Part};
use crate::recurrent::rows::UsedRows;
use crate::rnn::record::{RecordLayout, RecordRowMut};
use crate::rnn::weights::{Packed, Weights};
use crate::rnn::{Output, X};
use crate::simd::Isa;
use crate::tile::MAX_ROWS;

/// A step: the state before it, and where the state after it and the outputs go. Rows are samples of the chunk.
pub(super) struct Step<'a, 'b> {
    pub call: Call<'a>,
    /// The number of the first sample in the batch.
    pub first: usize,
    pub count: usize,
    /// The number of the step in the order of processing, and its time in the input.
    pub number: usize,
    pub time: usize,
    /// The rows that use it.
    pub used: UsedRows<'a>,
    /// The units that are computed: all, or where the way allows it the share of one of two threads.
    /// Rows of the record, from the first of the chunk, are those of the part.
    pub part: Part<'b, RecordLayout>,
    /// `[count, H]`
    pub h: &'b [f32],
    /// `[count, H]`
    pub next_h: &'b mut [f32],
    pub y: &'b mut Output<'a, f32>,
    /// What the activations of z, r and g are applied to, and n, `[count, sums, H]`; if they do not stay in registers.
    pub sums: &'b mut [f32],
    /// z, r, g and n `[count, sums, H]`, with the same condition.
    pub values: &'b mut [f32],
    /// r ⊙ h under the mask of dropout, `[count, H]`.
    pub reset: &'b mut [f32],
}

/// A way to compute a step; each is compiled by itself.
pub(super) trait Compute: Copy + Send + Sync {
    /// Computes a step that some row uses, from x and h under their masks.
    fn compute<I: Isa>(isa: I, step: &mut Step, x: Operand, h: Operand);
}

impl Step<'_, '_> {
    pub fn units(&self) -> usize {
        self.call.layer.sizes.units
    }

    /// How many rows a tile may have whose sums fill the registers at `packed` rows.
    pub fn max_rows(&self, packed: usize) -> usize {
        match self.call.weights {
            Weights::Packed(_) => packed.min(MAX_ROWS),
            Weights::InPlace => 2,
        }
    }

    /// The weights, if W is packed among them.
    #[inline(always)]
    pub fn packed_kernel(&self) -> Option<Packed<'_>> {
        match self.call.weights {
            Weights::Packed(packed) => Some(packed).filter(|_| matches!(self.call.inputs.x, X::Rows(_))),
            Weights::InPlace => None,
        }
    }

    /// Whether the step is used for a sample.
    #[inline(always)]
    pub fn is_used(&self, row: usize) -> bool {
        self.used.contains(row)
    }

    /// Computes the share of the step.
    #[inline(always)]
    pub fn run<I: Isa, C: Compute>(&mut self, isa: I, x: Operand, h: Operand) {
        match self.used.is_empty() {
            true => self.skip_rows(),
            false => C::compute(isa, self, x, h),
        }
    }

    /// Exchanges the part for that of another thread, whose outputs are then written here; whether that has kept up.
    #[inline(always)]
    pub fn is_completed_by(&mut self, meeting: &Meeting) -> bool {
        let has_come = meeting.leader_exchange(self.number, self.next_h, &mut []);
        if has_come {
            self.emit_share(&meeting.follower_share());
        }
        has_come
    }

    /// Writes the outputs of units whose new h another thread has computed.
    fn emit_share(&mut self, share: &Range<usize>) {
        let (units, next_h) = (self.units(), std::mem::take(&mut self.next_h));
        for row in 0..self.count {
            match self.is_used(row) {
                true => {
                    let from = &next_h[row * units + share.start..][..share.len()];
                    self.output(row, share.start, share.len()).copy_from_slice(from);
                }
                false => self.emit_skipped(row, share.start, share.len()),
            }
        }
        self.next_h = next_h;
    }

    /// Carries the rows over the step that do not use it.
    #[inline(always)]
    pub fn skip_rows(&mut self) {
        if !self.used.are_masked() {
            return;
        }
        for row in 0..self.count {
            if !self.is_used(row) {
                let Range { start, end } = self.part.share;
                self.skip(row, start, end - start);
            }
        }
    }

    /// Carries units of a row over a step that is not used.
    pub fn skip(&mut self, row: usize, unit: usize, len: usize) {
        let (state, in_part) = (row * self.units() + unit, unit - self.part.share.start);
        let h = &self.h[state..][..len];
        self.next_h[state..][..len].copy_from_slice(h);
        if let Some(recorded) = self.recorded(row) {
            recorded.h[in_part..][..len].copy_from_slice(h);
        }
        self.emit_skipped(row, unit, len);
    }

    /// Writes the output of units of a row whose step is not used.
    fn emit_skipped(&mut self, row: usize, unit: usize, len: usize) {
        let (units, steps) = (self.units(), self.call.layer.sizes.steps);
        let zero = self.call.layer.zero_output_for_mask;
        match &mut *self.y {
            Output::Last(y) if zero => y[row * units + unit..][..len].fill(0.0),
            Output::Last(_) => {}
            Output::Sequence(y) => {
                let at = (row * steps + self.number) * units + unit;
                match zero || self.number == 0 {
                    true => y[at..][..len].fill(0.0),
                    false => y.copy_within(at - units..at - units + len, at),
                }
            }
        }
    }

    /// Where the step of a row is recorded.
    #[inline(always)]
    pub fn recorded(&mut self, row: usize) -> Option<RecordRowMut<'_, f32>> {
        let number = self.time * self.count + row;
        self.part.record.as_deref_mut().map(|record| self.part.layout.view_mut(record, number))
    }

    /// Where units of a row of the output go.
    #[inline(always)]
    pub fn output(&mut self, row: usize, unit: usize, len: usize) -> &mut [f32] {
        let (steps, units) = (self.call.layer.sizes.steps, self.units());
        match &mut *self.y {
            Output::Last(y) => &mut y[row * units + unit..][..len],
            Output::Sequence(y) => &mut y[(row * steps + self.number) * units + unit..][..len],
        }
    }
}
