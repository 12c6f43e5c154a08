//! The right operand of a product, rearranged in the order in which tiles read it.
//!
//! ```text
//! columns   0 ……………… 4L │ 4L ……………… 8L │ 8L ……… n 0     L lanes; zeros fill the last vector
//! panel          0      │       1      │      2         4 vectors wide, and the last one as many as are left
//! stored    [k][4][L]   │  [k][4][L]   │  [k][2][L]     one panel after the other
//! ```

use crate::parallel::for_each_chunk;
use crate::tile::MAX_VECTORS;

/// A matrix inside a slice: element (row, column) lies at `row · row_stride + column · column_stride`.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub data: &'a [f32],
    pub row_stride: usize,
    pub column_stride: usize,
}

/// How `n` columns are cut into panels.
#[derive(Clone, Copy)]
pub(crate) struct Panels {
    pub n: usize,
    pub lanes: usize,
}

impl Panels {
    /// How many numbers a row takes with the zeros at its end.
    pub fn padded(self) -> usize {
        self.n.next_multiple_of(self.lanes)
    }

    /// The first column of each panel, and how many vectors it has: 4, the last one perhaps fewer.
    #[inline(always)]
    pub fn iter(self) -> impl Iterator<Item = (usize, usize)> {
        let num_vectors = self.n.div_ceil(self.lanes);
        (0..num_vectors).step_by(MAX_VECTORS).map(
            #[inline(always)]
            move |first| (first * self.lanes, MAX_VECTORS.min(num_vectors - first)),
        )
    }

    /// Writes `right` `[k, n]` to `to` `[k · padded]` in panels.
    pub fn pack(self, right: Matrix, k: usize, to: &mut [f32]) {
        if k == 0 {
            return;
        }
        let width = MAX_VECTORS * self.lanes;
        for_each_chunk(&mut to[..k * self.padded()], k * width, |panel, to| {
            let columns = width.min(self.n - panel * width);
            pack_panel(right, panel * width, columns, to, to.len() / k);
        });
    }
}

/// Fills a panel of rows of `width` numbers with the `columns` columns of `right` from `first`.
fn pack_panel(right: Matrix, first: usize, columns: usize, to: &mut [f32], width: usize) {
    let copy = if right.column_stride == 1 { copy_rows } else { transpose_columns };
    copy(right, first, columns, to, width);
}

/// Fills a panel of rows of `width` numbers from a matrix whose rows are dense.
fn copy_rows(right: Matrix, first: usize, columns: usize, to: &mut [f32], width: usize) {
    for (k, to) in to.chunks_exact_mut(width).enumerate() {
        to[..columns].copy_from_slice(&right.data[k * right.row_stride + first..][..columns]);
        to[columns..].fill(0.0);
    }
}

/// Fills a panel of rows of `width` numbers from a matrix whose columns are dense.
fn transpose_columns(right: Matrix, first: usize, columns: usize, to: &mut [f32], width: usize) {
    /// Rows written at a time: few enough that they stay in the first cache while all columns are visited.
    const HEIGHT: usize = 16;
    for (block, to) in to.chunks_mut(HEIGHT * width).enumerate() {
        let height = to.len() / width;
        for column in 0..columns {
            let start = (first + column) * right.column_stride + block * HEIGHT;
            let from = &right.data[start..][..height];
            to.iter_mut().skip(column).step_by(width).zip(from).for_each(|(to, &from)| *to = from);
        }
        to.chunks_exact_mut(width).for_each(|row| row[columns..].fill(0.0));
    }
}
