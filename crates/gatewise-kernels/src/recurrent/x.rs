//! The sequences that a layer is applied to.

use super::check::Lengths;
use super::operand::Operand;
use super::{DropoutMasks, Sizes};
use crate::Real;

/// x: a row of F numbers at each step of each sample.
#[derive(Clone, Copy, Debug)]
pub enum X<'a, F> {
    /// The rows, `[B, T, F]`.
    Rows(&'a [F]),
    /// For each row the whole number, from 0 to below F, of the place where it is one; elsewhere it is zero. `[B, T]`.
    ///
    /// So row n of W stands for number n: if it is the product of row n of an embedding with some weights, the layer is
    /// that with these weights on the embedding, without a product at each step. There may be no dropout of x, and there is
    /// no gradient by it.
    Ids(&'a [F]),
}

impl<'a, F: Real> X<'a, F> {
    /// Panics unless it has the length that the sizes ask for, and no dropout where it is numbers.
    pub(crate) fn check(self, lengths: Lengths, sizes: &Sizes, dropout: &DropoutMasks<F>) {
        let Sizes { batch, steps, features, .. } = *sizes;
        match self {
            Self::Rows(rows) => lengths.exact("x", &[batch, steps, features], rows),
            Self::Ids(ids) => {
                lengths.exact("x", &[batch, steps], ids);
                assert!(
                    !dropout.are_there(),
                    "{}: with ids there must be no dropout of the input",
                    lengths.0
                );
            }
        }
    }

    /// The sizes as far as something is multiplied: no features where x is ids.
    pub(crate) fn multiplied(self, sizes: &Sizes) -> Sizes {
        match self {
            Self::Rows(_) => *sizes,
            Self::Ids(_) => Sizes { features: 0, ..*sizes },
        }
    }

    /// Element `k` of the row at place `row` of `[B · T]`.
    pub(crate) fn element(self, row: usize, k: usize, features: usize) -> F {
        match self {
            Self::Rows(rows) => rows[row * features + k],
            Self::Ids(ids) if ids[row].to_usize() == Some(k) => F::one(),
            Self::Ids(_) => F::zero(),
        }
    }
}

impl<'a> X<'a, f32> {
    /// The rows at `time` of the samples from number `first`, without dropout.
    #[inline(always)]
    pub(crate) fn operand(self, sizes: &Sizes, first: usize, time: usize) -> Operand<'a> {
        let (steps, row) = (sizes.steps, first * sizes.steps + time);
        match self {
            Self::Rows(data) => {
                let len = sizes.features;
                Operand { data, first: row * len, stride: steps * len, gate_stride: 0, len, are_ids: false }
            }
            Self::Ids(data) => {
                Operand { data, first: row, stride: steps, gate_stride: 0, len: 1, are_ids: true }
            }
        }
    }
}
