//! A step of the simple recurrence, four vectors of units at a time in registers.

use super::results::Results;
use super::step::{Compute, Step};
use crate::activation::Activation;
use crate::activation::apply::replace;
use crate::matmul::Panels;
use crate::recurrent::operand::Operand;
use crate::recurrent::rows::{MAX_ROWS_OF_BLOCK, RowGroup, RowsOfBlock};
use crate::recurrent::single_numbers::SingleNumbers;
use crate::rnn::weights::Weights;
use crate::simd::{BitOps, Isa, Kernel, load_first};
use crate::tile::{Blocks, MAX_ROWS, MAX_VECTORS, RightVectors, ShortBlocks, Sums, multiply_vectors};

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct InTiles;

impl Compute for InTiles {
    #[inline(always)]
    fn compute<I: Isa>(isa: I, step: &mut Step, x: Operand, h: Operand) {
        let mut groups = step.used.groups(isa, step.max_rows(MAX_ROWS));
        while let Some(rows) = RowsOfBlock::take(&mut groups) {
            run_rows(isa, step, [x, h], &rows);
        }
        step.skip_rows();
    }
}

/// The panels of units of some rows.
#[inline(always)]
fn run_rows<I: Isa>(isa: I, step: &mut Step, operands: [Operand; 2], rows: &RowsOfBlock) {
    let (ops, layer, units) = (isa.f32(), step.call.layer, step.units());
    let places = step.places(rows);
    let (numbers, x) = SingleNumbers::take(operands[0], rows);
    let operands = [x, operands[1]];
    let mut all_sums = [[ops.zero(); MAX_VECTORS]; MAX_ROWS_OF_BLOCK];
    let share = step.part.share.clone();
    for (unit, vectors) in (Panels { n: units, lanes: ops.len() }).iter() {
        if !share.contains(&unit) {
            continue;
        }
        let mut bias = [ops.zero(); MAX_VECTORS];
        if let Some(b) = layer.bias {
            for (vector, bias) in bias[..vectors].iter_mut().enumerate() {
                *bias = load_first(ops, &b[unit + vector * ops.len()..]);
            }
        }
        all_sums[..rows.count].fill(bias);
        if let Some(numbers) = &numbers {
            add_single_numbers(isa, step, &mut all_sums[..rows.count], numbers, (unit, vectors));
        }
        for (first, group) in rows.groups() {
            let sums = all_sums[first..].first_chunk_mut().expect("there is room for as many whole tiles");
            add_products(isa, step, sums, operands, group, (unit, vectors));
        }
        let len = (vectors * ops.len()).min(units - unit);
        let (results, _) = step.results(&places[..rows.count], (unit, len));
        let sums = &mut all_sums[..rows.count];
        isa.call(Finish { sums, vectors, activation: &layer.activation, results });
    }
}

/// Both products of (1) for a tile of rows and of vectors of units.
#[inline(always)]
fn add_products<I: Isa>(
    isa: I,
    step: &Step,
    sums: &mut Sums<I::F32>,
    operands: [Operand; 2],
    group: &RowGroup,
    (unit, vectors): (usize, usize),
) {
    let (lanes, units, layer) = (isa.f32().len(), step.units(), step.call.layer);
    let weights = [layer.kernel, layer.recurrent_kernel];
    for (n, operand) in operands.into_iter().enumerate() {
        match step.call.weights {
            Weights::Packed(packed) => {
                let right = packed.panel(unit, vectors)[n];
                multiply::<I, MAX_ROWS>(isa, sums, operand, group, vectors, right);
            }
            Weights::InPlace => {
                let right = panel_in_place(weights[n], units, unit, lanes);
                match unit + vectors * lanes <= units {
                    true => multiply::<I, 2>(isa, sums, operand, group, vectors, right.blocks),
                    false => multiply::<I, 2>(isa, sums, operand, group, vectors, right),
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
    group: &RowGroup,
    vectors: usize,
    right: impl RightVectors,
) {
    let (len, rows, left) = (operand.len, group.rows, operand.rows_per_gate(group.index).rows);
    multiply_vectors::<I, AT_MOST>(isa, sums, rows, vectors, [(left, right, len)]);
}

/// The product of x with a panel of units, for rows that have a number each.
#[inline(always)]
fn add_single_numbers<I: Isa>(
    isa: I,
    step: &Step,
    sums: &mut [[I::F32; MAX_VECTORS]],
    numbers: &SingleNumbers,
    (unit, vectors): (usize, usize),
) {
    match step.packed_kernel() {
        Some(packed) => {
            let right = packed.panel(unit, vectors)[0];
            match vectors {
                1 => numbers.add_products::<I, 1>(isa, sums, right),
                2 => numbers.add_products::<I, 2>(isa, sums, right),
                3 => numbers.add_products::<I, 3>(isa, sums, right),
                _ => numbers.add_products::<I, MAX_VECTORS>(isa, sums, right),
            }
        }
        None => {
            let right = panel_in_place(step.call.layer.kernel, step.units(), unit, isa.f32().len());
            match right.lens[MAX_VECTORS - 1] == isa.f32().len() {
                true => numbers.add_products::<I, MAX_VECTORS>(isa, sums, right.blocks),
                false => numbers.add_products::<I, MAX_VECTORS>(isa, sums, right),
            }
        }
    }
}

/// The vectors of units from `unit` where `weights` `[rows, H]` lie.
#[inline(always)]
fn panel_in_place(weights: &[f32], units: usize, unit: usize, lanes: usize) -> ShortBlocks<'_> {
    let starts = [0, 1, 2, 3].map(|vector| (unit + vector * lanes).min(units));
    let blocks = Blocks { data: weights, stride: units, starts };
    ShortBlocks { blocks, lens: starts.map(|start| lanes.min(units - start)) }
}

/// The activation of (1) for a panel of units of some rows.
struct Finish<'a, V> {
    sums: &'a mut [[V; MAX_VECTORS]],
    vectors: usize,
    activation: &'a Activation<'a, f32>,
    results: Results<'a>,
}

impl<I: Isa> Kernel<I> for Finish<'_, I::F32> {
    #[inline(always)]
    fn eval(self, isa: I) {
        let Self { sums, vectors, activation, mut results } = self;
        replace(isa, activation, sums, 0..vectors);
        for (sums, &place) in sums.iter().zip(results.places) {
            for (vector, &h) in sums[..vectors].iter().enumerate() {
                results.put_h(isa, place, vector * isa.f32().len(), h);
            }
        }
    }
}
