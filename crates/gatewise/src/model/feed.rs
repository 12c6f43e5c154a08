//! Where the batches of a training or an evaluation come from.

use smallvec::SmallVec;

use super::batches::{Dataset, ranges};
use super::fit::Shuffle;
use crate::error::Result;
use crate::few::Few;
use crate::random::RandomKey;

/// The sizes of an array; as many as arrays of sequences have need no memory of their own.
pub(super) type Sizes = SmallVec<[usize; 4]>;

/// An array as a program is given it: row-major numbers.
#[derive(Debug, Clone)]
pub(super) struct View<'a> {
    pub shape: Sizes,
    pub data: &'a [f32],
}

/// The arrays of a batch, in the order of the model's inputs and targets.
#[derive(Debug, Clone, Default)]
pub(super) struct BatchView<'a> {
    pub x: Few<View<'a>>,
    pub y: Few<View<'a>>,
    /// None, or one for each target.
    pub sample_weight: Few<View<'a>>,
}

/// Batches, one after another, pass after pass through the data.
pub(super) trait Feed {
    /// Batches in a pass, if that is known.
    fn num_batches(&self) -> Option<usize>;

    /// Samples in a pass, if that is known.
    fn num_samples(&self) -> Option<usize>;

    /// Begins a pass.
    fn start(&mut self, pass: usize, key: RandomKey) -> Result<()>;

    /// The next batch; `None` ends the pass.
    fn next_batch(&mut self) -> Result<Option<BatchView<'_>>>;
}

/// Batches of arrays in memory.
pub(super) struct ArrayFeed<'a> {
    data: Dataset<'a>,
    batch_size: usize,
    shuffle: Shuffle,
    /// The samples in the order of the pass, where they are shuffled.
    order: Option<Vec<usize>>,
    next: usize,
    buffers: Vec<Vec<f32>>,
}

impl<'a> ArrayFeed<'a> {
    pub fn new(data: Dataset<'a>, batch_size: usize, shuffle: Shuffle) -> Self {
        Self { data, batch_size, shuffle, order: None, next: 0, buffers: Vec::new() }
    }
}

impl Feed for ArrayFeed<'_> {
    fn num_batches(&self) -> Option<usize> {
        Some(self.data.len().div_ceil(self.batch_size))
    }

    fn num_samples(&self) -> Option<usize> {
        Some(self.data.len())
    }

    fn start(&mut self, _pass: usize, key: RandomKey) -> Result<()> {
        let len = self.data.len();
        self.order = self.shuffle.order(len, ranges(len, self.batch_size), key);
        self.next = 0;
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<BatchView<'_>>> {
        let start = self.next;
        let end = self.data.len().min(start + self.batch_size);
        if start == end {
            return Ok(None);
        }
        self.next = end;
        Ok(Some(match &self.order {
            Some(order) => self.data.gather(&order[start..end], &mut self.buffers),
            None => self.data.range(start, end),
        }))
    }
}
