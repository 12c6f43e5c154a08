//! (2) to (4) over whole rows: what a step does with other activations than the default ones.

use std::array::from_fn;
use std::ops::Range;

use super::finish::Place;
use super::step::Step;
use crate::lstm::gates::{activate_rows, pieces_forward};
use crate::lstm::record::{O, place_of_z};
use crate::lstm::{GATES, Layer};
use crate::passes::pass;
use crate::simd::{Isa, Kernel, NumOps, store_first};
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
    /// In the record of the step, `[6 or 7, count, H]`, as `record.rs` describes it, or else in scratch, where z is: to be
    /// written there row by row, in pieces of a vector, the record is too far away.
    #[inline(always)]
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
            Some(part) if place_of_z(layer, gate) == Some(gate) => {
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

/// Keeps z of a block of units of some rows until the rows are complete.
struct StoreZ<'a, V> {
    z: &'a [[V; GATES]],
    places: &'a [Place],
    unit: usize,
    len: usize,
    /// `[count, H]` each.
    to: [&'a mut [f32]; GATES],
}

impl<I: Isa> Kernel<I> for StoreZ<'_, I::F32> {
    #[inline(always)]
    fn eval(self, isa: I) {
        for (gate, to) in self.to.into_iter().enumerate() {
            for (z, place) in self.z.iter().zip(self.places) {
                store_first(isa.f32(), z[gate], &mut to[place.state + self.unit..][..self.len]);
            }
        }
    }
}

/// (3) from i, f and g.
#[inline(always)]
fn next_c<I: Isa>(isa: I, [i, f, g]: [I::F32; 3], c: I::F32) -> I::F32 {
    let ops = isa.f32();
    ops.mul_add(i, g, ops.mul(f, c))
}

impl<N: PanelNumber> Step<'_, '_, N> {
    /// Keeps z of `len` units from number `unit` on of some rows.
    #[inline(always)]
    pub(super) fn store_z<I: Isa>(
        &mut self,
        isa: I,
        z: &[[I::F32; GATES]],
        places: &[Place],
        (unit, len): (usize, usize),
    ) {
        let all = self.count * self.units();
        let mut parts = self.scratch.chunks_exact_mut(all);
        let to = from_fn(|_| parts.next().expect("there is scratch for all gates"));
        isa.call(StoreZ { z, places, unit, len, to });
    }

    /// (2) to (4) for the rows that use the step, whose z is complete.
    #[inline(always)]
    pub(super) fn finish_rows<I: Isa>(&mut self, isa: I) {
        let has_output = self.has_output();
        for (_, rows) in self.used.ranges() {
            for rows in pieces_forward(self.call.layer, rows) {
                self.finish_piece(isa, rows.clone());
                for row in rows.filter(|_| has_output) {
                    self.emit_row(row, 0..self.units());
                }
            }
        }
    }

    #[inline(always)]
    fn finish_piece<I: Isa>(&mut self, isa: I, rows: Range<usize>) {
        let (ops, layer, units) = (isa.f32(), self.call.layer, self.units());
        let (len, rows) = (self.count * units, rows.start * units..rows.end * units);
        let parts = self.part.layout.rows(self.time, 0, 0..0).start;
        let record = self
            .part
            .record
            .as_deref_mut()
            .map(|record| &mut record[parts..][..self.part.layout.parts * len]);
        let Places { z, mut gates, phi_c, kept_z, kept_c } =
            Places::new(layer, record, self.scratch, len, rows.clone());
        for (gate, ((z, to), kept)) in z.into_iter().zip(&mut gates).zip(kept_z).enumerate() {
            activate_rows(isa, layer.gate_activation(gate), units, z, to); // (2)
            if let Some(kept) = kept {
                kept.copy_from_slice(z);
            }
        }
        let [i, f, g, o] = gates.map(|gate| &*gate);
        let state = &mut self.c[rows.clone()];
        match kept_c {
            Some(to) => pass(
                isa,
                [i, f, g],
                [&mut *state],
                [to],
                #[inline(always)]
                |gates, [c]| ([next_c(isa, gates, c)], [next_c(isa, gates, c)]),
            ),
            None => pass(
                isa,
                [i, f, g],
                [&mut *state],
                [],
                #[inline(always)]
                |gates, [c]| ([next_c(isa, gates, c)], []),
            ),
        }
        activate_rows(isa, &layer.activation, units, state, phi_c);
        pass(
            isa,
            [o, phi_c],
            [],
            [&mut self.next_h[rows]],
            #[inline(always)]
            |[o, phi_c], []| ([], [ops.mul(o, phi_c)]), // (4)
        );
    }
}
