//! The innermost loop of every product: a tile of rows × vectors that stays in registers.
//!
//! For each k in increasing order, every element of the tile takes one fused multiply-add,
//!
//! ```text
//! sums[r][v] ← left(r, k) · right(k, v) + sums[r][v]
//! ```
//!
//! so an element is the same chain, whatever the size of the tile and wherever the sums over k are interrupted.
//!
//! Code for an instruction set must be inlined into the one function that is compiled for it. Loops that contain
//! such code therefore run over iterators and are not handed as closures to other functions.

mod operands;
#[cfg(test)]
mod tests;

pub(crate) use operands::{
    Blocks, CONSECUTIVE, DenseRows, GateRows, LeftRows, Panel, PanelNumber, RightVectors, Row, Segments,
    ShortBlocks, TileRows, VectorsOfTwo,
};

use crate::simd::{BitOps, FloatOps, Isa, Kernel, NumOps, load_first};

/// How many vectors the widest tile has side by side: the four gates of the LSTM.
pub(crate) const MAX_VECTORS: usize = 4;

/// How many rows the highest tile has.
pub(crate) const MAX_ROWS: usize = 6;

/// The sums of a tile, between the loops over k.
pub(crate) type Sums<V> = [[V; MAX_VECTORS]; MAX_ROWS];

/// The first element and the number of elements of each part, when `len` elements are cut into parts of nearly
/// equal size, at most `max_len`.
#[inline(always)]
pub(crate) fn parts(len: usize, max_len: usize) -> impl Iterator<Item = (usize, usize)> {
    let num_parts = len.div_ceil(max_len);
    (0..num_parts).map(
        #[inline(always)]
        move |part| {
            let first = part * len / num_parts;
            (first, (part + 1) * len / num_parts - first)
        },
    )
}

/// Continues the sums of `rows` rows, at most `AT_MOST`, and of so many vectors over the segments.
#[inline(always)]
pub(crate) fn multiply_vectors<I: Isa, const AT_MOST: usize>(
    isa: I,
    sums: &mut Sums<I::F32>,
    rows: usize,
    vectors: usize,
    segments: impl Segments,
) {
    match vectors {
        1 => multiply_rows::<I, AT_MOST, 1, 1>(isa, sums, rows, 0, segments),
        2 => multiply_rows::<I, AT_MOST, 2, 2>(isa, sums, rows, 0, segments),
        3 => multiply_three::<I, AT_MOST, 3>(isa, sums, rows, 0, segments),
        _ => multiply_four::<I, _, AT_MOST>(isa, sums, rows, segments),
    }
}

/// [`multiply_vectors`] for four.
#[inline(always)]
pub(crate) fn multiply_four<I: Isa, S: Segments, const AT_MOST: usize>(
    isa: I,
    sums: &mut Sums<I::F32>,
    rows: usize,
    segments: S,
) {
    if has_32_registers(isa) {
        return multiply_rows::<I, AT_MOST, 4, 4>(isa, sums, rows, 0, segments);
    }
    // In 16 registers six rows go with two vectors: read twice, each left factor is used as often as it can be. Three rows or
    // fewer have too few chains of additions in two vectors; but three rows with a factor for each vector need the registers.
    match rows {
        1 => isa.call(Tile::<I, _, 1, 4, 4> { sums, first: 0, segments }),
        2 => isa.call(Tile::<I, _, 2, 4, 4> { sums, first: 0, segments }),
        3 if <S::Left as LeftRows>::IS_SHARED => isa.call(Tile::<I, _, 3, 4, 4> { sums, first: 0, segments }),
        _ => {
            for first in [0, 2] {
                multiply_rows::<I, AT_MOST, 2, 4>(isa, sums, rows, first, segments);
            }
        }
    }
}

/// Whether there are 32 vector registers, and not 16.
#[inline(always)]
pub(crate) fn has_32_registers<I: Isa>(isa: I) -> bool {
    isa.f32().len() == 16 || cfg!(target_arch = "aarch64")
}

/// [`multiply_vectors`] for the three vectors from `first` of W.
#[inline(always)]
pub(crate) fn multiply_three<I: Isa, const AT_MOST: usize, const W: usize>(
    isa: I,
    sums: &mut Sums<I::F32>,
    rows: usize,
    first: usize,
    segments: impl Segments,
) {
    // Three vectors of four rows, with those of the right operand and a factor, would fill 16 registers to the last one; then
    // the compiler keeps a sum in memory.
    if rows <= MAX_ROWS_OF_THREE || has_32_registers(isa) {
        return multiply_rows::<I, AT_MOST, 3, W>(isa, sums, rows, first, segments);
    }
    multiply_rows::<I, AT_MOST, 2, W>(isa, sums, rows, first, segments);
    multiply_rows::<I, AT_MOST, 1, W>(isa, sums, rows, first + 2, segments);
}

/// How many rows three vectors go with in 16 registers: their nine chains of additions are enough.
pub(crate) const MAX_ROWS_OF_THREE: usize = 3;

/// [`multiply_vectors`] for the `count` vectors from `first` of four.
#[inline(always)]
pub(crate) fn multiply_some_of_four<I: Isa, const AT_MOST: usize>(
    isa: I,
    sums: &mut Sums<I::F32>,
    rows: usize,
    (first, count): (usize, usize),
    segments: impl Segments,
) {
    match count {
        1 => multiply_rows::<I, AT_MOST, 1, 4>(isa, sums, rows, first, segments),
        2 => multiply_rows::<I, AT_MOST, 2, 4>(isa, sums, rows, first, segments),
        3 => multiply_three::<I, AT_MOST, 4>(isa, sums, rows, first, segments),
        _ => multiply_four::<I, _, AT_MOST>(isa, sums, rows, segments),
    }
}

