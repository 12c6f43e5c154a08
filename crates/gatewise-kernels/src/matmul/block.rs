//! A block of rows of a product: all its tiles, over a range of k.

use super::panels::Panels;
use crate::simd::{BitOps, Isa, SimdOp, run, store_first};
use crate::tile::{
    Blocks, DenseRows, MAX_ROWS, MAX_VECTORS, Panel, Sums, TileRows, load_row, multiply_vectors, parts,
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
    /// `[k, n]` over the range of k of the block, n a multiple of the lanes.
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
    /// Computes the block into `target`, on the current instruction set.
    pub fn run(self, target: Target) {
        run(BlockRun { block: self, target });
    }

    #[inline(always)]
    fn first_sums<I: Isa>(
        &self,
        isa: I,
        target: &Target,
        (row, rows): (usize, usize),
        (column, vectors): (usize, usize),
    ) -> Sums<I::F32> {
        let ops = isa.f32();
        let mut sums = [[ops.zero(); MAX_VECTORS]; MAX_ROWS];
        match self.start {
            Start::Zero => {}
            Start::Bias(bias) => {
                let mut first = [ops.zero(); MAX_VECTORS];
                load_row(ops, &bias[column..], &mut first[..vectors]);
                sums.fill(first);
            }
            Start::Target => {
                let rows_of_target = target.data[row * target.stride..].chunks(target.stride);
                for (target, sums) in rows_of_target.zip(&mut sums[..rows]) {
                    load_row(ops, &target[column..self.columns.n], &mut sums[..vectors]);
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
        match self.left {
            Left::Dense(left) => {
                let left = DenseRows { data: &left.data[row * left.stride..], ..left };
                match self.right {
                    Right::Packed { .. } => {
                        let segment = [(left, self.panel(isa, column, vectors), self.len)];
                        multiply_vectors::<I, MAX_ROWS>(isa, sums, rows, vectors, segment);
                    }
                    Right::Dense(data) => {
                        let lanes = isa.f32().len();
                        let starts = [0, 1, 2, 3].map(|v| column + v * lanes);
                        let right = Blocks { data, stride: self.columns.n, starts };
                        let segment = [(left, right, self.len)];
                        multiply_vectors::<I, MAX_ROWS>(isa, sums, rows, vectors, segment);
                    }
                }
            }
            Left::Packed(left) => {
                let left = TileRows(&left[row * self.len..][..rows * self.len]);
                let segment = [(left, self.panel(isa, column, vectors), self.len)];
                multiply_vectors::<I, MAX_ROWS>(isa, sums, rows, vectors, segment);
            }
        }
    }

    #[inline(always)]
    fn panel<I: Isa>(&self, isa: I, column: usize, vectors: usize) -> Panel<'_> {
        let Right::Packed { data, all_k, first_k } = self.right else {
            unreachable!("where the left operand is packed, the right one is packed, too");
        };
        let width = vectors * isa.f32().len();
        Panel(&data[column * all_k + first_k * width..][..self.len * width])
    }
}

/// A block on its way to an instruction set. All products but that of the forward step come through here, so that
/// the tiles are compiled once for each set.
struct BlockRun<'a> {
    block: Block<'a>,
    target: Target<'a>,
}

impl SimdOp for BlockRun<'_> {
    type Output = ();

    /// All tiles, panel by panel, so that a panel is read from near memory for all rows.
    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { block, target } = self;
        for (column, vectors) in block.columns.iter() {
            for (row, rows) in parts(target.rows, MAX_ROWS) {
                let mut sums = block.first_sums(isa, &target, (row, rows), (column, vectors));
                block.multiply(isa, &mut sums, (row, rows), (column, vectors));
                for (r, sums) in sums[..rows].iter().enumerate() {
                    let to = &mut target.data[(row + r) * target.stride..][column..block.columns.n];
                    for (to, &sum) in to.chunks_mut(isa.f32().len()).zip(&sums[..vectors]) {
                        store_first(isa.f32(), sum, to);
                    }
                }
            }
        }
    }
}
