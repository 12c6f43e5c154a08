//! Rows of x with no more than one number other than zero, such as one-hot characters: their product with W is a row of W.
//!
//! What is left out of a sum is zero times a weight, so that the sum is the same to the bit, unless a weight is not finite or
//! everything in it is zero.

#[cfg(test)]
mod tests;

use super::operand::Operand;
use super::rows::{MAX_ROWS_OF_BLOCK, RowsOfBlock};
use crate::simd::{BitOps, Isa, NumOps};
use crate::tile::{MAX_VECTORS, RightVectors};

/// Rows that are narrower are multiplied sooner than they are looked through.
const MIN_WIDTH: usize = 16;

/// The only number of a row that may be other than zero, and where it stands.
#[derive(Clone, Copy, Default)]
pub(crate) struct SingleNumber {
    pub at: usize,
    pub value: f32,
}

impl SingleNumber {
    /// A one at this place.
    #[inline(always)]
    pub fn of_id(id: f32) -> Self {
        Self { at: id as usize, value: 1.0 }
    }

    /// That of `row`, unless it has two numbers other than zero or is too narrow to ask.
    #[inline(always)]
    pub fn of(row: &[f32]) -> Option<Self> {
        /// How many numbers are counted at a time.
        const PIECE: usize = 16;
        if row.len() < MIN_WIDTH {
            return None;
        }
        let (mut first, mut count) = (0, 0);
        for (number, piece) in row.chunks(PIECE).enumerate() {
            let here = piece.iter().fold(0, |count, &x| count + u32::from(x != 0.0));
            if here > 0 {
                first = number * PIECE;
            }
            count += here;
            if count > 1 {
                return None;
            }
        }
        let at = first + row[first..].iter().position(|&x| x != 0.0).unwrap_or(0);
        Some(Self { at, value: row[at] })
    }
}

/// [`SingleNumber`]s of rows that go through a block of units together.
pub(crate) struct SingleNumbers([SingleNumber; MAX_ROWS_OF_BLOCK]);

impl SingleNumbers {
    /// Those of the rows of x, if each has one and all gates share it, and what of x is left to be multiplied.
    #[inline(always)]
    pub fn take<'a>(x: Operand<'a>, rows: &RowsOfBlock) -> (Option<Self>, Operand<'a>) {
        let numbers = Self::of_block(&x, rows);
        let x = if numbers.is_some() { x.without_numbers() } else { x };
        (numbers, x)
    }

    #[inline(always)]
    fn of_block(operand: &Operand, rows: &RowsOfBlock) -> Option<Self> {
        let mut numbers = [SingleNumber::default(); MAX_ROWS_OF_BLOCK];
        for (first, group) in rows.groups() {
            for (number, &row) in numbers[first..].iter_mut().zip(&group.index[..group.rows]) {
                *number = operand.single_number(row)?;
            }
        }
        Some(Self(numbers))
    }

    /// Adds their products with the V vectors of `right` to the sums of the rows.
    #[inline(always)]
    pub fn add_products<I: Isa, const V: usize>(
        &self,
        isa: I,
        sums: &mut [[I::F32; MAX_VECTORS]],
        right: impl RightVectors,
    ) {
        add_products::<I, V>(isa, sums, self.as_slice(), right);
    }

    /// The numbers, row by row.
    #[inline(always)]
    pub fn as_slice(&self) -> &[SingleNumber] {
        &self.0
    }
}

/// Adds the products of a number for each row with the V vectors of `right` to the sums of the rows.
#[inline(always)]
pub(crate) fn add_products<I: Isa, const V: usize>(
    isa: I,
    sums: &mut [[I::F32; MAX_VECTORS]],
    numbers: &[SingleNumber],
    right: impl RightVectors,
) {
    for (sums, &number) in sums.iter_mut().zip(numbers) {
        number.add_product::<I, V>(isa, sums, right);
    }
}

impl SingleNumber {
    /// Adds the product with the V vectors of `right` to the sums of a row.
    #[inline(always)]
    pub fn add_product<I: Isa, const V: usize>(
        self,
        isa: I,
        sums: &mut [I::F32; MAX_VECTORS],
        right: impl RightVectors,
    ) {
        let ops = isa.f32();
        let row = right.rows::<I, V>(isa).nth(self.at).expect("there is a row for each number");
        let vectors = right.at::<I, V>(isa, row, 0);
        for (sum, vector) in sums.iter_mut().zip(vectors) {
            *sum = ops.mul_add(ops.splat(self.value), vector, *sum);
        }
    }
}

impl Operand<'_> {
    /// That of a row, if all gates share it.
    #[inline(always)]
    pub fn single_number(&self, row: usize) -> Option<SingleNumber> {
        match self.are_ids {
            true => Some(SingleNumber::of_id(self.row(row)[0])),
            false if self.gate_stride > 0 => None,
            false => SingleNumber::of(self.row(row)),
        }
    }
}
