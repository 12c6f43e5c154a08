//! A step whose operands are different for each gate, as dropout with a mask for each makes them.
//!
//! A gate of two blocks of units has the same factors, so that a tile goes through two blocks and one gate: then factors are read
//! as seldom as where all gates share them. Two rows or fewer have too few chains of additions in two blocks; they take four gates of
//! a block at a time, as rows do whose gates share their factors.

use std::ops::Range;

use super::step::{Places, Step};
use crate::lstm::GATES;
use crate::lstm::weights::Packed;
use crate::recurrent::operand::Operand;
use crate::recurrent::rows::{MAX_ROWS_OF_BLOCK, RowGroup, RowsOfBlock};
use crate::recurrent::single_numbers::SingleNumbers;
use crate::simd::{BitOps, Isa};
use crate::tile::{MAX_ROWS, PanelNumber, Sums, VectorsOfTwo, multiply_some_of_four};

/// z of some rows, for two blocks of units.
type OfTwo<V> = [[[V; GATES]; MAX_ROWS_OF_BLOCK]; 2];

impl<N: PanelNumber> Step<'_, '_, N> {
    /// Some rows, for pairs of the blocks of units that begin in `units`.
    #[inline(always)]
    pub(super) fn run_gates<I: Isa>(
        &mut self,
        isa: I,
        operands: [Operand; 2],
        (rows, places): (&RowsOfBlock, &Places),
        packed: &Packed<N>,
        units: Range<usize>,
    ) {
        let lanes = isa.f32().len();
        let (numbers, x) = SingleNumbers::take(operands[0], rows);
        let operands = [x, operands[1]];
        let mut z = [[[isa.f32().zero(); GATES]; MAX_ROWS_OF_BLOCK]; 2];
        for unit in units.clone().step_by(2 * lanes) {
            // There may be no second block; then nobody reads what the first one is taken for.
            let has_two = unit + lanes < units.end;
            let blocks = [unit, if has_two { unit + lanes } else { unit }];
            let count = if has_two { 2 } else { 1 };
            for (z, &unit) in z[..count].iter_mut().zip(&blocks) {
                self.start(isa, &mut z[..rows.count], places, unit);
                if let Some(numbers) = &numbers {
                    self.add_single_numbers(isa, &mut z[..rows.count], numbers, unit);
                }
            }
            put_blocks_side_by_side(&mut z, rows.count);
            add_products(isa, &mut z, (operands, rows), (packed, blocks), count); // (1)
            put_gates_side_by_side(&mut z, rows.count);
            for (z, &unit) in z[..count].iter_mut().zip(&blocks) {
                let len = lanes.min(self.units() - unit);
                self.finish(isa, &mut z[..rows.count], &places[..rows.count], (unit, len));
            }
        }
    }
}

/// Adds the products of the operands with all gates of the first one or of both blocks of units. z has the blocks side by side.
#[inline(always)]
fn add_products<I: Isa, N: PanelNumber>(
    isa: I,
    z: &mut OfTwo<I::F32>,
    (operands, rows): ([Operand; 2], &RowsOfBlock),
    (packed, blocks): (&Packed<N>, [usize; 2]),
    count: usize,
) {
    let lanes = isa.f32().len();
    let [[w, u], [next_w, next_u]] = [packed.block(blocks[0], lanes), packed.block(blocks[1], lanes)];
    for (half, z) in z.iter_mut().enumerate() {
        let w = VectorsOfTwo { panels: [w, next_w], first: 2 * half };
        let u = VectorsOfTwo { panels: [u, next_u], first: 2 * half };
        for gate in [2 * half, 2 * half + 1] {
            for (first, group) in rows.groups() {
                let sums = z[first..].first_chunk_mut().expect("there is room for as many whole tiles");
                add_product(isa, sums, (operands, group), [w, u], gate, count);
            }
        }
    }
}

/// Those with a gate, for a tile of rows.
#[inline(always)]
fn add_product<I: Isa, N: PanelNumber>(
    isa: I,
    sums: &mut Sums<I::F32>,
    ([x, h], group): ([Operand; 2], &RowGroup),
    [w, u]: [VectorsOfTwo<N>; 2],
    gate: usize,
    count: usize,
) {
    let [left_x, left_h] = [x.rows_of_gate(gate, group.index), h.rows_of_gate(gate, group.index)];
    let vectors = (2 * (gate - w.first), count);
    let segments = [(left_x, w, x.len), (left_h, u, h.len)];
    multiply_some_of_four::<I, MAX_ROWS>(isa, sums, group.rows, vectors, segments);
}

/// From i, f, g, o of one block and then of the other to i of both, f of both, and then g and o.
#[inline(always)]
fn put_blocks_side_by_side<V: Copy>(z: &mut OfTwo<V>, count: usize) {
    let [first, second] = z;
    for (first, second) in first[..count].iter_mut().zip(&mut second[..count]) {
        let ([i, f, g, o], [next_i, next_f, next_g, next_o]) = (*first, *second);
        (*first, *second) = ([i, next_i, f, next_f], [g, next_g, o, next_o]);
    }
}

/// And back.
#[inline(always)]
fn put_gates_side_by_side<V: Copy>(z: &mut OfTwo<V>, count: usize) {
    let [first, second] = z;
    for (first, second) in first[..count].iter_mut().zip(&mut second[..count]) {
        let ([i, next_i, f, next_f], [g, next_g, o, next_o]) = (*first, *second);
        (*first, *second) = ([i, f, g, o], [next_i, next_f, next_g, next_o]);
    }
}
