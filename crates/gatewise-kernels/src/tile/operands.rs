//! Where the numbers of a tile come from.

use super::{MAX_ROWS, MAX_VECTORS};
use crate::bfloat16::{Pair, load_pairs};
use crate::simd::{BitOps, Elem, Isa, load, load_first};

/// The parts of the chains of a tile, one after the other: for each the rows of the left operand, the columns of the right
/// one, and how many values of k there are.
pub(crate) trait Segments: Copy {
    type Left: LeftRows;
    type Right: RightVectors;

    fn count(&self) -> usize;

    fn segment(&self, n: usize) -> (Self::Left, Self::Right, usize);
}

impl<L: LeftRows, R: RightVectors, const N: usize> Segments for [(L, R, usize); N] {
    type Left = L;
    type Right = R;

    #[inline(always)]
    fn count(&self) -> usize {
        N
    }

    #[inline(always)]
    fn segment(&self, n: usize) -> (L, R, usize) {
        self[n]
    }
}

/// The rows of the left operand that a tile starts at, over the range of k that it runs over.
pub(crate) trait LeftRows: Copy {
    /// Whether all vectors of the tile have the same factors, which are then read once for several of them.
    const IS_SHARED: bool = true;

    /// The first R rows, over `len` values of k: so long exactly, which spares the loop over k all checks.
    fn rows<const R: usize>(self, len: usize) -> impl Row;
}

/// Rows of the left operand.
pub(crate) trait Row {
    /// The factor of row `row` for the vector `vector` of the tile at `k`.
    fn at(&self, row: usize, vector: usize, k: usize) -> f32;
}

/// Rows that are dense along k: row number `index[r]` of the data, which starts at `index[r] · stride`, is row r.
#[derive(Clone, Copy)]
pub(crate) struct DenseRows<'a> {
    pub data: &'a [f32],
    pub stride: usize,
    pub index: [usize; MAX_ROWS],
}

/// The rows of a tile where they follow each other.
pub(crate) const CONSECUTIVE: [usize; MAX_ROWS] = [0, 1, 2, 3, 4, 5];

impl LeftRows for DenseRows<'_> {
    #[inline(always)]
    fn rows<const R: usize>(self, len: usize) -> impl Row {
        let mut rows: [&[f32]; R] = [&[]; R];
        for (row, &r) in rows.iter_mut().zip(&self.index) {
            *row = &self.data[r * self.stride..][..len];
        }
        rows
    }
}

impl<const R: usize> Row for [&[f32]; R] {
    #[inline(always)]
    fn at(&self, row: usize, _vector: usize, k: usize) -> f32 {
        self[row][k]
    }
}

/// Rows of their own for each vector of the tile: those of vector v start `v · distance` further.
#[derive(Clone, Copy)]
pub(crate) struct GateRows<'a> {
    pub rows: DenseRows<'a>,
    pub distance: usize,
}

impl LeftRows for GateRows<'_> {
    const IS_SHARED: bool = false;

    #[inline(always)]
    fn rows<const R: usize>(self, len: usize) -> impl Row {
        let mut gates: [[&[f32]; R]; MAX_VECTORS] = [[&[]; R]; MAX_VECTORS];
        for (gate, rows) in gates.iter_mut().enumerate() {
            for (row, &r) in rows.iter_mut().zip(&self.rows.index) {
                // Vectors beyond those of the tile may have no rows; these are any, and nobody reads them.
                let start = gate * self.distance + r * self.rows.stride;
                *row = &self.rows.data[start.min(self.rows.data.len() - len)..][..len];
            }
        }
        gates
    }
}

impl<const R: usize> Row for [[&[f32]; R]; MAX_VECTORS] {
    #[inline(always)]
    fn at(&self, row: usize, vector: usize, k: usize) -> f32 {
        self[vector][row][k]
    }
}

/// Exactly the rows of the tile, side by side for each k, `[k][rows]`.
#[derive(Clone, Copy)]
pub(crate) struct TileRows<'a>(pub &'a [f32]);

impl LeftRows for TileRows<'_> {
    #[inline(always)]
    fn rows<const R: usize>(self, len: usize) -> impl Row {
        &self.0.as_chunks::<R>().0[..len]
    }
}

impl<const R: usize> Row for &[[f32; R]] {
    #[inline(always)]
    fn at(&self, row: usize, _vector: usize, k: usize) -> f32 {
        self[k][row]
    }
}

/// The columns of the right operand that a tile of W vectors covers, over the range of k that it runs over.
pub(crate) trait RightVectors: Copy {
    /// Where the vectors of the tile lie for one k.
    type Row: Copy;

    /// For each k, the row that the vectors of the tile lie in.
    fn rows<I: Isa, const W: usize>(self, isa: I) -> impl Iterator<Item = Self::Row>;

    /// The V vectors from the vector `first` of the tile, of one such row.
    fn at<I: Isa, const V: usize>(&self, isa: I, row: Self::Row, first: usize) -> [I::F32; V];
}

/// Exactly the vectors of the tile, side by side for each k, `[k][vectors / N::VECTORS][lanes]`.
#[derive(Clone, Copy)]
pub(crate) struct Panel<'p, N = f32>(pub &'p [N]);

/// What a panel is stored as.
pub(crate) trait PanelNumber: Elem + Send + Sync {
    /// How many vectors that follow each other share a stored one.
    const VECTORS: usize;

    /// The V vectors from the vector `first` of a row; both are multiples of `VECTORS`.
    fn vectors<I: Isa, const V: usize>(isa: I, row: &[Self], first: usize) -> [I::F32; V];

