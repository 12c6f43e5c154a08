//! One step of a chunk of samples.

use std::ops::Range;

use super::pair::Meeting;
use super::run::Call;
use crate::lstm::Output;
use crate::lstm::gates::Cell;
use crate::lstm::record::{C, ChunkRecord, O, PHI_C};
use crate::lstm::rows::{RowGroup, UsedRows};
use crate::lstm::weights::{Packed, Weights, block_in_place};
use crate::recurrent::operand::Operand;
use crate::simd::{BitOps, Isa, load_first, store_first};
use crate::tile::{MAX_ROWS, PanelNumber, Sums, multiply_four, multiply_row};

/// A step: the state before it, and where the state after it and the outputs go. Rows are samples of the chunk.
pub(super) struct Step<'a, 'b, N> {
    pub call: Call<'a, N>,
    /// The number of the first sample in the batch.
    pub first: usize,
    pub count: usize,
    /// The number of the step in the order of processing, and its time in the input.
    pub number: usize,
    pub time: usize,
    /// `[count, H]`
    pub h: &'b [f32],
    /// `[count, H]`
    pub next_h: &'b mut [f32],
    /// `[count, H]`
    pub c: &'b mut [f32],
    pub y: &'b mut Output<'a, f32>,
    /// The part of the chunk.
    pub record: Option<&'b mut [f32]>,
    pub layout: ChunkRecord,
    /// `[9, count, H]`: z and what is not recorded, where a step goes over whole rows.
    pub scratch: &'b mut [f32],
}

impl<N: PanelNumber> Step<'_, '_, N> {
    pub(super) fn units(&self) -> usize {
        self.call.layer.sizes.units
    }

    fn steps(&self) -> usize {
        self.call.layer.sizes.steps
    }

