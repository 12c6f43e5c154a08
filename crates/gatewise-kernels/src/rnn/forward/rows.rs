//! A step whose sums go through memory, where something needs whole rows: a reset gate before the product of g, or
//! activations of the caller.

use super::step::{Compute, Step};
use crate::activation::apply::activate;
use crate::matmul::{Block, Left, Panels, Right, Start, Target};
use crate::recurrent::operand::Operand;
use crate::rnn::weights::Weights;
use crate::rnn::{CANDIDATE, INNER, Kind, RESET, UPDATE};
use crate::simd::{BitOps, Isa, NumOps, load_first, store_first};
use crate::tile::{CONSECUTIVE, DenseRows};

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct InRows;

impl Compute for InRows {
    #[inline(always)]
    fn compute<I: Isa>(isa: I, step: &mut Step, x: Operand, h: Operand) {
        let kind = step.call.layer.kind;
        (0..step.count).for_each(|row| step.start_from_bias(row));
        for (gate, &sum) in kind.recurrent_sums().iter().enumerate() {
            match x.are_ids {
                true => step.add_rows_of_kernel(x, gate),
                false => step.add_product(isa, 0, (x.gate(gate), x.len), gate, gate),
            }
            if kind != Kind::ResetBefore || gate != CANDIDATE {
                step.add_product(isa, 1, (h.gate(gate), h.len), gate, sum);
            }
        }
        if kind != Kind::Simple {
            for row in 0..step.count {
                step.activate_gates(isa, row);
            }
        }
        if kind == Kind::ResetBefore {
            let reset = std::mem::take(&mut step.reset);
            let (left, len) =
                (DenseRows { data: reset, stride: step.units(), index: CONSECUTIVE }, step.units());
            step.add_product(isa, 1, (left, len), CANDIDATE, CANDIDATE);
            step.reset = reset;
        }
        for row in 0..step.count {
            match step.is_used(row) {
                true => step.finish_row(isa, row),
                false => step.skip(row, 0, step.units()),
            }
        }
    }
}

impl Step<'_, '_> {
    /// The number of sums of a row.
    fn width(&self) -> usize {
        self.call.layer.kind.sums() * self.units()
    }

    /// What the sums of a row start from.
    fn start_from_bias(&mut self, row: usize) {
        let (units, width) = (self.units(), self.width());
        let sums = &mut self.sums[row * width..][..width];
        sums.fill(0.0);
        let [b, a] = self.call.layer.biases();
        if let Some(b) = b {
            sums[..b.len()].copy_from_slice(b);
        }
        if let Some(a) = a {
            let shared = CANDIDATE * units;
            sums[..shared].iter_mut().zip(a).for_each(|(sum, a)| *sum += a); // (2)
            sums[INNER * units..].copy_from_slice(&a[shared..]); // (3)
        }
    }

    /// Adds what the [ids](crate::recurrent::X::Ids) `x` of the rows name of the block of columns of a gate.
    fn add_rows_of_kernel(&mut self, x: Operand, gate: usize) {
        let (units, width, layer) = (self.units(), self.width(), self.call.layer);
        for row in 0..self.count {
            let kernel = &layer.kernel[(x.row(row)[0] as usize * layer.kind.gates() + gate) * units..];
            let sums = &mut self.sums[row * width + gate * units..][..units];
            sums.iter_mut().zip(kernel).for_each(|(sum, weight)| *sum += weight);
        }
    }

    /// Adds the product of all rows with the block of columns of a gate, of W for number 0 and of U for number 1.
    fn add_product<I: Isa>(
        &mut self,
        isa: I,
        number: usize,
        (left, len): (DenseRows, usize),
        gate: usize,
        sum: usize,
    ) {
        if len == 0 {
            return;
        }
        let (units, width) = (self.units(), self.width());
        let Weights::Packed(weights) = self.call.weights else {
            unreachable!("the weights are packed where a step goes through rows");
        };
        let right = Right::Packed { data: weights.gate(gate)[number], all_k: len, first_k: 0 };
        let columns = Panels { n: units, lanes: isa.f32().len() };
        let block = Block { left: Left::Dense(left), right, columns, len, start: Start::Target };
        block.run(Target { data: &mut self.sums[sum * units..], stride: width, rows: self.count });
    }

