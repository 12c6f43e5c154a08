//! Products that go sample by sample, so that each sum takes the masks of its sample when it is complete.

use crate::recurrent::backward::kept::LONG_SUM;
use crate::recurrent::backward::operand::BLOCK_LEN;
use crate::simd::{BitOps, Isa, NumOps};
use crate::tile::{MAX_ROWS, MAX_VECTORS, Panel, Sums, TileRows, multiply_some_of_four};

/// The slots of one sample among those that are multiplied together, and its masks.
#[derive(Clone, Copy, Default)]
pub(super) struct Part<'a> {
    pub first: usize,
    pub len: usize,
    /// What the mask of each gate has for the rows of the weights.
    pub factors: [&'a [f32]; MAX_VECTORS],
}

/// How many samples the slots that are multiplied together may belong to: as many as they do where blocks are long.
pub(super) const MAX_PARTS: usize = BLOCK_LEN / LONG_SUM + 2;

/// The samples of some slots.
#[derive(Default)]
pub(super) struct Parts<'a> {
    pub parts: [Part<'a>; MAX_PARTS],
    pub len: usize,
}

impl Parts<'_> {
    /// The products of some rows, sample by sample, each under its masks.
    #[inline(always)]
    pub fn multiply<I: Isa>(
        &self,
        isa: I,
        totals: &mut Sums<I::F32>,
        (row, rows): (usize, usize),
        vectors: (usize, usize),
        (left, right): (TileRows, &[f32]),
    ) {
        let (ops, slot_len) = (isa.f32(), MAX_VECTORS * isa.f32().len());
        for &Part { first, len, factors } in &self.parts[..self.len] {
            let left = TileRows(&left.0[first * rows..][..len * rows]);
            let right = Panel(&right[first * slot_len..][..len * slot_len]);
            let mut sums = [[ops.zero(); MAX_VECTORS]; MAX_ROWS];
            multiply_some_of_four::<I, MAX_ROWS>(isa, &mut sums, rows, vectors, [(left, right, len)]);
            for (r, (totals, sums)) in totals[..rows].iter_mut().zip(&sums).enumerate() {
                for vector in vectors.0..vectors.0 + vectors.1 {
                    let factor = ops.splat(factors[vector][row + r]);
                    totals[vector] = ops.mul_add(sums[vector], factor, totals[vector]);
                }
            }
        }
    }
}