    /// One vector of a row.
    fn vector<I: Isa>(isa: I, row: &[Self], number: usize) -> I::F32;
}

impl PanelNumber for f32 {
    const VECTORS: usize = 1;

    #[inline(always)]
    fn vectors<I: Isa, const V: usize>(isa: I, row: &[f32], first: usize) -> [I::F32; V] {
        let ops = isa.f32();
        let mut vectors = [ops.zero(); V];
        for (v, vector) in vectors.iter_mut().enumerate() {
            *vector = load(ops, &row[(first + v) * ops.len()..]);
        }
        vectors
    }

    #[inline(always)]
    fn vector<I: Isa>(isa: I, row: &[f32], number: usize) -> I::F32 {
        load(isa.f32(), &row[number * isa.f32().len()..])
    }
}

impl PanelNumber for Pair {
    const VECTORS: usize = 2;

    #[inline(always)]
    fn vectors<I: Isa, const V: usize>(isa: I, row: &[Pair], first: usize) -> [I::F32; V] {
        let ops = isa.f32();
        let mut vectors = [ops.zero(); V];
        for (v, two) in vectors.as_chunks_mut().0.iter_mut().enumerate() {
            *two = load_pairs(isa, &row[(first / 2 + v) * ops.len()..]);
        }
        vectors
    }

    #[inline(always)]
    fn vector<I: Isa>(isa: I, row: &[Pair], number: usize) -> I::F32 {
        let [even, odd] = load_pairs(isa, &row[number / 2 * isa.f32().len()..]);
        if number.is_multiple_of(2) { even } else { odd }
    }
}

impl<'p, N: PanelNumber> RightVectors for Panel<'p, N> {
    type Row = &'p [N];

    #[inline(always)]
    fn rows<I: Isa, const W: usize>(self, isa: I) -> impl Iterator<Item = Self::Row> {
        self.0.chunks_exact(W / N::VECTORS * isa.f32().len())
    }

    #[inline(always)]
    fn at<I: Isa, const V: usize>(&self, isa: I, row: &'p [N], first: usize) -> [I::F32; V] {
        N::vectors(isa, row, first)
    }
}

/// Vectors of two panels of four vectors each, by turns: a tile has two vectors of both.
#[derive(Clone, Copy)]
pub(crate) struct VectorsOfTwo<'p, N> {
    pub panels: [Panel<'p, N>; 2],
    /// The first of the two vectors of each.
    pub first: usize,
}

impl<'p, N: PanelNumber> RightVectors for VectorsOfTwo<'p, N> {
    type Row = (&'p [N], &'p [N]);

    #[inline(always)]
    fn rows<I: Isa, const W: usize>(self, isa: I) -> impl Iterator<Item = Self::Row> {
        let [first, second] = self.panels;
        first.rows::<I, MAX_VECTORS>(isa).zip(second.rows::<I, MAX_VECTORS>(isa))
    }

    #[inline(always)]
    fn at<I: Isa, const V: usize>(&self, isa: I, row: Self::Row, first: usize) -> [I::F32; V] {
        debug_assert!(first.is_multiple_of(2) && V <= 2, "one vector of each panel at most");
        let mut vectors = [isa.f32().zero(); V];
        for (vector, row) in vectors.iter_mut().zip([row.0, row.1]) {
            *vector = N::vector(isa, row, self.first + first / 2);
        }
        vectors
    }
}

/// Whole vectors of dense rows, wherever they lie in the row.
#[derive(Clone, Copy)]
pub(crate) struct Blocks<'p> {
    /// `[k][stride]`
    pub data: &'p [f32],
    pub stride: usize,
    /// Where each vector starts in the row.
    pub starts: [usize; MAX_VECTORS],
}

impl<'p> RightVectors for Blocks<'p> {
    type Row = &'p [f32];

    #[inline(always)]
    fn rows<I: Isa, const W: usize>(self, _isa: I) -> impl Iterator<Item = Self::Row> {
        self.data.chunks_exact(self.stride)
    }

    #[inline(always)]
    fn at<I: Isa, const V: usize>(&self, isa: I, row: &'p [f32], first: usize) -> [I::F32; V] {
        let ops = isa.f32();
        let mut vectors = [ops.zero(); V];
        for (vector, &start) in vectors.iter_mut().zip(&self.starts[first..]) {
            *vector = load(ops, &row[start..]);
        }
        vectors
    }
}

/// Blocks of dense rows, filled up with zeros to whole vectors.
#[derive(Clone, Copy)]
pub(crate) struct ShortBlocks<'p> {
    pub blocks: Blocks<'p>,
    /// How long each block is, at most a vector.
    pub lens: [usize; MAX_VECTORS],
}

impl<'p> RightVectors for ShortBlocks<'p> {
    type Row = &'p [f32];

    #[inline(always)]
    fn rows<I: Isa, const W: usize>(self, isa: I) -> impl Iterator<Item = Self::Row> {
        self.blocks.rows::<I, W>(isa)
    }

    #[inline(always)]
    fn at<I: Isa, const V: usize>(&self, isa: I, row: &'p [f32], first: usize) -> [I::F32; V] {
        let ops = isa.f32();
        let mut vectors = [ops.zero(); V];
        for (v, vector) in vectors.iter_mut().enumerate() {
            *vector = load_first(ops, &row[self.blocks.starts[first + v]..][..self.lens[first + v]]);
        }
        vectors
    }
}
