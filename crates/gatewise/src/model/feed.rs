//! Where the batches of a training or an evaluation come from.

use smallvec::SmallVec;

use super::batches::{Buffers, Dataset, ranges};
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

    /// The next batch, and what can be done for the one after it while this one is computed with; `None` ends the pass.
    fn next_batch(&mut self) -> Result<Option<(BatchView<'_>, Ahead<'_>)>>;
}

/// A batch that can be made ready before it is asked for, if there is one: its samples lie anywhere in memory, so that
/// fetching them takes longer than a small step can spare.
#[derive(Debug, Default)]
pub(super) struct Ahead<'a>(Option<Gathering<'a>>);

#[derive(Debug)]
struct Gathering<'a> {
    data: &'a Dataset<'a>,
    /// The samples of the batch.
    numbers: &'a [usize],
    buffers: &'a mut Buffers,
    is_ready: &'a mut bool,
}

impl Ahead<'_> {
    /// Makes it ready.
    pub fn gather(self) {
        if let Some(Gathering { data, numbers, buffers, is_ready }) = self.0 {
            data.gather(numbers, buffers);
            *is_ready = true;
        }
    }
}

/// Batches of arrays in memory.
pub(super) struct ArrayFeed<'a> {
    data: Dataset<'a>,
    batch_size: usize,
    shuffle: Shuffle,
    /// The samples in the order of the pass, where they are shuffled.
    order: Option<Vec<usize>>,
    next: usize,
    /// The batch that is computed with, where samples are shuffled.
    current: Buffers,
    /// The one after it, if that is ready.
    ahead: Buffers,
    is_ahead_ready: bool,
}

impl<'a> ArrayFeed<'a> {
    pub fn new(data: Dataset<'a>, batch_size: usize, shuffle: Shuffle) -> Self {
        let (current, ahead) = (Buffers::new(), Buffers::new());
        Self { data, batch_size, shuffle, order: None, next: 0, current, ahead, is_ahead_ready: false }
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
        (self.next, self.is_ahead_ready) = (0, false);
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<(BatchView<'_>, Ahead<'_>)>> {
        let end_of = |start: usize| self.data.len().min(start + self.batch_size);
        let (start, end) = (self.next, end_of(self.next));
        if start == end {
            return Ok(None);
        }
        self.next = end;
        let Some(order) = &self.order else {
            return Ok(Some((self.data.range(start, end), Ahead::default())));
        };
        if std::mem::take(&mut self.is_ahead_ready) {
            std::mem::swap(&mut self.current, &mut self.ahead);
        } else {
            self.data.gather(&order[start..end], &mut self.current);
        }
        let ahead = (end < order.len()).then_some(Gathering {
            data: &self.data,
            numbers: &order[end..end_of(end)],
            buffers: &mut self.ahead,
            is_ready: &mut self.is_ahead_ready,
        });
        Ok(Some((self.data.gathered(end - start, &self.current), Ahead(ahead))))
    }
}

#[cfg(test)]
mod tests;
