//! One step of a chunk of samples.

use std::ops::Range;

use super::finish::{Finish, Place};
use super::run::Call;
use crate::lstm::record::{C, ChunkRecord, O, PHI_C};
use crate::lstm::weights::{Packed, Weights, block_in_place};
use crate::lstm::{Output, Sizes};
use crate::recurrent::in_turn::in_turn;
use crate::recurrent::operand::Operand;
use crate::recurrent::pair::{Meeting, Part};
use crate::recurrent::rows::{MAX_ROWS_OF_BLOCK, RowGroup, RowsOfBlock, UsedRows};
use crate::recurrent::single_numbers::{SingleNumber, SingleNumbers};
use crate::simd::{BitOps, Isa, load_at_least};
use crate::tile::{MAX_ROWS, MAX_VECTORS, PanelNumber, Sums, multiply_four, multiply_row};

/// Where the rows that go through a block of units together lie.
pub(super) type Places = [Place; MAX_ROWS_OF_BLOCK];

/// A step: the state before it, and where the state after it and the outputs go. Rows are samples of the chunk.
pub(super) struct Step<'a, 'b, N> {
    pub call: &'b Call<'a, N>,
    pub count: usize,
    /// The number of the step in the order of processing, and its time in the input.
    pub number: usize,
    pub time: usize,
    /// The rows that use it, and those that used the step before it, if the state of all others has been carried over that.
    pub used: &'b UsedRows<'a>,
    pub used_before: Option<&'b UsedRows<'a>>,
    /// The units that are computed.
    pub part: Part<'b, ChunkRecord>,
    /// `[count, H]`
    pub h: &'b [f32],
    /// `[count, H]`
    pub next_h: &'b mut [f32],
    /// `[count, H]`
    pub c: &'b mut [f32],
    pub y: &'b mut Output<'a, f32>,
    /// `[9, count, H]`: z and what is not recorded, where a step goes over whole rows.
    pub scratch: &'b mut [f32],
}

