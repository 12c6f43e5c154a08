//! (4) to (2) differentiated for one sample at one step.

use super::run::Carried;
use crate::lstm::gates::{Recorded, differentiate, slope};
use crate::lstm::{OutputGradient, Sizes};
use crate::simd::{BitOps, Isa, NumOps, store_first};
use crate::tile::load_first;

/// What the forward pass recorded of the step of a sample.
#[derive(Clone, Copy)]
struct RecordedRow<'a> {
    /// `[4H]`
    gates: &'a [f32],
    /// `[H]`
    c: &'a [f32],
    /// `[H]`
    phi_c: &'a [f32],
    /// The cell state before the step, `[H]`.
    previous_c: &'a [f32],
    /// `[4H]`, or empty without a custom activation.
    z: &'a [f32],
}

impl<'a> Carried<'a> {
    /// From the gradients after the step to those by its z and by the cell state before it.
    #[inline(always)]
    pub fn step_row<I: Isa>(&mut self, isa: I, row: usize, number: usize, time: usize) {
        let layer = self.call.layer;
        let Sizes { steps, units, .. } = layer.sizes;
        let used = self.call.inputs.is_used(self.first + row, time, steps);
        self.receive_output_gradient(row, number, used);
        if used {
            let recorded = self.recorded(row, number, time);
            match layer.has_custom_activation() {
                true => self.by_rows(isa, recorded, row),
                false => self.by_blocks(isa, recorded, row),
            }
        } else {
            self.d_z[row * 4 * units..][..4 * units].fill(0.0);
        }
        self.keep(row, time);
    }

    /// Adds the gradient by the output of the step to that by h if the step is used, and otherwise hands it on to
    /// the step whose output was emitted again.
    #[inline(always)]
    fn receive_output_gradient(&mut self, row: usize, number: usize, used: bool) {
        let Sizes { steps, units, .. } = self.call.layer.sizes;
        let sample = self.first + row;
        let d_emitted = &mut self.d_emitted[row * units..][..units];
        let d_y = match self.call.d_outputs.d_y {
            OutputGradient::Sequence(d_y) => Some(&d_y[(sample * steps + number) * units..][..units]),
            OutputGradient::Last(d_y) if number + 1 == steps => Some(&d_y[sample * units..][..units]),
            OutputGradient::Last(_) | OutputGradient::None => None,
        };
        if let Some(d_y) = d_y {
            d_emitted.iter_mut().zip(d_y).for_each(|(d_emitted, d_y)| *d_emitted += d_y);
        }
        if used {
            let d_h = &mut self.d_h[row * units..][..units];
            d_h.iter_mut().zip(&*d_emitted).for_each(|(d_h, d_emitted)| *d_h += d_emitted);
        }
        if used || self.call.layer.zero_output_for_mask {
            d_emitted.fill(0.0);
        }
    }

