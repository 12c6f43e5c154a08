//! A block of rows of a product: all its tiles, over a range of k.

use super::panels::Panels;
use crate::simd::{BitOps, Isa, store_first};
use crate::tile::{
    Blocks, DenseRows, MAX_ROWS, MAX_VECTORS, Panel, ShortBlocks, Sums, TileRows, load_row, multiply, parts,
};

/// The left operand of a block, over its range of k.
#[derive(Clone, Copy)]
pub(crate) enum Left<'a> {
    /// From the first row and the first k of the block.
    Dense(DenseRows<'a>),
    /// Tile by tile, `[k][rows of the tile]` each.
    Packed(&'a [f32]),
}

/// The right operand of a block.
#[derive(Clone, Copy)]
pub(crate) enum Right<'a> {
    /// In [`Panels`], over `all_k` of which the block takes those from `first_k`.
    Packed { data: &'a [f32], all_k: usize, first_k: usize },
    /// `[k, n]` over the range of k of the block.
    Dense(&'a [f32]),
}

/// What sums start from.
#[derive(Clone, Copy)]
pub(crate) enum Start<'a> {
    Zero,
    /// A number for each column.
    Bias(&'a [f32]),
    /// What the target holds.
    Target,
}

/// Rows of the result.
pub(crate) struct Target<'a> {
    /// Starts at the first row and column of the block.
    pub data: &'a mut [f32],
    pub stride: usize,
    pub rows: usize,
}

/// A block of rows over `len` values of k.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub left: Left<'a>,
    pub right: Right<'a>,
    pub columns: Panels,
    pub len: usize,
    pub start: Start<'a>,
}

impl Block<'_> {
    /// Computes all tiles of the block, panel by panel, so that a panel is read from near memory for all rows.
    #[inline(always)]
    pub fn run<I: Isa>(&self, isa: I, target: &mut Target) {
        for (column, vectors) in self.columns.iter() {
            for (row, rows) in parts(target.rows, MAX_ROWS) {
                let mut sums = self.first_sums(isa, target, row, column);
                self.multiply(isa, &mut sums, (row, rows), (column, vectors));
                for (r, sums) in sums[..rows].iter().enumerate() {
                    let to = &mut target.data[(row + r) * target.stride..][column..self.columns.n];
                    for (to, &sum) in to.chunks_mut(isa.f32().len()).zip(&sums[..vectors]) {
                        store_first(isa.f32(), sum, to);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn first_sums<I: Isa>(&self, isa: I, target: &Target, row: usize, column: usize) -> Sums<I::F32> {
        let ops = isa.f32();
        let mut sums = [[ops.zero(); MAX_VECTORS]; MAX_ROWS];
        match self.start {
            Start::Zero => {}
            Start::Bias(bias) => {
                for sums in &mut sums {
                    load_row(ops, &bias[column..], sums);
                }
            }
            Start::Target => {
                for (target, sums) in target.data[row * target.stride..].chunks(target.stride).zip(&mut sums) {
                    load_row(ops, &target[column..self.columns.n], sums);
                }
            }
        }
        sums
    }

    /// One tile.
    #[inline(always)]
    fn multiply<I: Isa>(
        &self,
        isa: I,
        sums: &mut Sums<I::F32>,
        (row, rows): (usize, usize),
        (column, vectors): (usize, usize),
    ) {
        let shape = (rows, vectors);
        match (self.left, self.right) {
            (Left::Dense(left), Right::Packed { .. }) => {
                let left = DenseRows { data: &left.data[row * left.stride..], ..left };
                multiply(isa, sums, shape, self.len, left, self.panel(isa, column, vectors));
            }
            (Left::Packed(left), Right::Packed { .. }) => {
                let left = TileRows(&left[row * self.len..][..rows * self.len]);
                multiply(isa, sums, shape, self.len, left, self.panel(isa, column, vectors));
            }
            (Left::Dense(left), Right::Dense(right)) => {
                let left = DenseRows { data: &left.data[row * left.stride..], ..left };
                self.multiply_in_place(isa, sums, shape, left, right, column);
            }
            (Left::Packed(_), Right::Dense(_)) => {
                unreachable!("where the left operand is packed, the right one is packed, too")
            }
        }
    }

    #[inline(always)]
    fn panel<I: Isa>(&self, isa: I, column: usize, vectors: usize) -> Panel<'_> {
        let Right::Packed { data, all_k, first_k } = self.right else {
            unreachable!("only a packed operand has panels")
        };
        let width = vectors * isa.f32().len();
        Panel(&data[column * all_k + first_k * width..][..self.len * width])
    }

    #[inline(always)]
    fn multiply_in_place<I: Isa>(
        &self,
        isa: I,
        sums: &mut Sums<I::F32>,
        shape: (usize, usize),
        left: DenseRows,
        right: &[f32],
        column: usize,
    ) {
        let (n, lanes) = (self.columns.n, isa.f32().len());
        let (mut starts, mut lens) = ([0; MAX_VECTORS], [0; MAX_VECTORS]);
        for v in 0..shape.1 {
            starts[v] = column + v * lanes;
            lens[v] = lanes.min(n - starts[v]);
        }
        let blocks = Blocks { data: right, stride: n, starts };
        if lens[shape.1 - 1] == lanes {
            multiply(isa, sums, shape, self.len, left, blocks);
        } else {
            multiply(isa, sums, shape, self.len, left, ShortBlocks { blocks, lens });
        }
    }
}