impl<'a, N: PanelNumber> Step<'a, '_, N> {
    pub(super) fn units(&self) -> usize {
        self.call.layer.sizes.units
    }

    fn steps(&self) -> usize {
        self.call.layer.sizes.steps
    }

    /// Computes the part of the step. The default activations are applied block by block, all others to whole rows.
    #[inline(always)]
    pub fn run<I: Isa>(&mut self, isa: I, x: Operand, h: Operand) {
        if !self.used.is_empty() {
            self.run_units(isa, x, h, self.part.share.clone());
        }
        self.skip_rows();
        if self.part.layout.has_rows {
            self.finish_rows(isa);
        }
    }

    /// Exchanges the part for that of another thread, whose outputs are then written here; whether that has kept up.
    #[inline(always)]
    pub fn is_completed_by(&mut self, meeting: &Meeting) -> bool {
        let has_come = meeting.leader_exchange(self.number, self.next_h, self.c);
        if has_come {
            self.emit(meeting.follower_share());
        }
        has_come
    }

    /// The rows that use the step, for the blocks of units that begin in `units`, whose start is the start of a block.
    #[inline(always)]
    pub fn run_units<I: Isa>(&mut self, isa: I, x: Operand, h: Operand, units: Range<usize>) {
        let per_gate = x.gate_stride + h.gate_stride > 0;
        let mut first = units.start;
        if let (Some(row), false, Weights::Packed(packed)) = (self.used.only(), per_gate, self.call.weights) {
            first = self.run_pairs(isa, (x, h, row), &packed, units.clone());
            if first == units.end {
                return;
            }
        }
        if let (true, Weights::Packed(packed)) = (per_gate && self.used.len() > 2, self.call.weights) {
            let mut groups = self.used.even_groups(MAX_ROWS);
            while let Some(rows) = RowsOfBlock::take(&mut groups) {
                let places = self.places(&rows);
                self.run_gates(isa, [x, h], (&rows, &places), &packed, units.clone());
            }
            return;
        }
        let mut groups = self.used.groups(isa, self.call.weights.max_rows());
        while let Some(rows) = RowsOfBlock::take(&mut groups) {
            let places = self.places(&rows);
            self.run_rows(isa, x, h, (&rows, &places), first..units.end);
        }
    }

    #[inline(always)]
    fn places(&self, rows: &RowsOfBlock) -> Places {
        let mut places = Places::default();
        for (first, group) in rows.groups() {
            for (place, &row) in places[first..].iter_mut().zip(&group.index[..group.rows]) {
                *place = self.place(row);
            }
        }
        places
    }

    /// Some rows, for the blocks of units that begin in `units`.
    #[inline(always)]
    fn run_rows<I: Isa>(
        &mut self,
        isa: I,
        x: Operand,
        h: Operand,
        (rows, places): (&RowsOfBlock, &Places),
        units: Range<usize>,
    ) {
        let lanes = isa.f32().len();
        let (numbers, x) = SingleNumbers::take(x, rows);
        let mut z = [[isa.f32().zero(); 4]; MAX_ROWS_OF_BLOCK];
        for unit in units.step_by(lanes) {
            self.start(isa, &mut z[..rows.count], places, unit);
            if let Some(numbers) = &numbers {
                self.add_single_numbers(isa, &mut z[..rows.count], numbers, unit);
            }
            for (first, group) in rows.groups() {
                let sums = z[first..].first_chunk_mut().expect("there is room for as many whole tiles");
                self.add_products(isa, sums, x, h, group, unit); // (1)
            }
            let len = lanes.min(self.units() - unit);
            self.finish(isa, &mut z[..rows.count], &places[..rows.count], (unit, len));
        }
    }

    /// The only row, for pairs of the blocks of units in `units`; returns where the block that is left starts, or the end.
    #[inline(always)]
    fn run_pairs<I: Isa>(
        &mut self,
        isa: I,
        (x, h, row): (Operand, Operand, usize),
        packed: &Packed<N>,
        units: Range<usize>,
    ) -> usize {
        let lanes = isa.f32().len();
        let place = self.place(row);
        let places = [place, place.of_next_block(self.count, lanes)];
        let number = x.single_number(row);
        let Sizes { features, units: all, .. } = self.call.layer.sizes;
        let count = units.len().saturating_sub(lanes).div_ceil(2 * lanes);
        for pair in in_turn(count, self.number, 4 * units.len() * (features + all)) {
            let first = units.start + 2 * lanes * pair;
            let mut z = self.multiply_pair(isa, (x, number), (h, row), packed, first);
            // The products of the next pair run beside the activations of this one.
            match self.units() - first >= 2 * lanes {
                true => self.finish(isa, &mut z, &places, (first, lanes)),
                false => {
                    let (whole, rest) = z.split_at_mut(1);
                    self.finish(isa, whole, &places[..1], (first, lanes));
                    let len = self.units() - first - lanes;
                    self.finish(isa, rest, &places[..1], (first + lanes, len));
                }
            }
        }
        units.end.min(units.start + 2 * lanes * count)
    }

    /// Carries the part of the rows that do not use the step over it.
    #[inline(always)]
    fn skip_rows(&mut self) {
        if !self.used.are_masked() {
            return;
        }
        let units = self.part.share.clone();
        let used_next = if self.part.record.is_some() { self.used_next() } else { None };
        for row in 0..self.count {
            if self.used.contains(row) {
                continue;
            }
            // What was carried over the step before stands in both places.
            if self.used_before.is_none_or(|before| before.contains(row)) {
                let state = row * self.units() + units.start..row * self.units() + units.end;
                self.next_h[state.clone()].copy_from_slice(&self.h[state]);
            }
            if used_next.is_some_and(|next| next.contains(row)) {
                self.record_skipped(row, units.clone());
            }
            self.emit_skipped(row, units.clone());
        }
    }

    /// The rows that use the next step, if there is one.
    #[inline(always)]
    fn used_next(&self) -> Option<UsedRows<'a>> {
        let next = self.number + 1;
        (next < self.steps()).then(|| self.used.at(self.call.layer.time(next)))
    }

    /// (1) of the only row for the two blocks of units from `unit`.
    #[inline(always)]
    fn multiply_pair<I: Isa>(
        &self,
        isa: I,
        (x, number): (Operand, Option<SingleNumber>),
        (h, row): (Operand, usize),
        packed: &Packed<N>,
        unit: usize,
    ) -> [[I::F32; 4]; 2] {
        let lanes = isa.f32().len();
        let next = unit + lanes;
        let mut sums = match self.call.tokens {
            None => [self.bias(isa, unit), self.bias(isa, next)],
            Some(tokens) => {
                let token = self.token(row);
                [tokens.start(isa, token, unit), tokens.start(isa, token, next)]
            }
        };
        let ([w, u], [next_w, next_u]) = (packed.block(unit, lanes), packed.block(next, lanes));
        match number {
            Some(number) => {
                for (sums, right) in sums.iter_mut().zip([w, next_w]) {
                    number.add_product::<I, MAX_VECTORS>(isa, sums, right);
                }
            }
            None => multiply_row::<I, MAX_VECTORS>(isa, &mut sums, x.row(row), [w, next_w]),
        }
        multiply_row::<I, MAX_VECTORS>(isa, &mut sums, h.row(row), [u, next_u]);
        sums
    }

    /// The product of x with the block of units from `unit`, for rows that have a number each.
    #[inline(always)]
    pub(super) fn add_single_numbers<I: Isa>(
        &self,
        isa: I,
        z: &mut [[I::F32; 4]],
        numbers: &SingleNumbers,
        unit: usize,
    ) {
        let (lanes, units) = (isa.f32().len(), self.units());
        match self.call.weights {
            Weights::Packed(packed) => {
                let [w, _] = packed.block(unit, lanes);
                numbers.add_products::<I, MAX_VECTORS>(isa, z, w);
            }
            Weights::InPlace => {
                let w = block_in_place(self.call.layer.kernel, units, unit, lanes);
                numbers.add_products::<I, MAX_VECTORS>(isa, z, w);
            }
        }
    }

    /// Where a row lies.
    #[inline(always)]
    fn place(&self, row: usize) -> Place {
        let (units, steps) = (self.units(), self.steps());
        let output_row = match self.y {
            Output::Last(_) => row,
            Output::Sequence(_) => row * steps + self.number,
        };
        Place { row, state: row * units, output: output_row * units }
    }

    /// Whether the output of the step is wanted: without a mask the last output is that of the last step.
    #[inline(always)]
    pub(super) fn has_output(&self) -> bool {
        let is_last = self.number + 1 == self.steps();
        is_last || self.call.inputs.mask.is_some() || matches!(self.y, Output::Sequence(_))
    }

    /// What follows (1) for the block of `len` units from `unit` of some rows.
    #[inline(always)]
    pub(super) fn finish<I: Isa>(
        &mut self,
        isa: I,
        z: &mut [[I::F32; 4]],
        places: &[Place],
        (unit, len): (usize, usize),
    ) {
        if self.part.layout.has_rows {
            return self.store_z(isa, z, places, (unit, len));
        }
        let record_from = self.part.layout.block(self.time, 0, unit).0;
        let has_output = self.has_output();
        let (Output::Last(y) | Output::Sequence(y)) = &mut *self.y;
        isa.call(Finish {
            z,
            places,
            unit,
            len,
            c: &mut *self.c,
            next_h: &mut *self.next_h,
            y: has_output.then_some(y),
            record: self.part.record.as_deref_mut().map(|record| &mut record[record_from..]),
        });
    }

    /// The two products of (1) for a tile of rows and the four gates of the block of units from `unit`.
    #[inline(always)]
    fn add_products<I: Isa>(
        &self,
        isa: I,
        sums: &mut Sums<I::F32>,
        x: Operand<'_>,
        h: Operand<'_>,
        group: &RowGroup,
        unit: usize,
    ) {
        let (lanes, units, rows) = (isa.f32().len(), self.units(), group.rows);
        let per_gate = x.gate_stride + h.gate_stride > 0;
        let [left_x, left_h] = [x.rows_per_gate(group.index), h.rows_per_gate(group.index)];
        let [dense_x, dense_h] = [left_x.rows, left_h.rows];
        match self.call.weights {
            Weights::Packed(packed) => {
                let [w, u] = packed.block(unit, lanes);
                if per_gate {
                    let segments = [(left_x, w, x.len), (left_h, u, h.len)];
                    return multiply_four::<I, _, 2>(isa, sums, rows, segments);
                }
                let segments = [(dense_x, w, x.len), (dense_h, u, h.len)];
                multiply_four::<I, _, MAX_ROWS>(isa, sums, rows, segments);
            }
            Weights::InPlace => {
                let w = block_in_place(self.call.layer.kernel, units, unit, lanes);
                let u = block_in_place(self.call.layer.recurrent_kernel, units, unit, lanes);
                if units - unit >= lanes && !per_gate {
                    let segments = [(dense_x, w.blocks, x.len), (dense_h, u.blocks, h.len)];
                    return multiply_four::<I, _, 2>(isa, sums, rows, segments);
                }
                let segments = [(left_x, w, x.len), (left_h, u, h.len)];
                multiply_four::<I, _, 2>(isa, sums, rows, segments);
            }
        }
    }

    /// What the sums of some rows start from in the block of units from `unit`.
    #[inline(always)]
    pub(super) fn start<I: Isa>(&self, isa: I, z: &mut [[I::F32; 4]], places: &Places, unit: usize) {
        let Some(tokens) = self.call.tokens else { return z.fill(self.bias(isa, unit)) };
        for (z, place) in z.iter_mut().zip(places) {
            *z = tokens.start(isa, self.token(place.row), unit);
        }
    }

    /// The number of the token of a row.
    #[inline(always)]
    fn token(&self, row: usize) -> usize {
        (self.used.first + row) * self.steps() + self.time
    }

    /// What the sums of the block start from.
    #[inline(always)]
    fn bias<I: Isa>(&self, isa: I, unit: usize) -> [I::F32; 4] {
        let ops = isa.f32();
        let mut vectors = [ops.zero(); 4];
        if let Some(bias) = self.call.layer.bias {
            let len = ops.len().min(self.units() - unit);
            for (gate, vector) in vectors.iter_mut().enumerate() {
                *vector = load_at_least(ops, &bias[gate * self.units() + unit..], len);
            }
        }
        vectors
    }

    /// Writes the output of units of a row whose step is not used.
    fn emit_skipped(&mut self, row: usize, units: Range<usize>) {
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
        let Some(record) = self.part.record.as_deref_mut() else { return };
        let lanes = self.part.layout.lanes;
        for unit in units.clone().step_by(lanes) {
            let (state, len) = (row * self.call.layer.sizes.units + unit, lanes.min(units.end - unit));
            let place = |which| self.part.layout.place(self.time, which, row, unit);
            record[place(O)..][..len].fill(1.0);
            record[place(C)..][..len].copy_from_slice(&self.c[state..][..len]);
            record[place(PHI_C)..][..len].copy_from_slice(&self.h[state..][..len]);
        }
    }

    /// Writes the outputs of units whose new h another thread has computed.
    fn emit(&mut self, units: Range<usize>) {
        for row in 0..self.count {
            match self.used.contains(row) {
                true => self.emit_row(row, units.clone()),
                false => self.emit_skipped(row, units.clone()),
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
