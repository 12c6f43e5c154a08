//! (2) to (4) over whole rows: what a step does with other activations than the default ones.

use std::array::from_fn;
use std::ops::Range;

use super::step::Step;
use crate::lstm::gates::activate_rows;
use crate::lstm::record::O;
use crate::lstm::{GATES, Layer};
use crate::recurrent::rows::UsedRows;
use crate::simd::{BitOps, Isa, NumOps, load_first, store_first};
use crate::tile::PanelNumber;

/// How many numbers of scratch a unit needs: z, the values of the gates and φ(c).
pub(super) const SCRATCH: usize = 9;

/// Where the numbers of some rows of a step are and go, `[rows, H]` each.
struct Places<'a> {
    z: [&'a [f32]; GATES],
    gates: [&'a mut [f32]; GATES],
    phi_c: &'a mut [f32],
    /// What else is recorded: z of a gate, and c.
    kept_z: [Option<&'a mut [f32]>; GATES],
    kept_c: Option<&'a mut [f32]>,
}

impl<'a> Places<'a> {
    /// In the record of the step, `[6 or 7, count, H]`, as `record.rs` describes it, or else in scratch, where z is.
    fn new(
        layer: &Layer<f32>,
        record: Option<&'a mut [f32]>,
        scratch: &'a mut [f32],
        len: usize,
        rows: Range<usize>,
    ) -> Self {
        let (z, scratch) = scratch.split_at_mut(GATES * len);
        let z = &*z;
        let mut spare = scratch.chunks_exact_mut(len).map(|part| &mut part[rows.clone()]);
        let mut kept = record.into_iter().flat_map(|record| record.chunks_exact_mut(len));
        let mut kept = || kept.next().map(|part| &mut part[rows.clone()]);
        let mut new = || spare.next().expect("there is scratch for all parts");
        let mut kept_z = [const { None }; GATES];
        let gates = from_fn(|gate| match kept() {
            Some(part) if gate != O && layer.gate_activation(gate).reads_x() => {
                kept_z[gate] = Some(part);
                new()
            }
            part => part.unwrap_or_else(&mut new),
        });
        let kept_c = kept();
        let phi_c = kept().unwrap_or_else(&mut new);
        kept_z[O] = kept();
        Self { z: from_fn(|gate| &z[gate * len..][rows.clone()]), gates, phi_c, kept_z, kept_c }
    }
}

impl<N: PanelNumber> Step<'_, '_, N> {
    /// Keeps z of `len` units of one row, from number `at` of `[count, H]` on, until the rows are complete.
    #[inline(always)]
    pub(super) fn store_z<I: Isa>(&mut self, isa: I, z: [I::F32; 4], (at, len): (usize, usize)) {
        let all = self.count * self.units();
        for (z, to) in z.into_iter().zip(self.scratch.chunks_exact_mut(all)) {
            store_first(isa.f32(), z, &mut to[at..][..len]);
        }
    }

    /// (2) to (4) for the rows that use the step, whose z is complete.
    #[inline(always)]
    pub(super) fn finish_rows<I: Isa>(&mut self, isa: I) {
        // The mask outlives `self`, which the rows are then written to.
        let mask = self.call.inputs.mask;
        let has_output = self.has_output();
        for (_, rows) in (UsedRows { mask, ..self.used_rows() }).ranges() {
            self.finish_range(isa, rows.clone());
            for row in rows.filter(|_| has_output) {
                self.emit_row(row, 0..self.units());
            }
        }
    }

    #[inline(always)]
    fn finish_range<I: Isa>(&mut self, isa: I, rows: Range<usize>) {
        let (ops, layer, units) = (isa.f32(), self.call.layer, self.units());
        let (len, rows) = (self.count * units, rows.start * units..rows.end * units);
        let parts = self.layout.rows(self.time, 0, 0..0).start;
        let record = self.record.as_deref_mut().map(|record| &mut record[parts..][..self.layout.parts * len]);
        let Places { z, mut gates, phi_c, kept_z, mut kept_c } =
            Places::new(layer, record, self.scratch, len, rows.clone());
        for (gate, ((z, to), kept)) in z.into_iter().zip(&mut gates).zip(kept_z).enumerate() {
            activate_rows(isa, layer.gate_activation(gate), units, z, to); // (2)
            if let Some(kept) = kept {
                kept.copy_from_slice(z);
            }
        }
        let [i, f, g, o] = gates;
        let state = &mut self.c[rows.clone()];
        for at in (0..state.len()).step_by(ops.len()) {
            let kept = ops.mul(load_first(ops, &f[at..]), load_first(ops, &state[at..])); // (3)
            let next = ops.mul_add(load_first(ops, &i[at..]), load_first(ops, &g[at..]), kept); // (3)
            store_first(ops, next, &mut state[at..]);
            if let Some(to) = &mut kept_c {
                store_first(ops, next, &mut to[at..]);
            }
        }
        activate_rows(isa, &layer.activation, units, state, phi_c);
        let to = &mut self.next_h[rows];
        for at in (0..to.len()).step_by(ops.len()) {
            let h = ops.mul(load_first(ops, &o[at..]), load_first(ops, &phi_c[at..])); // (4)
            store_first(ops, h, &mut to[at..]);
        }
    }
}
