//! A step of the simple recurrence, four vectors of units at a time in registers.

use super::step::{Compute, Step};
use crate::activation::apply::value;
use crate::matmul::Panels;
use crate::recurrent::operand::Operand;
use crate::rnn::weights::Weights;
use crate::simd::{BitOps, Isa, load_first, store_first};
use crate::tile::{
    Blocks, MAX_ROWS, MAX_VECTORS, RightVectors, ShortBlocks, Sums, multiply_four, multiply_one, parts,
    rows_from,
};

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct InTiles;

impl Compute for InTiles {
    #[inline(always)]
    fn compute<I: Isa>(isa: I, step: &mut Step, x: Operand, h: Operand) {
        let (ops, layer, max_rows) = (isa.f32(), step.call.layer, step.max_rows(MAX_ROWS));
        for (unit, vectors) in (Panels { n: step.units(), lanes: ops.len() }).iter() {
            let mut bias = [ops.zero(); MAX_VECTORS];
            if let Some(b) = layer.bias {
                for (vector, bias) in bias[..vectors].iter_mut().enumerate() {
                    *bias = load_first(ops, &b[unit + vector * ops.len()..]);
                }
            }
            for (row, rows) in parts(step.count, max_rows) {
                let mut sums = [bias; MAX_ROWS];
                add_products(isa, step, &mut sums, [x, h], (row, rows), (unit, vectors));
                for (r, sums) in sums[..rows].iter().enumerate() {
                    for (vector, &sum) in sums[..vectors].iter().enumerate() {
                        finish(isa, step, sum, row + r, unit + vector * ops.len());
                    }
                }
            }
        }
    }
}

/// Both products of (1) for a tile of rows and of vectors of units.
#[inline(always)]
fn add_products<I: Isa>(
    isa: I,
    step: &Step,
    sums: &mut Sums<I::F32>,
    operands: [Operand; 2],
    (row, rows): (usize, usize),
    (unit, vectors): (usize, usize),
) {
    let (lanes, units, layer) = (isa.f32().len(), step.units(), step.call.layer);
    let weights = [layer.kernel, layer.recurrent_kernel];
    for (n, operand) in operands.into_iter().enumerate() {
        match step.call.weights {
            Weights::Packed(packed) => {
                let right = packed.panel(unit, vectors)[n];
                multiply::<I, MAX_ROWS>(isa, sums, operand, (row, rows), vectors, right);
            }
            Weights::InPlace => {
                let starts = [0, 1, 2, 3].map(|vector| (unit + vector * lanes).min(units));
                let blocks = Blocks { data: weights[n], stride: units, starts };
                let right = ShortBlocks { blocks, lens: starts.map(|start| lanes.min(units - start)) };
                match unit + vectors * lanes <= units {
                    true => multiply::<I, 2>(isa, sums, operand, (row, rows), vectors, blocks),
                    false => multiply::<I, 2>(isa, sums, operand, (row, rows), vectors, right),
                }
            }
        }
    }
}

#[inline(always)]
fn multiply<I: Isa, const AT_MOST: usize>(
    isa: I,
    sums: &mut Sums<I::F32>,
    operand: Operand,
    (row, rows): (usize, usize),
    vectors: usize,
    right: impl RightVectors,
) {
    let (len, left) = (operand.len, operand.rows_per_gate(rows_from(row)).rows);
    match vectors {
        1 => multiply_one::<I, AT_MOST>(isa, sums, rows, [(left, right, len)]),
        _ => multiply_four::<I, _, AT_MOST>(isa, sums, rows, [(left, right, len)]),
    }
}

/// The activation of (1) for a vector of units of one row.
#[inline(always)]
fn finish<I: Isa>(isa: I, step: &mut Step, sum: I::F32, row: usize, unit: usize) {
    let (ops, units) = (isa.f32(), step.units());
    let len = ops.len().min(units - unit);
    if !step.is_used(row) {
        return step.skip(row, unit, len);
    }
    let h = value(isa, &step.call.layer.activation, sum);
    store_first(ops, h, &mut step.next_h[row * units + unit..][..len]);
    store_first(ops, h, step.output(row, unit, len));
    if let Some(recorded) = step.recorded(row) {
        store_first(ops, h, &mut recorded.h[unit..]);
    }
}