    /// The rows that use the step.
    #[inline(always)]
    pub(super) fn used_rows(&self) -> UsedRows<'_> {
        let Self { first, count, time, .. } = *self;
        UsedRows { mask: self.call.inputs.mask, steps: self.steps(), first, count, time }
    }

    #[inline(always)]
    fn is_used(&self, row: usize) -> bool {
        self.used_rows().contains(row)
    }

    /// Computes the step. The default activations are applied block by block, all others to whole rows.
    #[inline(always)]
    pub fn run<I: Isa>(&mut self, isa: I, x: Operand, h: Operand) {
        self.run_units(isa, x, h, 0..self.units());
        self.skip_rows(0..self.units());
        if self.layout.has_rows {
            self.finish_rows(isa);
        }
    }

    /// Computes the step with another thread, or without it if it does not keep up.
    #[inline(always)]
    pub fn run_shared<I: Isa>(&mut self, isa: I, x: Operand, h: Operand, meeting: &Meeting) {
        self.run_units(isa, x, h, meeting.leader_share());
        self.skip_rows(meeting.leader_share());
        match meeting.leader_exchange(self.number, self.next_h, self.c) {
            true => self.emit(meeting.follower_share()),
            false => {
                self.run_units(isa, x, h, meeting.follower_share());
                self.skip_rows(meeting.follower_share());
            }
        }
    }

    /// The rows that use the step, for the blocks of units that begin in `units`, whose start is the start of a block.
    #[inline(always)]
    pub fn run_units<I: Isa>(&mut self, isa: I, x: Operand, h: Operand, units: Range<usize>) {
        let lanes = isa.f32().len();
        let per_gate = x.gate_stride + h.gate_stride > 0;
        let mut unit = units.start;
        if let (1, false, Weights::Packed(packed)) = (self.count, per_gate, self.call.weights)
            && self.is_used(0)
        {
            while unit + lanes < units.end {
                self.run_two_blocks(isa, x, h, &packed, unit);
                unit += 2 * lanes;
            }
        }
        for unit in (unit..units.end).step_by(lanes) {
            let bias = self.bias(isa, unit);
            // The mask outlives `self`, which the rows are then written to.
            let rows = UsedRows { mask: self.call.inputs.mask, ..self.used_rows() };
            for group in rows.groups(self.call.weights.max_rows()) {
                let mut sums = [bias; MAX_ROWS];
                self.add_products(isa, &mut sums, x, h, &group, unit); // (1)
                for (&row, &z) in group.index[..group.rows].iter().zip(&sums) {
                    self.finish(isa, z, row, unit);
                }
            }
        }
    }

    /// Carries these units of the rows that do not use the step over it.
    #[inline(always)]
    pub fn skip_rows(&mut self, units: Range<usize>) {
        if self.call.inputs.mask.is_none() {
            return;
        }
        for row in 0..self.count {
            if !self.is_used(row) {
                let state = row * self.units() + units.start..row * self.units() + units.end;
                self.next_h[state.clone()].copy_from_slice(&self.h[state]);
                self.skip(row, units.clone());
            }
        }
    }

    /// Whether no row uses the step.
    #[inline(always)]
    pub fn is_idle(&self) -> bool {
        !(0..self.count).any(|row| self.is_used(row))
    }

    /// What there is to do if no row uses the step, but for the states, which may stay where they are.
    pub fn skip_all(&mut self) {
        for row in 0..self.count {
            self.skip(row, 0..self.units());
        }
    }

    /// The only row for the two blocks of units from `unit`.
    #[inline(always)]
    fn run_two_blocks<I: Isa>(&mut self, isa: I, x: Operand, h: Operand, packed: &Packed<N>, unit: usize) {
        let lanes = isa.f32().len();
        let next = unit + lanes;
        let mut sums = [self.bias(isa, unit), self.bias(isa, next)];
        let ([w, u], [next_w, next_u]) = (packed.block(unit, lanes), packed.block(next, lanes));
        for (operand, right) in [(x, [w, next_w]), (h, [u, next_u])] {
            multiply_row(isa, &mut sums, operand.row(0), right); // (1)
        }
        // A loop, for two calls that are inlined would be too long for what they call to be inlined.
        for (unit, z) in [unit, next].into_iter().zip(sums) {
            self.finish(isa, z, 0, unit);
        }
    }

    /// What follows (1) for a block of units of one row.
    #[inline(always)]
    fn finish<I: Isa>(&mut self, isa: I, z: [I::F32; 4], row: usize, unit: usize) {
        match self.layout.has_rows {
            true => self.store_z(isa, z, row, unit),
            false => self.finish_block(isa, z, row, unit),
        }
    }

    /// The two products of (1) for a tile of rows and the four gates of the block of units from `unit`.
    #[inline(always)]
    fn add_products<I: Isa>(
        &self,
        isa: I,
        sums: &mut Sums<I::F32>,
        x: Operand,
        h: Operand,
        group: &RowGroup,
        unit: usize,
    ) {
        let (lanes, units) = (isa.f32().len(), self.units());
        let per_gate = x.gate_stride + h.gate_stride > 0;
        let lens = [x.len, h.len];
        let [gates_x, gates_h] = [x.rows_per_gate(group.index), h.rows_per_gate(group.index)];
        match self.call.weights {
            Weights::Packed(packed) => {
                let [w, u] = packed.block(unit, lanes);
                match per_gate {
                    false => {
                        let segments = [(gates_x.rows, w, lens[0]), (gates_h.rows, u, lens[1])];
                        multiply_four::<I, MAX_ROWS>(isa, sums, group.rows, segments);
                    }
                    true => {
                        let segments = [(gates_x, w, lens[0]), (gates_h, u, lens[1])];
                        multiply_four::<I, MAX_ROWS>(isa, sums, group.rows, segments);
                    }
                }
            }
            Weights::InPlace => {
                let w = block_in_place(self.call.layer.kernel, units, unit, lanes);
                let u = block_in_place(self.call.layer.recurrent_kernel, units, unit, lanes);
                let is_whole = units - unit >= lanes;
                match is_whole && !per_gate {
                    true => {
                        let segments = [(gates_x.rows, w.blocks, lens[0]), (gates_h.rows, u.blocks, lens[1])];
                        multiply_four::<I, 2>(isa, sums, group.rows, segments);
                    }
                    false => {
                        let segments = [(gates_x, w, lens[0]), (gates_h, u, lens[1])];
                        multiply_four::<I, 2>(isa, sums, group.rows, segments);
                    }
                }
            }
        }
    }

    /// What the sums of the block start from.
    #[inline(always)]
    fn bias<I: Isa>(&self, isa: I, unit: usize) -> [I::F32; 4] {
        let ops = isa.f32();
        let mut vectors = [ops.zero(); 4];
        if let Some(bias) = self.call.layer.bias {
            for (vector, bias) in vectors.iter_mut().zip(bias.chunks_exact(self.units())) {
                *vector = load_first(ops, &bias[unit..]);
            }
        }
        vectors
    }

    /// (2) to (4) for a block of units of one row, in registers.
    #[inline(always)]
    fn finish_block<I: Isa>(&mut self, isa: I, z: [I::F32; 4], row: usize, unit: usize) {
        let ops = isa.f32();
        let units = self.units();
        let len = ops.len().min(units - unit);
        let state = row * units + unit;
        let cell = Cell::new(isa, z, load_first(ops, &self.c[state..][..len]));
        store_first(ops, cell.c, &mut self.c[state..][..len]);
        store_first(ops, cell.h, &mut self.next_h[state..][..len]);
        store_first(ops, cell.h, self.output(row, unit, len));
        if let Some((recorded, width)) = self.recorded(row, unit) {
            let [i, f, g, o] = cell.gates;
            for (value, to) in
                [i, f, g, o, cell.c, cell.phi_c].into_iter().zip(recorded.chunks_exact_mut(width))
            {
                store_first(ops, value, to);
            }
        }
    }

    /// Records units of a row whose step is not used, and writes their output.
    fn skip(&mut self, row: usize, units: Range<usize>) {
        self.record_skipped(row, units.clone());
        let (width, steps, len) = (self.units(), self.steps(), units.len());
        let zero = self.call.layer.zero_output_for_mask;
        match &mut *self.y {
            Output::Last(y) if zero => y[row * width + units.start..][..len].fill(0.0),
            Output::Last(_) => {}
            Output::Sequence(y) => {
                let at = (row * steps + self.number) * width + units.start;
                match zero || self.number == 0 {
                    true => y[at..][..len].fill(0.0),
                    false => y.copy_within(at - width..at - width + len, at),
                }
            }
        }
    }

    /// Records the state that was carried for a row that uses the next step: nobody asks for it otherwise.
    fn record_skipped(&mut self, row: usize, units: Range<usize>) {
        let next = self.number + 1;
        let is_last = next == self.steps();
        if is_last || !(UsedRows { time: self.call.layer.time(next), ..self.used_rows() }).contains(row) {
            return;
        }
        let Some(record) = self.record.as_deref_mut() else { return };
        let lanes = self.layout.lanes;
        for unit in units.clone().step_by(lanes) {
            let (state, len) = (row * self.call.layer.sizes.units + unit, lanes.min(units.end - unit));
            let place = |which| self.layout.place(self.time, which, row, unit);
            record[place(O)..][..len].fill(1.0);
            record[place(C)..][..len].copy_from_slice(&self.c[state..][..len]);
            record[place(PHI_C)..][..len].copy_from_slice(&self.h[state..][..len]);
        }
    }

    /// Writes the outputs of units whose new h another thread has computed.
    fn emit(&mut self, units: Range<usize>) {
        self.skip_rows(units.clone());
        for row in 0..self.count {
            if self.is_used(row) {
                self.emit_row(row, units.clone());
            }
        }
    }

    /// Copies units of the new h of a row to the outputs.
    #[inline(always)]
    pub(super) fn emit_row(&mut self, row: usize, units: Range<usize>) {
        let (at, len) = (row * self.units() + units.start, units.len());
        let (steps, width, number) = (self.steps(), self.units(), self.number);
        let to = &mut output(self.y, number, steps, width, row)[units.start..][..len];
        to.copy_from_slice(&self.next_h[at..][..len]);
    }

    /// Where the block of units of a row is recorded, and how wide it is.
    #[inline(always)]
    fn recorded(&mut self, row: usize, unit: usize) -> Option<(&mut [f32], usize)> {
        let (layout, time) = (self.layout, self.time);
        self.record.as_deref_mut().map(|record| layout.view_mut(record, time, row, unit))
    }

    /// Where units of a row of the output go.
    #[inline(always)]
    fn output(&mut self, row: usize, unit: usize, len: usize) -> &mut [f32] {
        let (steps, units) = (self.steps(), self.units());
        &mut output(self.y, self.number, steps, units, row)[unit..][..len]
    }
}

/// The output of a row at step `number`, and all that follows it.
#[inline(always)]
fn output<'a>(
    y: &'a mut Output<f32>,
    number: usize,
    steps: usize,
    units: usize,
    row: usize,
) -> &'a mut [f32] {
    match y {
        Output::Last(y) => &mut y[row * units..],
        Output::Sequence(y) => &mut y[(row * steps + number) * units..],
    }
}
