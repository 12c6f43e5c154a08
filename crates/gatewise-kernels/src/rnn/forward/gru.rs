//! A step of a GRU whose reset gate comes after the product: for a block of units z, r, g and n in registers.

use std::slice;

use super::results::{Place, Results};
use super::step::{Compute, Step};
use crate::activation::Activation;
use crate::activation::apply::replace;
use crate::recurrent::in_turn::in_turn;
use crate::recurrent::operand::Operand;
use crate::recurrent::rows::{MAX_ROWS_OF_BLOCK, RowGroup, RowsOfBlock};
use crate::recurrent::single_numbers::{SingleNumber, SingleNumbers, add_products};
use crate::rnn::weights::{Packed, Weights};
use crate::rnn::{CANDIDATE, INNER, RESET, Sizes, UPDATE};
use crate::simd::{BitOps, Isa, Kernel, NumOps, load_at_least};
use crate::tile::{
    Blocks, MAX_ROWS, MAX_ROWS_OF_THREE, MAX_VECTORS, ShortBlocks, Sums, has_32_registers, multiply_row,
    multiply_three,
};

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct InBlocks;

impl Compute for InBlocks {
    #[inline(always)]
    fn compute<I: Isa>(isa: I, step: &mut Step, x: Operand, h: Operand) {
        let max_rows = step.max_rows(if has_32_registers(isa) { MAX_ROWS } else { MAX_ROWS_OF_THREE });
        match (step.used.only(), step.call.weights, x.gate_stride + h.gate_stride) {
            (Some(row), Weights::Packed(packed), 0) => run_pairs(isa, step, ([x, h], row), &packed),
            _ => {
                let mut groups = step.used.groups(isa, max_rows);
                while let Some(rows) = RowsOfBlock::take(&mut groups) {
                    run_rows(isa, step, [x, h], &rows);
                }
            }
        }
        step.skip_rows();
    }
}

/// The blocks of units of some rows.
#[inline(always)]
fn run_rows<I: Isa>(isa: I, step: &mut Step, operands: [Operand; 2], rows: &RowsOfBlock) {
    let (lanes, share) = (isa.f32().len(), step.part.share.clone());
    let places = step.places(rows);
    let places = &places[..rows.count];
    let (numbers, x) = SingleNumbers::take(operands[0], rows);
    let operands = [x, operands[1]];
    let mut sums = [[isa.f32().zero(); MAX_VECTORS]; MAX_ROWS_OF_BLOCK];
    for unit in share.clone().step_by(lanes) {
        let (bias, inner) = bias(isa, step, unit);
        sums[..rows.count].fill(bias);
        if let Some(numbers) = &numbers {
            add_single_numbers(isa, step, &mut sums[..rows.count], numbers.as_slice(), unit);
        }
        for (number, operand) in operands.into_iter().enumerate() {
            for (first, group) in rows.groups() {
                let sums = sums[first..].first_chunk_mut().expect("there is room for as many whole tiles");
                add_product(isa, step, sums, number, operand, group, unit);
            }
            if number == 0 {
                // What comes from x steps aside for n.
                for sums in &mut sums[..rows.count] {
                    (sums[CANDIDATE], sums[INNER]) = (inner, sums[CANDIDATE]);
                }
            }
        }
        finish(isa, step, &mut sums[..rows.count], places, (unit, lanes.min(share.end - unit)));
    }
}

/// The only row, for pairs of blocks of units: alone a block has too few chains of additions.
#[inline(always)]
fn run_pairs<I: Isa>(isa: I, step: &mut Step, (operands, row): ([Operand; 2], usize), packed: &Packed) {
    let (lanes, share) = (isa.f32().len(), step.part.share.clone());
    let place = step.place(row);
    let places = [place, place.of_next_block(lanes)];
    let number = operands[0].single_number(row);
    let Sizes { features, units, .. } = step.call.layer.sizes;
    let weights = 3 * share.len() * (features + units);
    for pair in in_turn(share.len().div_ceil(2 * lanes), step.number, weights) {
        let unit = share.start + 2 * lanes * pair;
        // There may be no second block; then it is the first one again, and nobody reads its sums.
        let next = if unit + lanes < share.end { unit + lanes } else { unit };
        let blocks = [packed.block(unit), packed.block(next)];
        let [(bias_of_first, inner_of_first), (bias_of_next, inner_of_next)] =
            [bias(isa, step, unit), bias(isa, step, next)];
        let mut sums = [bias_of_first, bias_of_next];
        match number {
            Some(number) => {
                for (sums, unit) in sums.iter_mut().zip([unit, next]) {
                    add_single_numbers(isa, step, slice::from_mut(sums), &[number], unit);
                }
            }
            None => {
                multiply_row::<I, 3>(isa, &mut sums, operands[0].row(row), [blocks[0][0], blocks[1][0]]);
            }
        }
        for (sums, inner) in sums.iter_mut().zip([inner_of_first, inner_of_next]) {
            (sums[CANDIDATE], sums[INNER]) = (inner, sums[CANDIDATE]);
        }
        multiply_row::<I, 3>(isa, &mut sums, operands[1].row(row), [blocks[0][1], blocks[1][1]]);
        match share.end - unit >= 2 * lanes {
            true => finish(isa, step, &mut sums, &places, (unit, lanes)),
            false => {
                let (first, rest) = sums.split_at_mut(1);
                finish(isa, step, first, &places[..1], (unit, lanes.min(share.end - unit)));
                if unit < next {
                    finish(isa, step, rest, &places[..1], (next, share.end - next));
                }
            }
        }
    }
}

