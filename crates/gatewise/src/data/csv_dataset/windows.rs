//! Windows of rows.

use std::collections::VecDeque;

use super::CsvDataset;
use super::rows::Rows;
use crate::data::collect::{Sample, Samples};
use crate::error::Result;

/// Samples of one row, or of a window of rows.
pub(super) struct Windows {
    rows: Rows,
    features: usize,
    length: usize,
    stride: usize,
    /// Rows after the last of a window in which its targets are.
    offset: usize,
    /// The rows from the start of the next window on.
    held: VecDeque<Vec<f32>>,
    /// Rows to leave out before the next window.
    skip: usize,
    shapes: [Option<Vec<usize>>; 3],
}

impl Windows {
    pub fn new(rows: Rows, options: &CsvDataset) -> Self {
        let (features, targets) = (options.features.len(), options.targets.len());
        let x = match options.sequence_length {
            Some(length) => vec![length, features],
            None => vec![features],
        };
        Self {
            rows,
            features,
            length: options.sequence_length.unwrap_or(1),
            stride: options.sequence_stride,
            offset: if targets == 0 { 0 } else { options.target_offset },
            held: VecDeque::new(),
            skip: 0,
            shapes: [Some(x), (targets > 0).then(|| vec![targets]), None],
        }
    }

    /// Takes one row in; false at the end of the file.
    fn take_row(&mut self) -> Result<bool> {
        let Some(row) = self.rows.next_row()? else { return Ok(false) };
        match self.skip {
            0 => self.held.push_back(row),
            _ => self.skip -= 1,
        }
        Ok(true)
    }
}

impl Samples for Windows {
    fn start(&mut self, _pass: usize) -> Result<()> {
        self.held.clear();
        self.skip = 0;
        self.rows.restart()
    }

    fn next_sample(&mut self) -> Result<Option<Sample>> {
        while self.held.len() < self.length + self.offset {
            if !self.take_row()? {
                return Ok(None);
            }
        }
        let features = self.held.iter().take(self.length).flat_map(|row| &row[..self.features]);
        let x = features.copied().collect();
        let y = self.held[self.length - 1 + self.offset][self.features..].to_vec();
        let passed = self.stride.min(self.held.len());
        self.held.drain(..passed);
        self.skip = self.stride - passed;
        Ok(Some([x, y, Vec::new()]))
    }

    fn shapes(&self) -> &[Option<Vec<usize>>; 3] {
        &self.shapes
    }

    fn num_samples(&self) -> Option<usize> {
        None
    }
}
