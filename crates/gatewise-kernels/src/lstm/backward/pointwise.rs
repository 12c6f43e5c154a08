//! (4) to (2) differentiated for one sample at one step.

use super::run::Carried;
use crate::lstm::gates::{Recorded, differentiate, slope};
use crate::lstm::record::RecordRow;
use crate::lstm::{OutputGradient, Sizes};
use crate::simd::{BitOps, Isa, NumOps, store_first};
use crate::tile::load_first;

impl<'a> Carried<'a> {
    /// From the gradients after the step to those by its z and by the cell state before it.
    #[inline(always)]
    pub fn step_row<I: Isa>(&mut self, isa: I, row: usize, number: usize, time: usize) {
        let layer = self.call.layer;
        let Sizes { steps, units, .. } = layer.sizes;
        let used = self.call.inputs.is_used(self.first + row, time, steps);
        self.receive_output_gradient(row, number, used);
        if used {
            let (recorded, previous_c) = self.recorded(row, number, time);
            match layer.has_custom_activation() {
                true => self.by_rows(isa, recorded, previous_c, row),
                false => self.by_blocks(isa, recorded, previous_c, row),
            }
        } else {
            self.d_z[row * 4 * units..][..4 * units].fill(0.0);
        }
        self.keep(isa, row, time);
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

    /// What was recorded of the step, and the cell state before it.
    #[inline(always)]
    fn recorded(&self, row: usize, number: usize, time: usize) -> (RecordRow<'a, f32>, &'a [f32]) {
        let Sizes { steps, units, .. } = self.call.layer.sizes;
        let (layer, layout) = (self.call.layer, self.call.layer.record_layout());
        let record = &self.call.record[self.first * steps * layout.row_len()..];
        let previous_c = match number {
            0 => &self.call.inputs.c0[(self.first + row) * units..][..units],
            _ => layout.view(record, layer.time(number - 1) * self.count + row).c,
        };
        (layout.view(record, time * self.count + row), previous_c)
    }

    /// Built-in activations, a block of units at a time in registers.
    #[inline(always)]
    fn by_blocks<I: Isa>(&mut self, isa: I, recorded: RecordRow<f32>, previous_c: &[f32], row: usize) {
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
            let block = Recorded { gates, phi_c, previous_c: load_first(ops, &previous_c[unit..]) };
            let d_h = load_first(ops, &d_h[unit..]);
            let d_cell = ops.mul(ops.mul(d_h, gates[3]), slope(isa, &layer.activation, phi_c)); // (4)
            let (d_gates, d_previous_c) =
                block.backward(isa, d_h, ops.add(load_first(ops, &d_c[unit..]), d_cell));
            store_first(ops, d_previous_c, &mut d_c[unit..]);
            for (gate, to) in d_z.chunks_exact_mut(units).enumerate() {
                let slope = slope(isa, layer.gate_activation(gate), gates[gate]);
                store_first(ops, ops.mul(d_gates[gate], slope), &mut to[unit..]); // (2)
            }
        }
    }

    /// Activations that need whole rows.
    #[inline(always)]
    fn by_rows<I: Isa>(&mut self, isa: I, recorded: RecordRow<f32>, previous_c: &[f32], row: usize) {
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
            let block = Recorded { gates, phi_c, previous_c: load_first(ops, &previous_c[unit..]) };
            let d_c_after = ops.add(load_first(ops, &d_c[unit..]), load_first(ops, &d_cell[unit..]));
            let (d_gates, d_previous_c) = block.backward(isa, load_first(ops, &d_h[unit..]), d_c_after);
            store_first(ops, d_previous_c, &mut d_c[unit..]);
            for (&d_gate, to) in d_gates.iter().zip(d_z.chunks_exact_mut(units)) {
                store_first(ops, d_gate, &mut to[unit..]);
            }
        }
        for (gate, d_z) in d_z.chunks_exact_mut(units).enumerate() {
            let block = gate * units..(gate + 1) * units;
            differentiate(
                isa,
                layer.gate_activation(gate),
                &recorded.z[block.clone()],
                &recorded.gates[block],
                d_z,
            );
        }
    }

    /// Adds the gradients by z to those by the bias, and puts them where the products by the weights read them.
    #[inline(always)]
    fn keep<I: Isa>(&mut self, isa: I, row: usize, time: usize) {
        let ops = isa.f32();
        let Sizes { steps, units, .. } = self.call.layer.sizes;
        let d_z = self.d_z[row * 4 * units..][..4 * units].chunks_exact(units);
        let panels = self.kept_d_z.chunks_exact_mut(self.kept.gate_len(self.count));
        for ((d_z, d_bias), panels) in d_z.zip(self.d_bias.chunks_exact_mut(units)).zip(panels) {
            for (column, vectors) in self.kept.columns().iter() {
                let width = vectors * ops.len();
                let first = column * self.count * steps + (time * self.count + row) * width;
                let to = panels[first..][..width].chunks_exact_mut(ops.len());
                let from = d_z[column..].chunks(ops.len()).zip(d_bias[column..].chunks_mut(ops.len()));
                for (to, (d_z, d_bias)) in to.zip(from) {
                    let d_z = load_first(ops, d_z);
                    store_first(ops, ops.add(load_first(ops, d_bias), d_z), d_bias);
                    ops.store(d_z, to);
                }
            }
        }
    }
}

/// Adds `from` to `to`.
#[inline(always)]
fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}