/// What follows the products for the block of `len` units from `unit`.
#[inline(always)]
fn finish<I: Isa>(
    isa: I,
    step: &mut Step,
    sums: &mut [[I::F32; MAX_VECTORS]],
    places: &[Place],
    block: (usize, usize),
) {
    let layer = step.call.layer;
    let [activation, recurrent_activation] = [&layer.activation, &layer.recurrent_activation];
    let (results, h) = step.results(places, block);
    isa.call(Finish { sums, h, activation, recurrent_activation, results });
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
    load_at_least(isa.f32(), &bias[gate * units + unit..], isa.f32().len().min(units - unit))
}

/// The product with x, which is operand 0, or with h, which is operand 1, for a tile of rows and a block of units.
#[inline(always)]
fn add_product<I: Isa>(
    isa: I,
    step: &Step,
    sums: &mut Sums<I::F32>,
    number: usize,
    operand: Operand,
    group: &RowGroup,
    unit: usize,
) {
    let (lanes, units, layer) = (isa.f32().len(), step.units(), step.call.layer);
    let (len, rows) = (operand.len, group.rows);
    let (left, per_gate) = (operand.rows_per_gate(group.index), operand.gate_stride > 0);
    match step.call.weights {
        Weights::Packed(packed) => {
            let right = packed.block(unit)[number];
            match per_gate {
                false => multiply_three::<I, MAX_ROWS, 3>(isa, sums, rows, 0, [(left.rows, right, len)]),
                true => multiply_three::<I, MAX_ROWS, 3>(isa, sums, rows, 0, [(left, right, len)]),
            }
        }
        Weights::InPlace => {
            let data = [layer.kernel, layer.recurrent_kernel][number];
            let right = block_in_place(data, units, unit, lanes);
            match right.lens[0] == lanes && !per_gate {
                true => multiply_three::<I, 2, 3>(isa, sums, rows, 0, [(left.rows, right.blocks, len)]),
                false => multiply_three::<I, 2, 3>(isa, sums, rows, 0, [(left, right, len)]),
            }
        }
    }
}

/// The product of x with the block of units from `unit`, for rows that have a number each.
#[inline(always)]
fn add_single_numbers<I: Isa>(
    isa: I,
    step: &Step,
    sums: &mut [[I::F32; MAX_VECTORS]],
    numbers: &[SingleNumber],
    unit: usize,
) {
    match step.packed_kernel() {
        Some(packed) => add_products::<I, 3>(isa, sums, numbers, packed.block(unit)[0]),
        None => {
            let lanes = isa.f32().len();
            let right = block_in_place(step.call.layer.kernel, step.units(), unit, lanes);
            match right.lens[0] == lanes {
                true => add_products::<I, 3>(isa, sums, numbers, right.blocks),
                false => add_products::<I, 3>(isa, sums, numbers, right),
            }
        }
    }
}

/// The gates of the block of `lanes` units from `unit` where `weights` `[rows, 3H]` lie.
#[inline(always)]
fn block_in_place(weights: &[f32], units: usize, unit: usize, lanes: usize) -> ShortBlocks<'_> {
    let starts = [unit, units + unit, 2 * units + unit, 0];
    let blocks = Blocks { data: weights, stride: 3 * units, starts };
    ShortBlocks { blocks, lens: [lanes.min(units - unit); MAX_VECTORS] }
}

/// (2) to (5) for a block of units: n stands in the place of g, and what g has from x after it.
///
/// Every function is applied to all rows before the next one is: the chain from the sums to h is long.
struct Finish<'a, V> {
    sums: &'a mut [[V; MAX_VECTORS]],
    /// `[count, H]`
    h: &'a [f32],
    activation: &'a Activation<'a, f32>,
    recurrent_activation: &'a Activation<'a, f32>,
    results: Results<'a>,
}

impl<I: Isa> Kernel<I> for Finish<'_, I::F32> {
    #[inline(always)]
    fn eval(self, isa: I) {
        let Self { sums, h, activation, recurrent_activation, mut results } = self;
        let ops = isa.f32();
        replace(isa, recurrent_activation, sums, UPDATE..RESET + 1); // (2)
        for sums in &mut *sums {
            sums[INNER] = ops.mul_add(sums[RESET], sums[CANDIDATE], sums[INNER]); // (3)
        }
        replace(isa, activation, sums, INNER..INNER + 1); // (4)
        for (&[z, r, n, g], &place) in sums.iter().zip(results.places) {
            let before = &h[place.state + results.unit..];
            let kept = ops.mul(z, load_at_least(ops, before, results.len));
            let h = ops.mul_add(ops.sub(ops.one(), z), g, kept); // (5)
            results.put_h(isa, place, 0, h);
            results.record(isa, place, [z, r, g, n]);
        }
    }
}
