//! Rows of a product, cut into parts that run side by side.

use super::block::{Block, Left, Right, Start, Target};
use super::columns::{BLOCK_LEN, BLOCK_ROWS, BlockBuffer, Columns, blocks};
use super::panels::Panels;
use crate::parallel::{MIN_COST, join};
use crate::tile::{CONSECUTIVE, DenseRows};

/// The left operand `[m, k]`.
#[derive(Clone, Copy)]
pub(crate) enum LeftOperand<'a> {
    /// `[m, k]`
    Rows(&'a [f32]),
    /// `[k, m]`
    Columns(Columns<'a>),
}

/// The right operand `[k, n]`.
#[derive(Clone, Copy)]
pub(crate) enum RightOperand<'a> {
    /// In [`Panels`].
    Packed(&'a [f32]),
    /// `[k, n]`
    InPlace(&'a [f32]),
}

/// Some rows of a product.
pub(crate) struct RowTask<'a> {
    pub left: LeftOperand<'a>,
    pub right: RightOperand<'a>,
    pub k: usize,
    pub columns: Panels,
    pub start: Start<'a>,
    /// The row of the left operand that the first row of `c` belongs to.
    pub first_row: usize,
    /// `[rows, stride]`, of which the first n columns are written.
    pub c: &'a mut [f32],
    pub stride: usize,
}

/// How many rows to give to one thread, for `row_cost` multiply-adds per row.
///
/// It depends on the shape alone. Parts are even in number, for the two or more threads that there mostly are.
pub(super) fn rows_per_task(rows: usize, row_cost: usize) -> usize {
    let max_rows = MIN_COST.div_ceil(row_cost.max(1)).max(BLOCK_ROWS);
    if rows * row_cost < 2 * MIN_COST || rows < 4 {
        return rows.max(1);
    }
    rows.div_ceil(rows.div_ceil(max_rows).next_multiple_of(2))
}

impl RowTask<'_> {
    fn rows(&self) -> usize {
        (self.c.len() + self.stride - self.columns.n) / self.stride
    }

    /// Computes the rows, at most `max_rows` on a thread.
    pub fn run_in_parts(self, max_rows: usize) {
        let rows = self.rows();
        if rows <= max_rows {
            return self.run();
        }
        let upper = rows.div_ceil(max_rows) / 2 * max_rows;
        let (c, lower_c) = self.c.split_at_mut(upper * self.stride);
        let lower = RowTask { first_row: self.first_row + upper, c: lower_c, ..self };
        let upper = RowTask { c, ..self };
        join(|| upper.run_in_parts(max_rows), || lower.run_in_parts(max_rows));
    }

    fn run(self) {
        match self.left {
            LeftOperand::Rows(left) => self.run_dense(left),
            LeftOperand::Columns(left) => self.run_columns(left),
        }
    }

    /// Rows over all k at once, read where they lie.
    fn run_dense(self, left: &[f32]) {
        let rows = self.rows();
        let Self { k, columns, start, .. } = self;
        let left =
            Left::Dense(DenseRows { data: &left[self.first_row * k..], stride: k, index: CONSECUTIVE });
        let right = match self.right {
            RightOperand::Packed(data) => Right::Packed { data, all_k: k, first_k: 0 },
            RightOperand::InPlace(data) => Right::Dense(data),
        };
        let target = Target { data: self.c, stride: self.stride, rows };
        Block { left, right, columns, len: k, start }.run(target);
    }

    /// Rows by blocks of k, packed. The sums wait in `c` between blocks, which changes no bit.
    ///
    /// Not inlined, for the room on the stack has to be touched page by page at each call of the function that holds it.
    #[inline(never)]
    fn run_columns(self, left: Columns) {
        let RightOperand::Packed(data) = self.right else {
            unreachable!("where the left operand is packed, the right one is packed, too")
        };
        let all_rows = self.rows();
        let mut buffer: BlockBuffer = [0.0; BLOCK_LEN * BLOCK_ROWS];
        for first in (0..all_rows).step_by(BLOCK_ROWS) {
            let rows = BLOCK_ROWS.min(all_rows - first);
            let mut start = self.start;
            // Without any k there still is one block, which writes what the sums start from.
            for (first_k, len) in blocks(self.k).chain((self.k == 0).then_some((0, 0))) {
                left.pack(self.first_row + first, rows, first_k, len, &mut buffer);
                let right = Right::Packed { data, all_k: self.k, first_k };
                let block = Block { left: Left::Packed(&buffer), right, columns: self.columns, len, start };
                block.run(Target { data: &mut self.c[first * self.stride..], stride: self.stride, rows });
                start = Start::Target;
            }
        }
    }
}
