//! (4) to (2) differentiated with the default activations, a block of units at a time in registers.

use std::ops::Range;

use super::carried::Carried;
use crate::activation::Activation;
use crate::activation::apply::slope;
use crate::lstm::CANDIDATE;
use crate::lstm::gates::Recorded;
use crate::lstm::record::{C, KEPT, O, PHI_C};
use crate::recurrent::backward::kept::Slots;
use crate::recurrent::rows::UsedRows;
use crate::simd::{BitOps, Isa, Kernel, NumOps, load_at_least, store, store_first, without_tiny};

/// A step back for the rows that use it, see [`Carried::differentiate_step`].
pub(super) struct ByBlocks<'a, 'b> {
    pub carried: &'b mut Carried<'a>,
    pub number: usize,
    pub rows: UsedRows<'b>,
    pub slots: Slots,
}

/// A block of units.
#[derive(Clone, Copy)]
struct Block<'a> {
    unit: usize,
    /// What was recorded of its rows at the step, `[count, 6, len]`.
    recorded: &'a [f32],
    /// The same at the step before, if there is one.
    before: Option<&'a [f32]>,
}

impl<I: Isa> Kernel<I> for ByBlocks<'_, '_> {
    #[inline(always)]
    fn eval(mut self, isa: I) {
        let (lanes, Range { start, end }) = (isa.f32().len(), self.carried.share.clone());
        for unit in (start..end).step_by(lanes) {
            // The length of all blocks but the last is known when the code is compiled.
            match end - unit < lanes {
                false => self.block(isa, unit, lanes),
                true => self.block(isa, unit, end - unit),
            }
        }
    }
}

impl<'a> ByBlocks<'a, '_> {
    /// The block of `len` units from `unit`.
    #[inline(always)]
    fn block<I: Isa>(&mut self, isa: I, unit: usize, len: usize) {
        let mut d_bias = self.carried.d_bias(isa, unit);
        let block = Block {
            unit,
            recorded: self.recorded(self.number, unit),
            before: (self.number > 0).then(|| self.recorded(self.number - 1, unit)),
        };
        let mut rank = 0;
        for row in 0..self.carried.count {
            if self.rows.contains(row) {
                let d_z = self.row(isa, block, (rank, row), len);
                for (sum, d_z) in d_bias.iter_mut().zip(d_z) {
                    *sum = isa.f32().add(*sum, d_z);
                }
                rank += 1;
            }
        }
        self.carried.set_d_bias(isa, unit, d_bias);
    }

    /// What was recorded of a step, from the block that starts at `unit`.
    #[inline(always)]
    fn recorded(&self, number: usize, unit: usize) -> &'a [f32] {
        let time = self.carried.call.layer.time(number);
        &self.carried.record[self.carried.layout.block(time, 0, unit).0..]
    }

    /// c and h of a row before the step.
    #[inline(always)]
    fn state_before<I: Isa>(&self, isa: I, block: Block, row: usize, len: usize) -> [I::F32; 2] {
        let ops = isa.f32();
        let Some(before) = block.before else {
            let first = (self.carried.first + row) * self.carried.call.layer.sizes.units + block.unit;
            let inputs = self.carried.call.inputs;
            let [c, h] = [&inputs.c0[first..], &inputs.h0[first..]];
            return [load_at_least(ops, c, len), load_at_least(ops, h, len)];
        };
        let before = of_row(before, row, len, ops.len());
        let o = load_at_least(ops, &before[O * len..], len);
        let phi_c = load_at_least(ops, &before[PHI_C * len..], len);
        [load_at_least(ops, &before[C * len..], len), ops.mul(o, phi_c)]
    }

    /// The gradients by z of a row, the used one with this rank.
    #[inline(always)]
    fn row<I: Isa>(&mut self, isa: I, block: Block, (rank, row): (usize, usize), len: usize) -> [I::F32; 4] {
        let (ops, unit) = (isa.f32(), block.unit);
        let units = self.carried.call.layer.sizes.units;
        let slot = self.slots.at(rank);
        let [previous_c, previous_h] = self.state_before(isa, block, row, len);
        let carried = &mut *self.carried;
        if !carried.previous_h.is_empty() {
            store_first(ops, previous_h, &mut carried.previous_h[slot * units + unit..][..len]);
        }
        let recorded = of_row(block.recorded, row, len, ops.len());
        let mut gates = [ops.zero(); 4];
        for (gate, to) in gates.iter_mut().enumerate() {
            *to = load_at_least(ops, &recorded[gate * len..], len);
        }
        let phi_c = load_at_least(ops, &recorded[PHI_C * len..], len);
        let in_share = unit - carried.share.start;
        let state = row * carried.share.len() + in_share;
        let d_h = load_at_least(ops, &carried.d_h[state..], len);
        let d_c = &mut carried.d_c[state..];
        let d_cell = ops.mul(ops.mul(d_h, gates[O]), slope(isa, &Activation::Tanh, phi_c)); // (4)
        let d_c_after = ops.add(load_at_least(ops, d_c, len), d_cell);
        let (mut d_z, d_previous_c) = Recorded { gates, phi_c, previous_c }.backward(isa, d_h, d_c_after);
        store_first(ops, without_tiny(ops, d_previous_c), &mut d_c[..len]);
        let blocks = &mut carried.d_z[carried.kept.block_stride(carried.count) * (in_share / ops.len())..];
        let kept = &mut blocks[slot * 4 * ops.len()..][..4 * ops.len()];
        let of_row = &mut carried.d_z_rows[4 * rank * units..][..4 * units];
        for (gate, d_z) in d_z.iter_mut().enumerate() {
            *d_z = ops.mul(*d_z, slope(isa, default_activation(gate), gates[gate])); // (2)
            store(ops, *d_z, &mut kept[gate * ops.len()..]);
            store_first(ops, *d_z, &mut of_row[gate * units + unit..][..len]);
        }
        d_z
    }
}

/// What a block recorded of a row: of whole vectors exactly that, which one check makes sure of; otherwise with what follows
/// it, lest a part of a vector is loaded.
#[inline(always)]
fn of_row(block: &[f32], row: usize, len: usize, lanes: usize) -> &[f32] {
    let from = &block[row * KEPT * len..];
    if len == lanes { &from[..KEPT * len] } else { from }
}

/// The activation of a gate by default.
#[inline(always)]
fn default_activation(gate: usize) -> &'static Activation<'static, f32> {
    if gate == CANDIDATE { &Activation::Tanh } else { &Activation::Sigmoid }
}
