//! Batches of a CSV file that may be larger than memory.

use std::path::{Path, PathBuf};

use super::collect::Collected;
use super::shuffle_buffer::ShuffleBuffer;
use super::{Batch, Dataset, ReadAhead};
use crate::error::{Error, Result};

mod rows;
mod windows;

use rows::Rows;
use windows::Windows;

/// How a CSV file becomes batches; [`open`](Self::open) begins to read.
///
/// A row is a sample, or a step in time: with `sequence_length` a sample is a window of so many rows. The file is read row
/// by row on a thread, so that only some batches, a window and the shuffle buffer are in memory.
///
/// ```
/// use gatewise::data::{CsvDataset, Dataset};
///
/// let path = std::env::temp_dir().join("gatewise-doc-load.csv");
/// std::fs::write(&path, "day,temperature,load\n1,3.5,10\n2,4.0,11\n3,5.0,13\n4,4.5,12\n5,6,14\n").unwrap();
///
/// // Windows of three days, and the load of the day after each.
/// let mut dataset = CsvDataset::new(&path, ["temperature", "load"])
///     .targets(["load"])
///     .sequence_length(3)
///     .target_offset(1)
///     .open()?;
/// dataset.start(0)?;
/// let batch = dataset.next_batch()?.expect("there are five days");
/// let (x, y) = (batch.x.arrays().next().unwrap(), batch.y.arrays().next().unwrap());
/// assert_eq!((x.shape(), y.shape()), (&[2, 3, 2][..], &[2, 1][..]));
/// assert_eq!(y.iter().copied().collect::<Vec<f32>>(), [12.0, 14.0]);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct CsvDataset {
    path: PathBuf,
    features: Vec<Column>,
    targets: Vec<Column>,
    has_header: bool,
    delimiter: u8,
    batch_size: usize,
    sequence_length: Option<usize>,
    sequence_stride: usize,
    target_offset: usize,
    shuffle_buffer: usize,
    seed: u64,
    read_ahead: usize,
}

/// A column of a CSV file: its name in the header, or its number from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// By the name in the header.
    Name(String),
    /// By its number, from 0.
    Number(usize),
}

impl From<&str> for Column {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for Column {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<usize> for Column {
    fn from(number: usize) -> Self {
        Self::Number(number)
    }
}

impl CsvDataset {
    /// Inputs from these columns of a file, in this order.
    pub fn new<C: Into<Column>>(path: impl AsRef<Path>, features: impl IntoIterator<Item = C>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            features: features.into_iter().map(Into::into).collect(),
            targets: Vec::new(),
            has_header: true,
            delimiter: b',',
            batch_size: 32,
            sequence_length: None,
            sequence_stride: 1,
            target_offset: 0,
            shuffle_buffer: 0,
            seed: 0,
            read_ahead: 2,
        }
    }

    /// Targets from these columns (default: none, for predictions).
    pub fn targets<C: Into<Column>>(mut self, targets: impl IntoIterator<Item = C>) -> Self {
        self.targets = targets.into_iter().map(Into::into).collect();
        self
    }

    /// Says that the first line is data; columns are given by their numbers then.
    pub fn without_header(mut self) -> Self {
        self.has_header = false;
        self
    }

    /// What separates cells (default: a comma).
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// Samples in a batch (default 32).
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// Rows in a window (default: a row is a sample without an axis of time).
    pub fn sequence_length(mut self, rows: usize) -> Self {
        self.sequence_length = Some(rows);
        self
    }

    /// Rows from the start of a window to the start of the next (default 1).
    pub fn sequence_stride(mut self, rows: usize) -> Self {
        self.sequence_stride = rows;
        self
    }

    /// How many rows after the last of a window its targets are (default 0: in the last row).
    pub fn target_offset(mut self, rows: usize) -> Self {
        self.target_offset = rows;
        self
    }

    /// Samples that are held in memory, of which a random one is next (default 0: in the order of the file). A sample comes
    /// by at most so many places earlier than in the file.
    pub fn shuffle_buffer(mut self, samples: usize) -> Self {
        self.shuffle_buffer = samples;
        self
    }

    /// The seed of the order (default 0); every pass has another order.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Batches that the reading thread may have waiting (default 2).
    pub fn read_ahead(mut self, batches: usize) -> Self {
        self.read_ahead = batches;
        self
    }

    /// Looks for the columns and gives the batches: inputs `[batch, features]` or `[batch, sequence_length, features]`,
    /// targets `[batch, targets]`. Cells are read while it is used.
    ///
    /// # Errors
    /// If an argument is 0, a column is not in the file, or the file cannot be read.
    pub fn open(&self) -> Result<ReadAhead<CsvBatches>> {
        for (name, value) in [
            ("sequence_length", self.sequence_length.unwrap_or(1)),
            ("sequence_stride", self.sequence_stride),
        ] {
            if value == 0 {
                return Err(Error::argument("CsvDataset", format!("`{name}` must be at least 1, got 0")));
            }
        }
        if self.features.is_empty() {
            return Err(Error::argument("CsvDataset", "expected at least one column of features, got none"));
        }
        let rows = Rows::open(self)?;
        let windows = Windows::new(rows, self);
        let shuffle = ShuffleBuffer::new(self.shuffle_buffer, self.seed);
        let batches = Collected::new("CsvDataset", windows, self.batch_size, shuffle)?;
        Ok(ReadAhead::new(CsvBatches(batches), self.read_ahead))
    }
}

/// Batches of a CSV file, from [`CsvDataset::open`].
pub struct CsvBatches(Collected);

impl Dataset for CsvBatches {
    fn start(&mut self, pass: usize) -> Result<()> {
        self.0.start(pass)
    }

    fn next_batch(&mut self) -> Result<Option<Batch>> {
        self.0.next_batch()
    }
}

#[cfg(test)]
mod tests;
