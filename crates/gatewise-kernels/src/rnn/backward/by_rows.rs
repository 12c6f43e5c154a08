//! (5) to (2), or (1), differentiated row by row: what a step does with activations of the caller.

use super::carried::Carried;
use super::layout::places;
use crate::activation::Activation;
use crate::activation::apply::differentiate;
use crate::rnn::record::RecordRow;
use crate::rnn::{CANDIDATE, INNER, Kind, RESET, UPDATE};
use crate::simd::Isa;

impl Carried<'_> {
    /// See [`Self::differentiate_step`]: for a row, the used one with this rank.
    #[inline(always)]
    pub(super) fn by_rows<I: Isa>(&mut self, isa: I, time: usize, (rank, row): (usize, usize)) {
        let (layer, units) = (self.call.layer, self.call.layer.sizes.units);
        let chunk = (self.first, self.count);
        let recorded = self.call.history.at(chunk, row, time);
        let d_h = &mut self.d_h[row * units..][..units];
        let width = layer.kind.sums() * units;
        let d_row = &mut self.d_rows[rank * width..][..width];
        if layer.kind == Kind::Simple {
            d_row.copy_from_slice(d_h);
            return differentiate(isa, &layer.activation, recorded.sums, recorded.h, d_row); // (1)
        }
        let previous_h = self.call.history.before(chunk, row, time);
        let mut parts = Parts { kind: layer.kind, d_row, units };
        from_state(&mut parts, recorded, previous_h, d_h);
        back(isa, &layer.activation, recorded, CANDIDATE, parts.of(CANDIDATE)); // (4)
        back(isa, &layer.recurrent_activation, recorded, UPDATE, parts.of(UPDATE)); // (2)
        if layer.kind == Kind::ResetAfter {
            parts.through_product(recorded);
            back(isa, &layer.recurrent_activation, recorded, RESET, parts.of(RESET)); // (2)
        }
    }
}

/// The gradients by the sums of a row.
struct Parts<'a> {
    kind: Kind,
    /// `[sums, H]`
    d_row: &'a mut [f32],
    units: usize,
}

impl Parts<'_> {
    /// Those by the sum with this number in the record.
    fn of(&mut self, sum: usize) -> &mut [f32] {
        &mut self.d_row[places(self.kind)[sum] * self.units..][..self.units]
    }

    /// (3) where the reset gate comes after the product, from the gradient by what the activation of g is applied to.
    fn through_product(&mut self, recorded: RecordRow<f32>) {
        let [r, n] = [RESET, INNER].map(|sum| part(recorded.values, sum, self.units));
        for unit in 0..self.units {
            let d_p = self.of(CANDIDATE)[unit];
            self.of(RESET)[unit] = d_p * n[unit];
            self.of(INNER)[unit] = d_p * r[unit];
        }
    }
}

/// (5): the gradients by z and g, and what of that by the state goes to the state before directly.
fn from_state(parts: &mut Parts, recorded: RecordRow<f32>, previous_h: &[f32], d_h: &mut [f32]) {
    let [z, g] = [UPDATE, CANDIDATE].map(|sum| part(recorded.values, sum, parts.units));
    for (unit, d_h) in d_h.iter_mut().enumerate() {
        parts.of(UPDATE)[unit] = *d_h * (previous_h[unit] - g[unit]);
        parts.of(CANDIDATE)[unit] = *d_h * (1.0 - z[unit]);
        *d_h *= z[unit];
    }
}

/// Turns `d` `[H]` from the gradient by a gate into that by what it is the activation of.
#[inline(always)]
fn back<I: Isa>(isa: I, activation: &Activation<f32>, recorded: RecordRow<f32>, gate: usize, d: &mut [f32]) {
    let units = d.len();
    differentiate(isa, activation, part(recorded.sums, gate, units), part(recorded.values, gate, units), d);
}

/// The numbers of a gate.
fn part(values: &[f32], gate: usize, units: usize) -> &[f32] {
    &values[gate * units..][..units]
}
