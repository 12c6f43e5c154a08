//! Which samples of a chunk use a step, in groups for the tiles of a product.

use std::ops::Range;

use crate::simd::Isa;
use crate::tile::{MAX_ROWS, has_32_registers};

/// How many tiles of rows go through a block of units before the activations are applied.
const MAX_GROUPS: usize = 4;

/// How many rows these are at most.
pub(crate) const MAX_ROWS_OF_BLOCK: usize = MAX_GROUPS * MAX_ROWS;

/// The samples of a chunk at one time of the input.
#[derive(Clone, Copy)]
pub(crate) struct UsedRows<'a> {
    /// `[B, T]`, see [`Inputs::mask`](super::Inputs::mask).
    mask: Option<&'a [f32]>,
    steps: usize,
    /// The number of the first sample in the batch, and how many the chunk has.
    pub first: usize,
    pub count: usize,
    pub time: usize,
    /// Row r uses the step if bit r is set, in a chunk of no more rows than there are bits: a mask has all steps of a sample
    /// side by side, so that those of a step are far apart.
    bits: u64,
}

/// Some rows that share a tile.
#[derive(Clone, Copy, Default)]
pub(crate) struct RowGroup {
    /// How many used rows come before the first one.
    pub rank: usize,
    pub rows: usize,
    /// The rows in the chunk; as many as `rows` have a meaning.
    pub index: [usize; MAX_ROWS],
}

/// Rows that go through a block of units together.
#[derive(Default)]
pub(crate) struct RowsOfBlock {
    groups: [RowGroup; MAX_GROUPS],
    num_groups: usize,
    /// How many rows there are.
    pub count: usize,
}

impl RowsOfBlock {
    /// The next of the groups, as many as go together, if any are left.
    #[inline(always)]
    pub fn take(groups: &mut impl Iterator<Item = RowGroup>) -> Option<Self> {
        let mut rows = Self::default();
        for group in groups.take(MAX_GROUPS) {
            rows.count += group.rows;
            rows.groups[rows.num_groups] = group;
            rows.num_groups += 1;
        }
        (rows.num_groups > 0).then_some(rows)
    }

    /// The tiles, and the number of the first row of each among these rows.
    #[inline(always)]
    pub fn groups(&self) -> impl Iterator<Item = (usize, &RowGroup)> {
        let mut next = 0;
        self.groups[..self.num_groups].iter().map(
            #[inline(always)]
            move |group| {
                let first = next;
                next += group.rows;
                (first, group)
            },
        )
    }
}

impl<'a> UsedRows<'a> {
    /// The `count` samples from number `first`.
    #[inline(always)]
    pub fn new(mask: Option<&'a [f32]>, steps: usize, (first, count): (usize, usize), time: usize) -> Self {
        let mut rows = Self { mask, steps, first, count, time, bits: 0 };
        if let (Some(mask), true) = (mask, rows.has_bits()) {
            for row in 0..count {
                rows.bits |= u64::from(mask[(first + row) * steps + time] != 0.0) << row;
            }
        }
        rows
    }

    /// The same rows at another time of the input.
    #[inline(always)]
    pub fn at(self, time: usize) -> Self {
        Self::new(self.mask, self.steps, (self.first, self.count), time)
    }

    #[inline(always)]
    fn has_bits(&self) -> bool {
        self.count <= u64::BITS as usize
    }

    /// Whether there is a mask.
    #[inline(always)]
    pub fn are_masked(&self) -> bool {
        self.mask.is_some()
    }

    /// Whether the step is used for a row.
    #[inline(always)]
    pub fn contains(&self, row: usize) -> bool {
        match self.mask {
            None => true,
            Some(_) if self.has_bits() => self.bits >> row & 1 == 1,
            Some(mask) => mask[(self.first + row) * self.steps + self.time] != 0.0,
        }
    }

    /// How many rows use the step.
    #[inline(always)]
    pub fn len(&self) -> usize {
        match self.mask {
            None => self.count,
            Some(_) if self.has_bits() => self.bits.count_ones() as usize,
            Some(_) => (0..self.count).filter(|&row| self.contains(row)).count(),
        }
    }

    /// Whether no row uses the step.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row that uses the step, if there is no other.
    #[inline(always)]
    pub fn only(&self) -> Option<usize> {
        let is_alone = self.len() == 1;
        self.iter().next().filter(|_| is_alone)
    }

    /// The rows that use the step, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.count).filter(|&row| self.contains(row))
    }

    /// The ranges of rows that use the step, each as long as can be, and how many used rows come before.
    #[inline(always)]
    pub fn ranges(self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let (mut rank, mut next) = (0, 0);
        std::iter::from_fn(
            #[inline(always)]
            move || {
                let is_used = |row: &usize| self.contains(*row);
                let start = (next..self.count).find(is_used)?;
                let end = match self.mask {
                    None => self.count,
                    Some(_) => (start..self.count).find(|row| !is_used(row)).unwrap_or(self.count),
                };
                let before = rank;
                (rank, next) = (rank + end - start, end);
                Some((before, start..end))
            },
        )
    }

    /// The rows that use the step, in as few groups of at most `max_rows` as can be.
    #[inline(always)]
    pub fn groups<I: Isa>(self, isa: I, max_rows: usize) -> impl Iterator<Item = RowGroup> {
        self.groups_of(
            #[inline(always)]
            move |left| first_group(isa, left, max_rows),
        )
    }

    /// The same in groups that differ by one row at most, for tiles of two vectors: those of two rows have too few chains of
    /// additions.
    #[inline(always)]
    pub fn even_groups(self, max_rows: usize) -> impl Iterator<Item = RowGroup> {
        self.groups_of(
            #[inline(always)]
            move |left| left / left.div_ceil(max_rows),
        )
    }

    /// The rows in groups of which the next one has as many rows as `num_rows` says of those that are left.
    #[inline(always)]
    fn groups_of(self, num_rows: impl Fn(usize) -> usize) -> impl Iterator<Item = RowGroup> {
        let (mut next, mut rank, len) = (0, 0, self.len());
        std::iter::from_fn(
            #[inline(always)]
            move || {
                if rank == len {
                    return None;
                }
                let rows = num_rows(len - rank);
                let first = rank;
                rank += rows;
                let mut index = [0; MAX_ROWS];
                for index in &mut index[..rows] {
                    while !self.contains(next) {
                        next += 1;
                    }
                    *index = next;
                    next += 1;
                }
                Some(RowGroup { rank: first, rows, index })
            },
        )
    }
}

/// How many of `left` rows the next group has: with 32 registers as many as the others. With 16 the highest tile is the
/// quickest one, so that it has what the others leave if they are full; but one row has few chains of additions, and four have
/// no more than two, which need fewer factors.
#[inline(always)]
fn first_group<I: Isa>(isa: I, left: usize, max_rows: usize) -> usize {
    let num_groups = left.div_ceil(max_rows);
    if has_32_registers(isa) || num_groups == 1 {
        return left / num_groups;
    }
    match left - (num_groups - 1) * max_rows {
        1 => 2.min(max_rows),
        4 if max_rows == MAX_ROWS => 5,
        rest => rest,
    }
}
