//! The left operands of the products of a step, with or without dropout.

use super::DropoutMasks;
use crate::tile::{CONSECUTIVE, DenseRows, GateRows, MAX_ROWS};

/// A left operand: a row for each sample, or one for each gate of each sample.
#[derive(Clone, Copy)]
pub(crate) struct Operand<'a> {
    pub data: &'a [f32],
    /// Where the row of the first sample starts.
    pub first: usize,
    /// From a sample to the next.
    pub stride: usize,
    /// From a gate to the next; 0 if all have the same row.
    pub gate_stride: usize,
    pub len: usize,
    /// Whether a row is the [place](super::X::Ids) of its only number.
    pub are_ids: bool,
}

impl<'a> Operand<'a> {
    /// States `[count, H]`.
    #[inline(always)]
    pub fn of_states(data: &'a [f32], units: usize) -> Self {
        Self { data, first: 0, stride: units, gate_stride: 0, len: units, are_ids: false }
    }
}

/// Whether all numbers are zero, as a state is that nobody has given: then there is no product to add.
pub(crate) fn is_zero(numbers: &[f32]) -> bool {
    numbers.iter().all(|&x| x == 0.0)
}

impl<'a> Operand<'a> {
    /// One row.
    #[inline(always)]
    pub fn row(&self, row: usize) -> &'a [f32] {
        &self.data[self.first + row * self.stride..][..self.len]
    }

    /// All rows for one gate.
    pub fn gate(&self, gate: usize) -> DenseRows<'a> {
        self.rows_of_gate(gate, CONSECUTIVE)
    }

    /// These rows for each gate; `rows` of the result serve all gates if they share them.
    #[inline(always)]
    pub fn rows_per_gate(&self, index: [usize; MAX_ROWS]) -> GateRows<'a> {
        let rows = DenseRows { data: &self.data[self.first..], stride: self.stride, index };
        GateRows { rows, distance: self.gate_stride }
    }

    /// These rows for one gate.
    #[inline(always)]
    pub fn rows_of_gate(&self, gate: usize, index: [usize; MAX_ROWS]) -> DenseRows<'a> {
        let data = &self.data[self.first + gate * self.gate_stride..];
        DenseRows { data, stride: self.stride, index }
    }

    /// The operand times the dropout masks of the samples, written to `to` `[1 or all gates, count, len]` if there are any.
    #[inline(always)]
    pub fn masked<'b>(
        self,
        masks: &DropoutMasks<f32>,
        gates: usize,
        (first_sample, count): (usize, usize),
        to: &'b mut [f32],
    ) -> Operand<'b>
    where
        Self: 'b,
    {
        let (num_masks, masks, batch) = match *masks {
            DropoutMasks::None => return self,
            DropoutMasks::Shared(masks) => (1, masks, 0),
            DropoutMasks::PerGate(masks) => (gates, masks, masks.len() / (gates * self.len).max(1)),
        };
        for gate in 0..num_masks {
            for row in 0..count {
                let to = &mut to[(gate * count + row) * self.len..][..self.len];
                let from = &self.data[self.first + row * self.stride..][..self.len];
                let mask = &masks[(gate * batch + first_sample + row) * self.len..][..self.len];
                to.iter_mut().zip(from).zip(mask).for_each(|((to, from), mask)| *to = from * mask);
            }
        }
        let gate_stride = if num_masks > 1 { count * self.len } else { 0 };
        Operand { data: to, first: 0, stride: self.len, gate_stride, len: self.len, are_ids: false }
    }

    /// What is left when all of its products have been added: nothing.
    #[inline(always)]
    pub fn without_numbers(self) -> Self {
        Self { len: 0, ..self }
    }
}
