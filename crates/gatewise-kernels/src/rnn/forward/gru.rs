//! A step of a GRU whose reset gate comes after the product: for a block of units z, r, g and n in registers.

use super::step::{Compute, Step};
use crate::activation::apply::value;
use crate::recurrent::operand::Operand;
use crate::rnn::weights::Weights;
use crate::rnn::{CANDIDATE, INNER, RESET, UPDATE};
use crate::simd::{BitOps, Isa, NumOps, load_first, store_first};
use crate::tile::{
    Blocks, MAX_ROWS, MAX_VECTORS, ShortBlocks, Sums, has_32_registers, multiply_three, parts, rows_from,
};

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct InBlocks;

impl Compute for InBlocks {
    #[inline(always)]
    fn compute<I: Isa>(isa: I, step: &mut Step, x: Operand, h: Operand) {
        // Three vectors of four rows, with those of the weights and a factor, fill 16 registers.
        let max_rows = step.max_rows(if has_32_registers(isa) { MAX_ROWS } else { 4 });
        for unit in (0..step.units()).step_by(isa.f32().len()) {
            let (bias, inner) = bias(isa, step, unit);
            for (row, rows) in parts(step.count, max_rows) {
                let mut sums = [bias; MAX_ROWS];
                add_product(isa, step, &mut sums, 0, x, (row, rows), unit);
                // What comes from x steps aside for n.
                for sums in &mut sums {
                    (sums[CANDIDATE], sums[INNER]) = (inner, sums[CANDIDATE]);
                }
                add_product(isa, step, &mut sums, 1, h, (row, rows), unit);
                for (r, &sums) in sums[..rows].iter().enumerate() {
                    finish(isa, step, sums, row + r, unit);
                }
            }
        }
    }
}

/// What the sums of z, r and g of a block of units start from, and what n starts from.
#[inline(always)]
fn bias<I: Isa>(isa: I, step: &Step, unit: usize) -> ([I::F32; MAX_VECTORS], I::F32) {
    let (ops, units) = (isa.f32(), step.units());
    let mut vectors = [ops.zero(); MAX_VECTORS];
    let [Some(b), Some(a)] = step.call.layer.biases() else { return (vectors, ops.zero()) };
    for gate in [UPDATE, RESET] {
        vectors[gate] = ops.add(part(isa, b, units, (gate, unit)), part(isa, a, units, (gate, unit))); // (2)
    }
    vectors[CANDIDATE] = part(isa, b, units, (CANDIDATE, unit));
    (vectors, part(isa, a, units, (CANDIDATE, unit)))
}

/// The block of units from `unit` of the bias of a gate.
#[inline(always)]
fn part<I: Isa>(isa: I, bias: &[f32], units: usize, (gate, unit): (usize, usize)) -> I::F32 {
    load_first(isa.f32(), &bias[gate * units..][unit..units])
}

/// The product with x, which is operand 0, or with h, which is operand 1, for a tile of rows and a block of units.
#[inline(always)]
fn add_product<I: Isa>(
    isa: I,
    step: &Step,
    sums: &mut Sums<I::F32>,
    number: usize,
    operand: Operand,
    (row, rows): (usize, usize),
    unit: usize,
) {
    let (lanes, units, layer) = (isa.f32().len(), step.units(), step.call.layer);
    let (len, left, per_gate) = (operand.len, operand.rows_per_gate(rows_from(row)), operand.gate_stride > 0);
    match step.call.weights {
        Weights::Packed(packed) => {
            let right = packed.block(unit)[number];
            match per_gate {
                false => multiply_three::<I, MAX_ROWS>(isa, sums, rows, [(left.rows, right, len)]),
                true => multiply_three::<I, MAX_ROWS>(isa, sums, rows, [(left, right, len)]),
            }
        }
        Weights::InPlace => {
            let data = [layer.kernel, layer.recurrent_kernel][number];
            let starts = [unit, units + unit, 2 * units + unit, 0];
            let blocks = Blocks { data, stride: 3 * units, starts };
            let right = ShortBlocks { blocks, lens: [lanes.min(units - unit); MAX_VECTORS] };
            match right.lens[0] == lanes && !per_gate {
                true => multiply_three::<I, 2>(isa, sums, rows, [(left.rows, right.blocks, len)]),
                false => multiply_three::<I, 2>(isa, sums, rows, [(left, right, len)]),
            }
        }
    }
}

/// (2) to (5) for a block of units of one row: n stands in the place of g, and what g has from x after it.
#[inline(always)]
fn finish<I: Isa>(isa: I, step: &mut Step, sums: [I::F32; MAX_VECTORS], row: usize, unit: usize) {
    let (ops, units, layer) = (isa.f32(), step.units(), step.call.layer);
    let len = ops.len().min(units - unit);
    if !step.is_used(row) {
        return step.skip(row, unit, len);
    }
    let (state, n) = (row * units + unit, sums[CANDIDATE]);
    let z = value(isa, &layer.recurrent_activation, sums[UPDATE]); // (2)
    let r = value(isa, &layer.recurrent_activation, sums[RESET]); // (2)
    let g = value(isa, &layer.activation, ops.mul_add(r, n, sums[INNER])); // (3), (4)
    let kept = ops.mul(z, load_first(ops, &step.h[state..][..len]));
    let h = ops.mul_add(ops.sub(ops.one(), z), g, kept); // (5)
    store_first(ops, h, &mut step.next_h[state..][..len]);
    store_first(ops, h, step.output(row, unit, len));
    if let Some(recorded) = step.recorded(row) {
        store_first(ops, h, &mut recorded.h[unit..]);
        for (value, to) in [z, r, g, n].into_iter().zip(recorded.values.chunks_exact_mut(units)) {
            store_first(ops, value, &mut to[unit..]);
        }
    }
}
