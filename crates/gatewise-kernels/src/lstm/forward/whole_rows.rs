//! (2) to (4) over whole rows: what a step does with other activations than the default ones.

use std::ops::Range;

use super::step::Step;
use crate::lstm::gates::activate_rows;
use crate::lstm::record::{C, PHI_C, Z};
use crate::lstm::rows::UsedRows;
use crate::simd::{BitOps, Isa, NumOps, load_first, store_first};
use crate::tile::PanelNumber;

impl<N: PanelNumber> Step<'_, '_, N> {
    /// The parts of the step, `[6 or 10, count, H]`, and z, `[4, count, H]`: in the record if z is recorded, or else in
    /// scratch.
    #[inline(always)]
    fn parts_and_z(&mut self) -> (&mut [f32], &mut [f32]) {
        let len = self.count * self.units();
        let has_z = self.layout.parts > Z;
        match self.record.as_deref_mut() {
            None => self.parts.split_at_mut(Z * len),
            Some(record) => {
                let first = self.layout.rows(self.time, 0, 0..0).start;
                let (parts, z) = record[first..][..self.layout.parts * len].split_at_mut(Z * len);
                (parts, if has_z { z } else { &mut self.parts[..4 * len] })
            }
        }
    }

    /// Keeps z of a block of units of one row until the rows are complete.
    #[inline(always)]
    pub(super) fn store_z<I: Isa>(&mut self, isa: I, z: [I::F32; 4], row: usize, unit: usize) {
        let (count, units) = (self.count, self.units());
        let len = isa.f32().len().min(units - unit);
        let (_, to) = self.parts_and_z();
        for (z, to) in z.into_iter().zip(to.chunks_exact_mut(count * units)) {
            store_first(isa.f32(), z, &mut to[row * units + unit..][..len]);
        }
    }

    /// (2) to (4) for the rows that use the step, whose z is complete.
    #[inline(always)]
    pub(super) fn finish_rows<I: Isa>(&mut self, isa: I) {
        // The mask outlives `self`, which the rows are then written to.
        let mask = self.call.inputs.mask;
        for (_, rows) in (UsedRows { mask, ..self.used_rows() }).ranges() {
            self.finish_range(isa, rows.clone());
            for row in rows {
                self.emit_row(row, 0..self.units());
            }
        }
    }

    #[inline(always)]
    fn finish_range<I: Isa>(&mut self, isa: I, rows: Range<usize>) {
        let (ops, layer) = (isa.f32(), self.call.layer);
        let (count, units) = (self.count, self.units());
        let (len, rows) = (count * units, rows.start * units..rows.end * units);
        let mut c = std::mem::take(&mut self.c);
        let mut next_h = std::mem::take(&mut self.next_h);
        let (parts, z) = self.parts_and_z();
        let gates = parts.chunks_exact_mut(len).zip(z.chunks_exact(len));
        for (gate, (to, z)) in gates.enumerate() {
            let activation = layer.gate_activation(gate);
            activate_rows(isa, activation, units, &z[rows.clone()], &mut to[rows.clone()]); // (2)
        }
        let (gates, states) = parts.split_at_mut(C * len);
        let (recorded_c, phi_c) = states.split_at_mut((PHI_C - C) * len);
        let gate = |gate: usize| &gates[gate * len..][rows.clone()];
        let (recorded_c, phi_c) = (&mut recorded_c[rows.clone()], &mut phi_c[rows.clone()]);
        let (i, f, g, o) = (gate(0), gate(1), gate(2), gate(3));
        let state = &mut c[rows.clone()];
        for at in (0..state.len()).step_by(ops.len()) {
            let kept = ops.mul(load_first(ops, &f[at..]), load_first(ops, &state[at..])); // (3)
            let next = ops.mul_add(load_first(ops, &i[at..]), load_first(ops, &g[at..]), kept); // (3)
            store_first(ops, next, &mut state[at..]);
            store_first(ops, next, &mut recorded_c[at..]);
        }
        activate_rows(isa, &layer.activation, units, state, phi_c);
        let to = &mut next_h[rows];
        for at in (0..to.len()).step_by(ops.len()) {
            let h = ops.mul(load_first(ops, &o[at..]), load_first(ops, &phi_c[at..])); // (4)
            store_first(ops, h, &mut to[at..]);
        }
        self.next_h = std::mem::take(&mut next_h);
        self.c = std::mem::take(&mut c);
    }
}