/// Continues the sums of one row and of the V vectors of each of two panels over all k of `left`.
///
/// A row alone has only V chains of additions, too few to keep the adders busy; two panels have twice as many.
#[inline(always)]
pub(crate) fn multiply_row<I: Isa, const V: usize>(
    isa: I,
    sums: &mut [[I::F32; MAX_VECTORS]; 2],
    left: &[f32],
    right: [Panel<impl PanelNumber>; 2],
) {
    let ops = isa.f32();
    let mut tile = *sums;
    // `map` of arrays is not inlined everywhere, and then costs as much as some rows.
    let rows = right[0].rows::<_, V>(isa);
    let next_rows = right[1].rows::<_, V>(isa);
    for ((&factor, row), next_row) in left.iter().zip(rows).zip(next_rows) {
        let factor = ops.splat(factor);
        for ((sums, panel), row) in tile.iter_mut().zip(right).zip([row, next_row]) {
            let vectors = panel.at::<_, V>(isa, row, 0);
            for (sum, vector) in sums.iter_mut().zip(vectors) {
                *sum = ops.mul_add(factor, vector, *sum);
            }
        }
    }
    *sums = tile;
}

/// The V vectors from `first` of W vectors.
#[inline(always)]
fn multiply_rows<I: Isa, const AT_MOST: usize, const V: usize, const W: usize>(
    isa: I,
    sums: &mut Sums<I::F32>,
    rows: usize,
    first: usize,
    segments: impl Segments,
) {
    match rows {
        1 => isa.call(Tile::<I, _, 1, V, W> { sums, first, segments }),
        2 => isa.call(Tile::<I, _, 2, V, W> { sums, first, segments }),
        _ if AT_MOST == 2 => unreachable!("tiles have at most two rows here"),
        3 => isa.call(Tile::<I, _, 3, V, W> { sums, first, segments }),
        4 => isa.call(Tile::<I, _, 4, V, W> { sums, first, segments }),
        5 => isa.call(Tile::<I, _, 5, V, W> { sums, first, segments }),
        _ => isa.call(Tile::<I, _, 6, V, W> { sums, first, segments }),
    }
}

/// The loop over k for R rows, and the V vectors from `first` of W.
///
/// In a function of its own it has the registers to itself, and the call is a small part of a loop.
struct Tile<'a, I: Isa, S, const R: usize, const V: usize, const W: usize> {
    sums: &'a mut Sums<I::F32>,
    first: usize,
    segments: S,
}

impl<I: Isa, S: Segments, const R: usize, const V: usize, const W: usize> Kernel<I>
    for Tile<'_, I, S, R, V, W>
{
    #[inline(always)]
    fn eval(self, isa: I) {
        let Self { sums, first, segments } = self;
        let ops = isa.f32();
        let mut tile = [[ops.zero(); V]; R];
        for (tile, sums) in tile.iter_mut().zip(&*sums) {
            tile.copy_from_slice(&sums[first..first + V]);
        }
        for n in 0..segments.count() {
            let (left, right, len) = segments.segment(n);
            let left = left.rows::<R>(len);
            for (k, right_row) in (0..len).zip(right.rows::<_, W>(isa)) {
                let vectors = right.at::<_, V>(isa, right_row, first);
                match R < V && <S::Left as LeftRows>::IS_SHARED {
                    true => add_by_vectors(isa, &mut tile, &left, k, vectors),
                    false => add_by_rows(isa, &mut tile, &left, (first, k), vectors),
                }
            }
        }
        for (tile, sums) in tile.iter().zip(sums) {
            sums[first..first + V].copy_from_slice(tile);
        }
    }
}

/// Row by row: V vectors and one factor at a time leave most registers to the sums.
#[inline(always)]
fn add_by_rows<I: Isa, const R: usize, const V: usize>(
    isa: I,
    tile: &mut [[I::F32; V]; R],
    left: &impl Row,
    (first, k): (usize, usize),
    vectors: [I::F32; V],
) {
    let ops = isa.f32();
    for (row, sums) in tile.iter_mut().enumerate() {
        for v in 0..V {
            sums[v] = ops.mul_add(ops.splat(left.at(row, first + v, k)), vectors[v], sums[v]);
        }
    }
}

/// Vector by vector, where all vectors share the factors of the rows: of fewer rows than vectors these take fewer registers.
#[inline(always)]
fn add_by_vectors<I: Isa, const R: usize, const V: usize>(
    isa: I,
    tile: &mut [[I::F32; V]; R],
    left: &impl Row,
    k: usize,
    vectors: [I::F32; V],
) {
    let ops = isa.f32();
    let mut factors = [ops.zero(); R];
    for (row, factor) in factors.iter_mut().enumerate() {
        *factor = ops.splat(left.at(row, 0, k));
    }
    for (v, vector) in vectors.into_iter().enumerate() {
        for (sums, &factor) in tile.iter_mut().zip(&factors) {
            sums[v] = ops.mul_add(factor, vector, sums[v]);
        }
    }
}

/// Fills the vectors of `to` with what starts at each number `from`, with zeros where it ends.
#[inline(always)]
pub(crate) fn load_row<O: FloatOps<f32>>(ops: O, from: &[f32], to: &mut [O::Simd]) {
    for (v, to) in to.iter_mut().enumerate() {
        *to = load_first(ops, &from[from.len().min(v * ops.len())..]);
    }
}
