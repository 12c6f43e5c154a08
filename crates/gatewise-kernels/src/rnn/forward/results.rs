//! Where the results of a step go, for rows that go through a block of units together.

use super::step::Step;
use crate::recurrent::rows::{MAX_ROWS_OF_BLOCK, RowsOfBlock};
use crate::rnn::Output;
use crate::simd::{BitOps, Isa, store_first};

/// Where a row lies.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    /// Its first number in the states, `[count, H]`.
    pub state: usize,
    /// Its first number in the output.
    output: usize,
    /// Its first number in the record.
    record: usize,
}

impl Place {
    /// Where the block that follows the first one of the row lies, as if it were a row by itself.
    #[inline(always)]
    pub fn of_next_block(self, lanes: usize) -> Self {
        Self { state: self.state + lanes, output: self.output + lanes, record: self.record + lanes }
    }
}

/// Where the rows that go through a block of units together lie.
pub(super) type Places = [Place; MAX_ROWS_OF_BLOCK];

/// Where the results of a block of units go.
pub(super) struct Results<'a> {
    pub places: &'a [Place],
    /// The first unit of the block, and how many there are.
    pub unit: usize,
    pub len: usize,
    /// The first unit of the rows of the record, and how many they have.
    recorded: (usize, usize),
    next_h: &'a mut [f32],
    /// If the output is wanted.
    y: Option<&'a mut [f32]>,
    record: Option<&'a mut [f32]>,
    /// From the start of a row of the record to h.
    h_in_record: usize,
}

impl Step<'_, '_> {
    #[inline(always)]
    pub fn places(&self, rows: &RowsOfBlock) -> Places {
        let mut places = Places::default();
        for (first, group) in rows.groups() {
            for (place, &row) in places[first..].iter_mut().zip(&group.index[..group.rows]) {
                *place = self.place(row);
            }
        }
        places
    }

    #[inline(always)]
    pub fn place(&self, row: usize) -> Place {
        let (units, steps) = (self.units(), self.call.layer.sizes.steps);
        let output_row = match self.y {
            Output::Last(_) => row,
            Output::Sequence(_) => row * steps + self.number,
        };
        let record_row = self.time * self.count + row;
        Place {
            state: row * units,
            output: output_row * units,
            record: record_row * self.part.layout.row_len(),
        }
    }

    /// Where the results of the block of `len` units from `unit` go, and the state before.
    #[inline(always)]
    pub fn results<'a>(
        &'a mut self,
        places: &'a [Place],
        (unit, len): (usize, usize),
    ) -> (Results<'a>, &'a [f32]) {
        let has_output = self.has_output();
        let recorded = (self.part.share.start, self.part.layout.units());
        let (Output::Last(y) | Output::Sequence(y)) = &mut *self.y;
        let results = Results {
            places,
            unit,
            len,
            recorded,
            next_h: &mut *self.next_h,
            y: has_output.then_some(y),
            record: self.part.record.as_deref_mut(),
            h_in_record: self.part.layout.row_len_before_h(),
        };
        (results, self.h)
    }

    /// Whether the output of the step is wanted: without a mask the last output is that of the last step.
    #[inline(always)]
    fn has_output(&self) -> bool {
        let is_last = self.number + 1 == self.call.layer.sizes.steps;
        is_last || self.call.inputs.mask.is_some() || matches!(self.y, Output::Sequence(_))
    }
}

impl Results<'_> {
    /// Writes h of the block of a row, of its units from `from` on if the block has several vectors.
    #[inline(always)]
    pub fn put_h<I: Isa>(&mut self, isa: I, place: Place, from: usize, h: I::F32) {
        let ops = isa.f32();
        let (unit, len) = (self.unit + from, (self.len - from).min(ops.len()));
        store_first(ops, h, &mut self.next_h[place.state + unit..][..len]);
        if let Some(y) = &mut self.y {
            store_first(ops, h, &mut y[place.output + unit..][..len]);
        }
        if let Some(record) = &mut self.record {
            store_first(
                ops,
                h,
                &mut record[place.record + self.h_in_record + unit - self.recorded.0..][..len],
            );
        }
    }

    /// Records the values of the block of a row, which are one vector each.
    #[inline(always)]
    pub fn record<I: Isa>(&mut self, isa: I, place: Place, values: [I::F32; 4]) {
        let Some(record) = &mut self.record else { return };
        let (first, units) = self.recorded;
        for (n, value) in values.into_iter().enumerate() {
            let to = place.record + n * units + self.unit - first;
            store_first(isa.f32(), value, &mut record[to..][..self.len]);
        }
    }
}
