//! What the backward passes of all recurrent layers have in common: chunks of samples go back through a block of steps, whose
//! gradients by the sums of a step wait in near memory until the weights have taken theirs.
//!
//! A layer says in its [`Layout`] which products a step consists of. The sums of a block of units lie side by side in a
//! [slot](kept), and a product goes into some of them.

pub(crate) mod emitted;
pub(crate) mod kept;
mod operand;
pub(crate) mod parts;
pub(crate) mod products;
pub(crate) mod samples;
mod sums;
mod time_blocks;
mod waiting;
mod weights;

use super::rows::UsedRows;
use super::{DropoutMasks, Sizes, X};
use crate::matmul::{Matrix, Panels};
use crate::simd::lanes;
use crate::tile::MAX_VECTORS;

/// How the gradients of a layer lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// How many blocks of H columns the weights have.
    pub gates: usize,
    /// How many vectors of units a slot has: one, of which it has the sums, or four of the only sum.
    pub vectors_of_units: usize,
    /// How many numbers the forward pass keeps of a unit, sample and step.
    pub recorded: usize,
    /// The products of a step.
    pub products: &'static [Product],
}

/// A product of a step: an operand times some blocks of columns of W or U.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Product {
    pub operand: Operand,
    pub chains: &'static [Chain],
}

/// Blocks of columns of the weights that follow each other, and whose sums do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    /// The first sum.
    pub sum: usize,
    /// The first block of columns, which is also the number of its mask.
    pub gate: usize,
    pub count: usize,
}

/// Which operand of the products the weights belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    X,
    H,
    /// r ⊙ h, which U belongs to as well.
    ResetH,
}

/// What the layer was applied to, as far as products read it.
#[derive(Clone, Copy)]
pub(crate) struct Sequences<'a> {
    pub sizes: Sizes,
    pub go_backwards: bool,
    pub x: X<'a, f32>,
    /// `[B, T]`
    pub mask: Option<&'a [f32]>,
    /// Of width F and of width H.
    pub dropout: DropoutMasks<'a, f32>,
    pub recurrent_dropout: DropoutMasks<'a, f32>,
    /// Whether h is zero before the first step.
    pub starts_from_zero: bool,
}

impl<'a> Sequences<'a> {
    /// Which step of the input is taken as number `number`.
    #[inline(always)]
    pub fn time(&self, number: usize) -> usize {
        if self.go_backwards { self.sizes.steps - 1 - number } else { number }
    }

    /// The samples of a chunk that use step `number`.
    #[inline(always)]
    pub fn used_rows(&self, samples: (usize, usize), number: usize) -> UsedRows<'a> {
        UsedRows::new(self.mask, self.sizes.steps, samples, self.time(number))
    }

    fn masks(&self, operand: Operand) -> DropoutMasks<'a, f32> {
        match operand {
            Operand::X => self.dropout,
            Operand::H | Operand::ResetH => self.recurrent_dropout,
        }
    }
}

impl Layout {
    /// Whether a product has this operand.
    pub fn has(&self, operand: Operand) -> bool {
        self.products.iter().any(|product| product.operand == operand)
    }

    /// What an operand goes through.
    pub fn chains(&self, operand: Operand) -> &'static [Chain] {
        let mut products = self.products.iter();
        products.find(|product| product.operand == operand).map_or(&[], |product| product.chains)
    }

    /// How many sums a step makes of a unit.
    pub fn sums(&self) -> usize {
        let chains = self.products.iter().flat_map(|product| product.chains);
        chains.map(|chain| chain.sum + chain.count).max().unwrap_or(0)
    }

    /// The block of columns of W, or else of U, that each vector of a slot belongs to.
    pub fn gates_of_vectors(&self, of_x: bool) -> [Option<usize>; MAX_VECTORS] {
        if self.vectors_of_units > 1 {
            return [Some(0); MAX_VECTORS];
        }
        let mut gates = [None; MAX_VECTORS];
        let products = self.products.iter().filter(|product| (product.operand == Operand::X) == of_x);
        for chain in products.flat_map(|product| product.chains) {
            for n in 0..chain.count {
                gates[chain.sum + n] = Some(chain.gate + n);
            }
        }
        gates
    }
}

impl Chain {
    /// The blocks one by one.
    #[inline(always)]
    pub fn singles(self) -> impl Iterator<Item = Self> {
        (0..self.count).map(move |n| Self { sum: self.sum + n, gate: self.gate + n, count: 1 })
    }
}

/// Packs `weights` `[rows, columns]` as the right operand `[columns, rows]`.
pub(crate) fn pack_transposed(weights: &[f32], rows: usize, columns: usize, to: &mut [f32]) {
    let turned = Matrix { data: weights, row_stride: 1, column_stride: columns };
    Panels { n: rows, lanes: lanes() }.pack(turned, columns, to);
}
