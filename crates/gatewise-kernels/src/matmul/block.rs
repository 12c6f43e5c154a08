//! A block of rows of a product: all its tiles, over a range of k.

use super::panels::Panels;
use crate::simd::{BitOps, Isa, SimdOp, run, store_first};
use crate::tile::{
    Blocks, DenseRows, LeftRows, MAX_ROWS, MAX_VECTORS, Panel, RightVectors, Sums, TileRows, load_row,
    multiply_four, multiply_one, parts,
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
                for (target, sums) in target.data[row * target.stride..].chunks(target.stride).zip(&mut sums)
                {
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
        match self.left {
            Left::Dense(left) => {
                let left = DenseRows { data: &left.data[row * left.stride..], ..left };
                match self.right {
                    Right::Packed { .. } => {
                        multiply(
                            isa,
                            sums,
                            (rows, vectors),
                            self.len,
                            left,
                            self.panel(isa, column, vectors),
                        );
                    }
                    Right::Dense(data) => {
                        let lanes = isa.f32().len();
                        let starts = [0, 1, 2, 3].map(|v| column + v * lanes);
                        let right = Blocks { data, stride: self.columns.n, starts };
                        multiply(isa, sums, (rows, vectors), self.len, left, right);
                    }
                }
            }
            Left::Packed(left) => {
                let left = TileRows(&left[row * self.len..][..rows * self.len]);
                multiply(isa, sums, (rows, vectors), self.len, left, self.panel(isa, column, vectors));
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

/// Continues the sums of a tile of `rows` rows and one vector or four.
#[inline(always)]
fn multiply<I: Isa>(
    isa: I,
    sums: &mut Sums<I::F32>,
    (rows, vectors): (usize, usize),
    len: usize,
    left: impl LeftRows,
    right: impl RightVectors,
) {
    let segment = [(left, right, len)];
    match vectors {
        1 => multiply_one::<I, MAX_ROWS>(isa, sums, rows, segment),
        _ => multiply_four::<I, _, MAX_ROWS>(isa, sums, rows, segment),
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
                let mut sums = block.first_sums(isa, &target, row, column);
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
