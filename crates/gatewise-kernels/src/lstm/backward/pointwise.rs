//! (4) to (2) differentiated for the samples of a chunk at one step.

use super::run::Carried;
use crate::activation::apply::{differentiate, slope};
use crate::lstm::gates::Recorded;
use crate::lstm::record::{C, O, PHI_C};
use crate::lstm::rows::UsedRows;
use crate::lstm::{OutputGradient, Sizes};
use crate::simd::{BitOps, Isa, NumOps, load, store, store_first};
use crate::tile::load_first;

/// A factor that changes nothing, as wide as the widest vector.
const ONES: [f32; 16] = [1.0; 16];

impl Carried<'_> {
    /// From the gradients after step `number` to those by its z, which are written from `slot`, and by the cell state
    /// before it. Gradients of rows that do not use the step stay.
    #[inline(always)]
    pub fn step<I: Isa>(&mut self, isa: I, number: usize, rows: UsedRows, slot: usize) {
        for row in 0..self.count {
            self.receive_output_gradient(row, number, rows.contains(row));
        }
        match self.call.layer.has_custom_activation() {
            true => {
                for (rank, row) in rows.iter().enumerate() {
                    self.by_rows(isa, number, (row, rank), slot + rank);
                }
            }
            false => self.by_blocks(isa, number, rows, slot),
        }
    }

    /// Adds the gradient by the output of the step to that by h if the step is used, and otherwise hands it on to
    /// the step whose output was emitted again.
    #[inline(always)]
    fn receive_output_gradient(&mut self, row: usize, number: usize, used: bool) {
        let Sizes { steps, units, .. } = self.call.layer.sizes;
        let sample = self.first + row;
        let d_y = match self.call.d_outputs.d_y {
            OutputGradient::Sequence(d_y) => Some(&d_y[(sample * steps + number) * units..][..units]),
            OutputGradient::Last(d_y) if number + 1 == steps => Some(&d_y[sample * units..][..units]),
            OutputGradient::Last(_) | OutputGradient::None => None,
        };
        let repeats_output = self.call.inputs.mask.is_some() && !self.call.layer.zero_output_for_mask;
        let d_emitted = &mut self.d_emitted[row * units..][..units];
        let d_h = &mut self.d_h[row * units..][..units];
        if used && repeats_output {
            add(d_h, d_emitted);
            d_emitted.fill(0.0);
        }
        match d_y {
            Some(d_y) if used => add(d_h, d_y),
            Some(d_y) if repeats_output => add(d_emitted, d_y),
            _ => {}
        }
    }

    /// The blocks of units from `unit` of the state before step `number`: c, and two factors of h.
    #[inline(always)]
    fn state_before(&self, number: usize, row: usize, unit: usize) -> [&[f32]; 3] {
        match number {
            0 => {
                let units = self.call.layer.sizes.units;
                let width = self.layout.lanes.min(units - unit);
                let first = (self.first + row) * units + unit;
                let inputs = self.call.inputs;
                [&inputs.c0[first..][..width], &inputs.h0[first..][..width], &ONES[..width]]
            }
            _ => {
                let time = self.call.layer.time(number - 1);
                let recorded = self.layout.view(self.record, time, row, unit);
                [recorded.part(C), recorded.part(O), recorded.part(PHI_C)]
            }
        }
    }

    /// Built-in activations, a block of units at a time in registers.
    #[inline(always)]
    fn by_blocks<I: Isa>(&mut self, isa: I, number: usize, rows: UsedRows, slot: usize) {
        let ops = isa.f32();
        let layer = self.call.layer;
        let units = layer.sizes.units;
        for unit in (0..units).step_by(ops.len()) {
            let mut d_bias = [ops.zero(); 4];
            let sums = &self.d_bias[4 * unit..][..4 * ops.len()];
            for (sum, from) in d_bias.iter_mut().zip(sums.chunks_exact(ops.len())) {
                *sum = load(ops, from);
            }
            for (rank, row) in rows.iter().enumerate() {
                let recorded = self.layout.view(self.record, rows.time, row, unit);
                let mut gates = [ops.zero(); 4];
                for (gate, to) in gates.iter_mut().enumerate() {
                    *to = load_first(ops, recorded.part(gate));
                }
                let phi_c = load_first(ops, recorded.part(PHI_C));
                let [previous_c, o, previous_phi_c] = self.state_before(number, row, unit);
                let (o, previous_phi_c) = (load_first(ops, o), load_first(ops, previous_phi_c));
                let previous_c = load_first(ops, previous_c);
                let previous_h = &mut self.previous_h[(slot + rank) * units..][..units];
                store_first(ops, ops.mul(o, previous_phi_c), &mut previous_h[unit..]);
                let block = Recorded { gates, phi_c, previous_c };
                let d_h = load_first(ops, &self.d_h[row * units..][..units][unit..]);
                let d_c = &mut self.d_c[row * units..][..units][unit..];
                let d_cell = ops.mul(ops.mul(d_h, gates[3]), slope(isa, &layer.activation, phi_c)); // (4)
                let (d_gates, d_previous_c) = block.backward(isa, d_h, ops.add(load_first(ops, d_c), d_cell));
                store_first(ops, d_previous_c, d_c);
                let to = &mut self.d_z[self.kept.block_stride(self.count) * (unit / ops.len())..];
                let to = &mut to[(slot + rank) * 4 * ops.len()..][..4 * ops.len()];
                for (gate, to) in to.chunks_exact_mut(ops.len()).enumerate() {
                    let slope = slope(isa, layer.gate_activation(gate), gates[gate]);
                    let d_z = ops.mul(d_gates[gate], slope); // (2)
                    d_bias[gate] = ops.add(d_bias[gate], d_z);
                    store(ops, d_z, to);
                    let row = &mut self.d_z_rows[(4 * rank + gate) * units..][..units];
                    store_first(ops, d_z, &mut row[unit..]);
                }
            }
            let sums = &mut self.d_bias[4 * unit..][..4 * ops.len()];
            for (&sum, to) in d_bias.iter().zip(sums.chunks_exact_mut(ops.len())) {
                store(ops, sum, to);
            }
        }
    }

    /// Activations that need whole rows.
    #[inline(always)]
    fn by_rows<I: Isa>(&mut self, isa: I, number: usize, (row, rank): (usize, usize), slot: usize) {
        let ops = isa.f32();
        let layer = self.call.layer;
        let units = layer.sizes.units;
        let time = layer.time(number);
        self.collect_row(number, row, slot);
        let (recorded, d_cell) = self.row.split_at_mut(7 * units);
        let d_z = &mut self.d_z_rows[rank * 4 * units..][..4 * units];
        let (gates, rest) = recorded.split_at(4 * units);
        let (c, rest) = rest.split_at(units);
        let (phi_c, previous_c) = rest.split_at(units);
        let d_h = &self.d_h[row * units..][..units];
        let d_c = &mut self.d_c[row * units..][..units];
        for ((d_cell, &d_h), &o) in d_cell.iter_mut().zip(d_h).zip(&gates[3 * units..]) {
            *d_cell = d_h * o; // (4)
        }
        differentiate(isa, &layer.activation, c, phi_c, d_cell);
        for unit in (0..units).step_by(ops.len()) {
            let mut block_gates = [ops.zero(); 4];
            for (gate, from) in block_gates.iter_mut().zip(gates.chunks_exact(units)) {
                *gate = load_first(ops, &from[unit..]);
            }
            let (phi_c, previous_c) = (load_first(ops, &phi_c[unit..]), load_first(ops, &previous_c[unit..]));
            let block = Recorded { gates: block_gates, phi_c, previous_c };
            let d_c_after = ops.add(load_first(ops, &d_c[unit..]), load_first(ops, &d_cell[unit..]));
            let (d_gates, d_previous_c) = block.backward(isa, load_first(ops, &d_h[unit..]), d_c_after);
            store_first(ops, d_previous_c, &mut d_c[unit..]);
            for (&d_gate, to) in d_gates.iter().zip(d_z.chunks_exact_mut(units)) {
                store_first(ops, d_gate, &mut to[unit..]);
            }
        }
        let z = &self.record[self.layout.z(time, row)..][..4 * units];
        let rows = d_z.chunks_exact_mut(units).zip(z.chunks_exact(units)).zip(gates.chunks_exact(units));
        for (gate, ((d_z, z), y)) in rows.enumerate() {
            differentiate(isa, layer.gate_activation(gate), z, y, d_z); // (2)
        }
        self.keep_row(rank, slot);
    }

    /// Copies what was recorded of a row to the row in scratch: gates, c, φ(c) and the cell state before; and the hidden
    /// state before to its slot.
    fn collect_row(&mut self, number: usize, row: usize, slot: usize) {
        let (units, time) = (self.call.layer.sizes.units, self.call.layer.time(number));
        let mut to = std::mem::take(&mut self.row);
        let mut previous_h = std::mem::take(&mut self.previous_h);
        for unit in (0..units).step_by(self.layout.lanes) {
            let recorded = self.layout.view(self.record, time, row, unit);
            let [previous_c, o, phi_c] = self.state_before(number, row, unit);
            let parts = (0..=PHI_C).map(|part| recorded.part(part)).chain([previous_c]);
            for (from, to) in parts.zip(to.chunks_exact_mut(units)) {
                to[unit..][..from.len()].copy_from_slice(from);
            }
            let factors = o.iter().zip(phi_c);
            let h = factors.zip(&mut previous_h[slot * units + unit..]);
            h.for_each(|((o, phi_c), h)| *h = o * phi_c);
        }
        self.previous_h = std::mem::take(&mut previous_h);
        self.row = std::mem::take(&mut to);
    }

    /// Puts the gradients by z of a row where the products by the weights read them, and adds them to that by the bias.
    fn keep_row(&mut self, rank: usize, slot: usize) {
        let (units, lanes) = (self.call.layer.sizes.units, self.layout.lanes);
        let d_z = &self.d_z_rows[rank * 4 * units..][..4 * units];
        for unit in (0..units).step_by(lanes) {
            let to = &mut self.d_z[self.kept.block_stride(self.count) * (unit / lanes)..][slot * 4 * lanes..];
            let sums = &mut self.d_bias[4 * unit..][..4 * lanes];
            let width = lanes.min(units - unit);
            let to = to.chunks_exact_mut(lanes).zip(sums.chunks_exact_mut(lanes));
            for ((to, sums), d_z) in to.zip(d_z.chunks_exact(units)) {
                to[..width].copy_from_slice(&d_z[unit..][..width]);
                to[width..].fill(0.0);
                sums.iter_mut().zip(&*to).for_each(|(sum, d_z)| *sum += d_z);
            }
        }
    }
}

/// Adds `from` to `to`.
#[inline(always)]
fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}
