//! Products with x whose rows have no more than one number other than zero: each adds to one row of the gradient by W.

use super::ChunkProduct;
use crate::recurrent::backward::Operand;
use crate::recurrent::backward::operand::BLOCK_LEN;
use crate::recurrent::single_numbers::SingleNumber;
use crate::recurrent::{Sizes, X};
use crate::simd::{BitOps, Isa, Kernel, NumOps, load, store};
use crate::tile::MAX_ROWS;

impl ChunkProduct<'_> {
    /// Whether each row of x has a single number, at all samples and steps of the product.
    #[inline(always)]
    pub(super) fn has_single_numbers(&self) -> bool {
        self.product.operand == Operand::X
            && !self.has_masks_per_gate()
            && (matches!(self.products.sequences.x, X::Ids(_))
                || self.slots().all(
                    #[inline(always)]
                    |slot| self.single_number(slot).is_some(),
                ))
    }

    /// The number of the step and the sample of each slot, in the order of the slots.
    #[inline(always)]
    fn slots(&self) -> impl Iterator<Item = (usize, usize)> + use<'_> {
        let (sequences, kept, (first, count)) =
            (self.products.sequences, self.products.kept, self.products.samples);
        let (num_groups, of_group) = if kept.by_sample { (count, 1) } else { (1, count) };
        (0..num_groups).flat_map(move |group| {
            let samples = (first + group, of_group);
            self.steps.clone().rev().flat_map(move |number| {
                let rows = sequences.used_rows(samples, number);
                (0..of_group).filter(move |&row| rows.contains(row)).map(move |row| (number, samples.0 + row))
            })
        })
    }

    /// The single number of x at a step of a sample, under its mask of dropout.
    #[inline(always)]
    fn single_number(&self, (number, sample): (usize, usize)) -> Option<SingleNumber> {
        let sequences = &self.products.sequences;
        let Sizes { batch, features, .. } = sequences.sizes;
        let x = sequences.x.operand(&sequences.sizes, sample, sequences.time(number));
        let mut single = x.single_number(0)?;
        if let Some(mask) = self.masks().row(0, sample, batch, features) {
            single.value *= mask[single.at];
        }
        Some(single)
    }

    /// Adds the slots to the rows that their numbers stand for.
    #[inline(always)]
    pub(super) fn add_single_numbers<I: Isa>(&mut self, isa: I) {
        let mut numbers = [SingleNumber::default(); BLOCK_LEN];
        let (mut first, mut len) = (0, 0);
        let to = std::mem::take(&mut self.to);
        for slot in self.slots() {
            numbers[len] = self.single_number(slot).expect("that all have one has been asked");
            len += 1;
            if len == BLOCK_LEN {
                self.add_rows(isa, first, &numbers, to);
                (first, len) = (first + len, 0);
            }
        }
        self.add_rows(isa, first, &numbers[..len], to);
        self.to = to;
    }

    /// The slots from number `first` that have these numbers, block of units by block.
    #[inline(always)]
    fn add_rows<I: Isa>(&self, isa: I, first: usize, numbers: &[SingleNumber], to: &mut [f32]) {
        let kept = self.products.kept;
        for block in 0..kept.num_blocks() {
            let from = block * kept.block_stride(self.products.samples.1) + first * kept.slot_len();
            let d_z = &self.products.d_z[from..][..numbers.len() * kept.slot_len()];
            isa.call(AddRows { product: self, block, numbers, d_z, to: &mut *to });
        }
    }
}

/// The slots of a block of units.
struct AddRows<'a, 'b> {
    product: &'a ChunkProduct<'b>,
    block: usize,
    numbers: &'a [SingleNumber],
    /// `[numbers, slot_len]`
    d_z: &'a [f32],
    /// As [`super::super::sums`] describes.
    to: &'a mut [f32],
}

impl<I: Isa> Kernel<I> for AddRows<'_, '_> {
    #[inline(always)]
    fn eval(self, isa: I) {
        let Self { product, block, numbers, d_z, to } = self;
        let (ops, kept) = (isa.f32(), product.products.kept);
        for (&SingleNumber { at, value }, d_z) in numbers.iter().zip(d_z.chunks_exact(kept.slot_len())) {
            if !product.rows.contains(&at) {
                continue;
            }
            let row = at - product.rows.start;
            let tile = &mut to[product.place(row / MAX_ROWS * MAX_ROWS, block)];
            let to = &mut tile[row % MAX_ROWS * kept.slot_len()..][..kept.slot_len()];
            for (to, d_z) in to.chunks_exact_mut(ops.len()).zip(d_z.chunks_exact(ops.len())) {
                store(ops, ops.mul_add(ops.splat(value), load(ops, d_z), load(ops, to)), to);
            }
        }
    }
}