    /// (2), and what of (3) is done element by element.
    #[inline(always)]
    fn activate_gates<I: Isa>(&mut self, isa: I, row: usize) {
        let (ops, units, layer) = (isa.f32(), self.units(), self.call.layer);
        let width = self.width();
        if !self.is_used(row) {
            // The product with the reset states reads all rows.
            return self.reset[row * units..][..units].fill(0.0);
        }
        let sums = &mut self.sums[row * width..][..width];
        let values = &mut self.values[row * width..][..width];
        for gate in [UPDATE, RESET] {
            let block = gate * units..(gate + 1) * units;
            activate(isa, &layer.recurrent_activation, &sums[block.clone()], &mut values[block]); // (2)
        }
        let (values, inner) = values.split_at_mut(INNER * units);
        let r = &values[RESET * units..][..units];
        if layer.kind == Kind::ResetAfter {
            let (sums, n) = sums.split_at_mut(INNER * units);
            let p = &mut sums[CANDIDATE * units..];
            for unit in (0..units).step_by(ops.len()) {
                let (r, n) = (load_first(ops, &r[unit..]), load_first(ops, &n[unit..units]));
                let x = load_first(ops, &p[unit..units]);
                store_first(ops, ops.mul_add(r, n, x), &mut p[unit..]); // (3)
            }
            return inner.copy_from_slice(n);
        }
        let reset = &mut self.reset[row * units..][..units];
        let h = &self.h[row * units..][..units];
        reset.iter_mut().zip(r).zip(h).for_each(|((reset, r), h)| *reset = r * h); // (3)
        let (sample, batch) = (self.first + row, layer.sizes.batch);
        if let Some(mask) = self.call.inputs.recurrent_dropout.row(CANDIDATE, sample, batch, units) {
            reset.iter_mut().zip(mask).for_each(|(reset, mask)| *reset *= mask);
        }
    }

    /// (4) and (5), or (1), for a row whose sums are complete.
    #[inline(always)]
    fn finish_row<I: Isa>(&mut self, isa: I, row: usize) {
        let (ops, units, layer) = (isa.f32(), self.units(), self.call.layer);
        let width = self.width();
        let sums = &self.sums[row * width..][..width];
        let values = &mut self.values[row * width..][..width];
        let next_h = &mut self.next_h[row * units..][..units];
        if layer.kind == Kind::Simple {
            activate(isa, &layer.activation, sums, next_h); // (1)
        } else {
            let block = CANDIDATE * units..(CANDIDATE + 1) * units;
            activate(isa, &layer.activation, &sums[block.clone()], &mut values[block.clone()]); // (4)
            let (z, g) = (&values[..units], &values[block]);
            let h = &self.h[row * units..][..units];
            for unit in (0..units).step_by(ops.len()) {
                let (z, g) = (load_first(ops, &z[unit..]), load_first(ops, &g[unit..]));
                let h = load_first(ops, &h[unit..]);
                let next = ops.mul_add(ops.sub(ops.one(), z), g, ops.mul(z, h)); // (5)
                store_first(ops, next, &mut next_h[unit..]);
            }
        }
        self.emit(row);
    }

    /// Copies a finished row to the outputs and the record.
    fn emit(&mut self, row: usize) {
        let (units, width) = (self.units(), self.width());
        let number = self.time * self.count + row;
        let next_h = &self.next_h[row * units..][..units];
        if let Some(record) = self.part.record.as_deref_mut() {
            let recorded = self.part.layout.view_mut(record, number);
            recorded.h.copy_from_slice(next_h);
            recorded.values.copy_from_slice(&self.values[row * width..][..recorded.values.len()]);
            recorded.sums.copy_from_slice(&self.sums[row * width..][..recorded.sums.len()]);
        }
        let next_h = std::mem::take(&mut self.next_h);
        self.output(row, 0, units).copy_from_slice(&next_h[row * units..][..units]);
        self.next_h = next_h;
    }
}
