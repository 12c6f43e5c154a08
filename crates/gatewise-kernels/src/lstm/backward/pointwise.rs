//! (4) to (2) differentiated for the samples of a chunk at one step.

use super::kept::Slots;
use super::run::Carried;
use crate::activation::Activation;
use crate::activation::apply::slope;
use crate::lstm::gates::Recorded;
use crate::lstm::record::{C, O, PHI_C};
use crate::lstm::rows::UsedRows;
use crate::lstm::{CANDIDATE, OutputGradient, Sizes};
use crate::simd::{BitOps, Isa, NumOps, load, load_first, store, store_first};

/// A factor that changes nothing, as wide as the widest vector.
const ONES: [f32; 16] = [1.0; 16];

impl Carried<'_> {
    /// From the gradients after step `number` to those by its z, which are written to `slots`, and by the cell state
    /// before it. Gradients of rows that do not use the step stay.
    #[inline(always)]
    pub fn step<I: Isa>(&mut self, isa: I, number: usize, rows: UsedRows, slots: Slots) {
        for row in 0..self.count {
            self.receive_output_gradient(row, number, rows.contains(row));
        }
        match self.layout.has_rows {
            true => {
                for (rank, range) in rows.ranges() {
                    self.by_rows(isa, number, range, (rank, slots));
                }
            }
            false => self.by_blocks(isa, number, rows, slots),
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

    /// The default activations, a block of units at a time in registers.
    #[inline(always)]
    fn by_blocks<I: Isa>(&mut self, isa: I, number: usize, rows: UsedRows, slots: Slots) {
        let ops = isa.f32();
        let layer = self.call.layer;
        let units = layer.sizes.units;
        for unit in (0..units).step_by(ops.len()) {
            let mut d_bias = self.d_bias(isa, unit);
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
                let previous_h = &mut self.previous_h[slots.at(rank) * units..][..units];
                store_first(ops, ops.mul(o, previous_phi_c), &mut previous_h[unit..]);
                let block = Recorded { gates, phi_c, previous_c };
                let d_h = load_first(ops, &self.d_h[row * units..][..units][unit..]);
                let d_c = &mut self.d_c[row * units..][..units][unit..];
                let d_cell = ops.mul(ops.mul(d_h, gates[3]), slope(isa, &Activation::Tanh, phi_c)); // (4)
                let (d_gates, d_previous_c) = block.backward(isa, d_h, ops.add(load_first(ops, d_c), d_cell));
                store_first(ops, d_previous_c, d_c);
                let to = &mut self.d_z[self.kept.block_stride(self.count) * (unit / ops.len())..];
                let to = &mut to[slots.at(rank) * 4 * ops.len()..][..4 * ops.len()];
                for (gate, to) in to.chunks_exact_mut(ops.len()).enumerate() {
                    let slope = slope(isa, default_activation(gate), gates[gate]);
                    let d_z = ops.mul(d_gates[gate], slope); // (2)
                    d_bias[gate] = ops.add(d_bias[gate], d_z);
                    store(ops, d_z, to);
                    let row = &mut self.d_z_rows[(4 * rank + gate) * units..][..units];
                    store_first(ops, d_z, &mut row[unit..]);
                }
            }
            self.set_d_bias(isa, unit, d_bias);
        }
    }

    /// The gradients by the bias so far, for the block of units from `unit`.
    #[inline(always)]
    pub(super) fn d_bias<I: Isa>(&self, isa: I, unit: usize) -> [I::F32; 4] {
        let ops = isa.f32();
        let mut d_bias = [ops.zero(); 4];
        let sums = &self.d_bias[4 * unit..][..4 * ops.len()];
        for (sum, from) in d_bias.iter_mut().zip(sums.chunks_exact(ops.len())) {
            *sum = load(ops, from);
        }
        d_bias
    }

    /// Replaces them.
    #[inline(always)]
    pub(super) fn set_d_bias<I: Isa>(&mut self, isa: I, unit: usize, d_bias: [I::F32; 4]) {
        let ops = isa.f32();
        let sums = &mut self.d_bias[4 * unit..][..4 * ops.len()];
        for (sum, to) in d_bias.into_iter().zip(sums.chunks_exact_mut(ops.len())) {
            store(ops, sum, to);
        }
    }
}

/// The activation of a gate by default.
#[inline(always)]
fn default_activation(gate: usize) -> &'static Activation<'static, f32> {
    if gate == CANDIDATE { &Activation::Tanh } else { &Activation::Sigmoid }
}

/// Adds `from` to `to`.
#[inline(always)]
fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}
