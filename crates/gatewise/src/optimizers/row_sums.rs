//! The rows of a table that a gradient names, each once, with their sums.

use std::ops::Range;

/// No place among the sums.
const NOWHERE: u32 = u32::MAX;

/// Sums of rows of a table `[rows, width]`; its other rows are 0.
#[derive(Debug, Default)]
pub(super) struct RowSums {
    width: usize,
    /// For every row of the table, where its sum is.
    places: Vec<u32>,
    /// The rows in the order of their sums.
    rows: Vec<usize>,
    sums: Vec<f32>,
}

impl RowSums {
    /// Adds up rows of the same number, in their order, each sum beginning with 0 as in a whole table.
    pub(super) fn take(&mut self, shape: &[usize], ids: &[f32], values: &[f32]) {
        self.width = shape.last().copied().unwrap_or(1).max(1);
        self.places.resize(shape.first().copied().unwrap_or(0), NOWHERE);
        self.rows.drain(..).for_each(|row| self.places[row] = NOWHERE);
        self.sums.clear();
        for (id, row) in ids.iter().zip(values.chunks_exact(self.width)) {
            let place = &mut self.places[*id as usize];
            if *place == NOWHERE {
                *place = self.rows.len() as u32;
                self.rows.push(*id as usize);
                self.sums.extend(row.iter().map(|value| 0.0 + value));
            } else {
                let sums = &mut self.sums[*place as usize * self.width..][..self.width];
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
        }
    }

    /// The number of rows that are not known to be 0.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Where the numbers of such a row are in the table.
    pub(super) fn range(&self, index: usize) -> Range<usize> {
        let start = self.rows[index] * self.width;
        start..start + self.width
    }

    /// The numbers of the whole table.
    pub(super) fn table_len(&self) -> usize {
        self.places.len() * self.width
    }

    /// The position of the first number of each such row in the table, and its sum, in the order of the table.
    pub(super) fn ascending(&self) -> impl Iterator<Item = (usize, &[f32])> {
        let named = self.places.iter().enumerate().filter(|(_, place)| **place != NOWHERE);
        named.map(|(row, place)| (row * self.width, &self.sums[*place as usize * self.width..][..self.width]))
    }

    /// Writes a part of the whole table.
    pub(super) fn write(&self, range: Range<usize>, part: &mut [f32]) {
        part.fill(0.0);
        for row in range.start / self.width..range.end.div_ceil(self.width) {
            let place = self.places[row];
            if place != NOWHERE {
                let start = row * self.width;
                let (from, to) = (range.start.max(start), range.end.min(start + self.width));
                let sum = &self.sums[place as usize * self.width..][from - start..to - start];
                part[from - range.start..to - range.start].copy_from_slice(sum);
            }
        }
    }
}

#[cfg(test)]
mod tests;
