//! (4) to (2) differentiated over whole rows: what a step does with other activations than the default ones.

use std::array::from_fn;
use std::ops::Range;

use super::run::Carried;
use crate::lstm::gates::{Recorded, activate_rows, differentiate_rows};
use crate::lstm::record::{C, O, PHI_C, Z_O};
use crate::lstm::{GATES, Layer};
use crate::recurrent::backward::kept::Slots;
use crate::simd::{BitOps, Isa, NumOps, load_first, store, store_first};

impl Carried<'_> {
    /// See [`Self::step`]: for `rows` that use step `number`, of which the first has this rank among all used rows.
    #[inline(always)]
    pub(super) fn by_rows<I: Isa>(
        &mut self,
        isa: I,
        number: usize,
        rows: Range<usize>,
        (rank, slots): (usize, Slots),
    ) {
        self.keep_previous_h(isa, number, &rows, (rank, slots));
        self.compute_gates_again(isa, number, &rows);
        self.differentiate(isa, number, &rows);
        self.keep_d_z(isa, rows.len(), rank, slots);
    }

    /// Part `which` of rows as it was recorded at step `number`, `[rows, H]`.
    #[inline(always)]
    fn recorded(&self, number: usize, which: usize, rows: &Range<usize>) -> &[f32] {
        let time = self.call.layer.time(number);
        &self.record[self.layout.rows(time, which, rows.clone())]
    }

    /// Where rows lie in a state of the batch.
    fn of_batch(&self, rows: &Range<usize>) -> Range<usize> {
        let units = self.call.layer.sizes.units;
        (self.first + rows.start) * units..(self.first + rows.end) * units
    }

    /// Writes the hidden states before step `number` to their slots.
    #[inline(always)]
    fn keep_previous_h<I: Isa>(
        &mut self,
        isa: I,
        number: usize,
        rows: &Range<usize>,
        (rank, slots): (usize, Slots),
    ) {
        let ops = isa.f32();
        let units = self.call.layer.sizes.units;
        let previous_h = std::mem::take(&mut self.previous_h);
        match number {
            0 => {
                let h0 = &self.call.inputs.h0[self.of_batch(rows)];
                for (row, h0) in h0.chunks_exact(units).enumerate() {
                    previous_h[slots.at(rank + row) * units..][..units].copy_from_slice(h0);
                }
            }
            _ => {
                let [o, phi_c] = [O, PHI_C].map(|which| self.recorded(number - 1, which, rows));
                for (row, (o, phi_c)) in o.chunks_exact(units).zip(phi_c.chunks_exact(units)).enumerate() {
                    let to = &mut previous_h[slots.at(rank + row) * units..][..units];
                    for at in (0..units).step_by(ops.len()) {
                        let h = ops.mul(load_first(ops, &o[at..]), load_first(ops, &phi_c[at..]));
                        store_first(ops, h, &mut to[at..]);
                    }
                }
            }
        }
        self.previous_h = previous_h;
    }

    /// The values of gates of which only z was recorded.
    #[inline(always)]
    fn compute_gates_again<I: Isa>(&mut self, isa: I, number: usize, rows: &Range<usize>) {
        let (layer, units) = (self.call.layer, self.call.layer.sizes.units);
        let gates = std::mem::take(&mut self.gates);
        for (gate, to) in gates.chunks_exact_mut(self.count * units).enumerate() {
            if has_z(layer, gate) {
                let z = self.recorded(number, gate, rows);
                activate_rows(isa, layer.gate_activation(gate), units, z, &mut to[..rows.len() * units]);
            }
        }
        self.gates = gates;
    }

    /// The value of a gate, and its z if the slope needs it.
    #[inline(always)]
    fn gate(&self, number: usize, gate: usize, rows: &Range<usize>) -> (&[f32], &[f32]) {
        let (layer, units) = (self.call.layer, self.call.layer.sizes.units);
        let recorded = self.recorded(number, gate, rows);
        match (has_z(layer, gate), gate) {
            (false, _) => (recorded, &[]),
            (true, O) => (recorded, self.recorded(number, Z_O, rows)),
            (true, _) => (&self.gates[gate * self.count * units..][..rows.len() * units], recorded),
        }
    }

    /// From the gradients by h and c after the step to those by its z, `[4, rows, H]` in `d_parts`, and by c before it.
    #[inline(always)]
    fn differentiate<I: Isa>(&mut self, isa: I, number: usize, rows: &Range<usize>) {
        let (ops, layer) = (isa.f32(), self.call.layer);
        let units = layer.sizes.units;
        let (states, len) = (rows.start * units..rows.end * units, rows.len() * units);
        let mut d_parts = std::mem::take(&mut self.d_parts);
        let mut d_c_rows = std::mem::take(&mut self.d_c);
        let (d_z, rest) = d_parts.split_at_mut(4 * len);
        let d_cell = &mut rest[..len];
        let gates: [_; GATES] = from_fn(|gate| self.gate(number, gate, rows));
        let [i, f, g, o] = [gates[0].0, gates[1].0, gates[2].0, gates[O].0];
        let [c, phi_c] = [C, PHI_C].map(|which| self.recorded(number, which, rows));
        let previous_c = match number {
            0 => &self.call.inputs.c0[self.of_batch(rows)],
            _ => self.recorded(number - 1, C, rows),
        };
        let (d_h, d_c) = (&self.d_h[states.clone()], &mut d_c_rows[states]);
        for at in (0..len).step_by(ops.len()) {
            let d = ops.mul(load_first(ops, &d_h[at..]), load_first(ops, &o[at..])); // (4)
            store_first(ops, d, &mut d_cell[at..]);
        }
        differentiate_rows(isa, &layer.activation, units, (c, phi_c), d_cell);
        for at in (0..len).step_by(ops.len()) {
            let (c_before, d_h) = (load_first(ops, &previous_c[at..]), load_first(ops, &d_h[at..]));
            let (i, f) = (load_first(ops, &i[at..]), load_first(ops, &f[at..]));
            let (g, o) = (load_first(ops, &g[at..]), load_first(ops, &o[at..]));
            let phi_c = load_first(ops, &phi_c[at..]);
            let block = Recorded { gates: [i, f, g, o], phi_c, previous_c: c_before };
            let d_c_after = ops.add(load_first(ops, &d_c[at..]), load_first(ops, &d_cell[at..]));
            let (d_gates, d_previous_c) = block.backward(isa, d_h, d_c_after);
            store_first(ops, d_previous_c, &mut d_c[at..]);
            for (d_gate, to) in d_gates.into_iter().zip(d_z.chunks_exact_mut(len)) {
                store_first(ops, d_gate, &mut to[at..]);
            }
        }
        for (gate, (d_z, (y, z))) in d_z.chunks_exact_mut(len).zip(gates).enumerate() {
            differentiate_rows(isa, layer.gate_activation(gate), units, (z, y), d_z); // (2)
        }
        self.d_c = std::mem::take(&mut d_c_rows);
        self.d_parts = std::mem::take(&mut d_parts);
    }

    /// Puts the gradients by z of `count` rows where the products by the weights read them, and adds them to that by the
    /// bias.
    #[inline(always)]
    fn keep_d_z<I: Isa>(&mut self, isa: I, count: usize, rank: usize, slots: Slots) {
        let ops = isa.f32();
        let (units, lanes) = (self.call.layer.sizes.units, ops.len());
        for unit in (0..units).step_by(lanes) {
            let width = lanes.min(units - unit);
            let mut d_bias = self.d_bias(isa, unit);
            let block = &mut self.d_z[self.kept.block_stride(self.count) * (unit / lanes)..];
            for row in 0..count {
                let slot = &mut block[slots.at(rank + row) * 4 * lanes..][..4 * lanes];
                for (gate, to) in slot.chunks_exact_mut(lanes).enumerate() {
                    let from = (gate * count + row) * units + unit;
                    let d_z = load_first(ops, &self.d_parts[from..][..width]);
                    d_bias[gate] = ops.add(d_bias[gate], d_z);
                    store(ops, d_z, to);
                    let to = (4 * (rank + row) + gate) * units + unit;
                    store_first(ops, d_z, &mut self.d_z_rows[to..][..width]);
                }
            }
            self.set_d_bias(isa, unit, d_bias);
        }
    }
}

/// Whether z of a gate was recorded.
fn has_z(layer: &Layer<f32>, gate: usize) -> bool {
    layer.gate_activation(gate).reads_x()
}