    #[inline(always)]
    fn recorded(&self, row: usize, number: usize, time: usize) -> RecordedRow<'a> {
        let Sizes { steps, units, .. } = self.call.layer.sizes;
        let (record, sample) = (self.call.record, self.first + row);
        let at = sample * steps + time;
        let previous_c = match number {
            0 => &self.call.inputs.c0[sample * units..][..units],
            _ => &record.c[(sample * steps + self.call.layer.time(number - 1)) * units..][..units],
        };
        RecordedRow {
            gates: &record.gates[at * 4 * units..][..4 * units],
            c: &record.c[at * units..][..units],
            phi_c: &record.phi_c[at * units..][..units],
            previous_c,
            z: if record.z.is_empty() { &[] } else { &record.z[at * 4 * units..][..4 * units] },
        }
    }

    /// Built-in activations, a block of units at a time in registers.
    #[inline(always)]
    fn by_blocks<I: Isa>(&mut self, isa: I, recorded: RecordedRow, row: usize) {
        let ops = isa.f32();
        let layer = self.call.layer;
        let units = layer.sizes.units;
        let d_h = &self.d_h[row * units..][..units];
        let d_c = &mut self.d_c[row * units..][..units];
        let d_z = &mut self.d_z[row * 4 * units..][..4 * units];
        for unit in (0..units).step_by(ops.len()) {
            let mut gates = [ops.zero(); 4];
            for (gate, from) in gates.iter_mut().zip(recorded.gates.chunks_exact(units)) {
                *gate = load_first(ops, &from[unit..]);
            }
            let phi_c = load_first(ops, &recorded.phi_c[unit..]);
            let block = Recorded { gates, phi_c, previous_c: load_first(ops, &recorded.previous_c[unit..]) };
            let d_h = load_first(ops, &d_h[unit..]);
            let d_cell = ops.mul(ops.mul(d_h, gates[3]), slope(isa, &layer.activation, phi_c)); // (4)
            let (d_gates, d_previous_c) = block.backward(isa, d_h, ops.add(load_first(ops, &d_c[unit..]), d_cell));
            store_first(ops, d_previous_c, &mut d_c[unit..]);
            for (gate, to) in d_z.chunks_exact_mut(units).enumerate() {
                let slope = slope(isa, layer.gate_activation(gate), gates[gate]);
                store_first(ops, ops.mul(d_gates[gate], slope), &mut to[unit..]); // (2)
            }
        }
    }

    /// Activations that need whole rows.
    #[inline(always)]
    fn by_rows<I: Isa>(&mut self, isa: I, recorded: RecordedRow, row: usize) {
        let ops = isa.f32();
        let layer = self.call.layer;
        let units = layer.sizes.units;
        let d_h = &self.d_h[row * units..][..units];
        let d_c = &mut self.d_c[row * units..][..units];
        let d_z = &mut self.d_z[row * 4 * units..][..4 * units];
        let d_cell = &mut self.row[..units];
        let o = &recorded.gates[3 * units..];
        for ((d_cell, &d_h), &o) in d_cell.iter_mut().zip(d_h).zip(o) {
            *d_cell = d_h * o; // (4)
        }
        differentiate(isa, &layer.activation, recorded.c, recorded.phi_c, d_cell);
        for unit in (0..units).step_by(ops.len()) {
            let mut gates = [ops.zero(); 4];
            for (gate, from) in gates.iter_mut().zip(recorded.gates.chunks_exact(units)) {
                *gate = load_first(ops, &from[unit..]);
            }
            let phi_c = load_first(ops, &recorded.phi_c[unit..]);
            let block = Recorded { gates, phi_c, previous_c: load_first(ops, &recorded.previous_c[unit..]) };
            let d_c_after = ops.add(load_first(ops, &d_c[unit..]), load_first(ops, &d_cell[unit..]));
            let (d_gates, d_previous_c) = block.backward(isa, load_first(ops, &d_h[unit..]), d_c_after);
            store_first(ops, d_previous_c, &mut d_c[unit..]);
            for (&d_gate, to) in d_gates.iter().zip(d_z.chunks_exact_mut(units)) {
                store_first(ops, d_gate, &mut to[unit..]);
            }
        }
        for (gate, d_z) in d_z.chunks_exact_mut(units).enumerate() {
            let block = gate * units..(gate + 1) * units;
            differentiate(isa, layer.gate_activation(gate), &recorded.z[block.clone()], &recorded.gates[block], d_z);
        }
    }

    /// Adds the gradients by z to those by the bias, and puts them where the products by the weights read them.
    #[inline(always)]
    fn keep(&mut self, row: usize, time: usize) {
        let Sizes { steps, units, .. } = self.call.layer.sizes;
        let lanes = self.kept.lanes;
        let d_z = &self.d_z[row * 4 * units..][..4 * units];
        self.d_bias.iter_mut().zip(d_z).for_each(|(d_bias, d_z)| *d_bias += d_z);
        let gates = self.kept_d_z.chunks_exact_mut(self.kept.gate_len(self.count));
        for (d_z, panels) in d_z.chunks_exact(units).zip(gates) {
            for (column, num_vectors) in self.kept.columns().iter() {
                let width = num_vectors * lanes;
                let first = column * self.count * steps + (row * steps + time) * width;
                let to = &mut panels[first..][..width];
                let from = &d_z[column..units.min(column + width)];
                to[..from.len()].copy_from_slice(from);
                to[from.len()..].fill(0.0);
            }
        }
    }
}
