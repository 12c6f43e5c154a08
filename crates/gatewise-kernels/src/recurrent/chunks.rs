//! The batch, cut into chunks that run side by side through the whole time loop.

#[cfg(test)]
mod tests;

use std::ops::{Range, RangeInclusive};

use super::Sizes;
use crate::parallel::{MIN_COST, join, num_threads};

/// Results and scratch of consecutive samples.
pub(crate) trait Samples: Sized + Send {
    /// How many samples there are.
    fn count(&self) -> usize;

    /// The first `count` samples, and the others.
    fn split_at(self, count: usize) -> (Self, Self);
}

/// How many samples a chunk has, except perhaps the last, in a layer of so many gates.
///
/// It depends on the sizes alone: enough rows for two tiles, chunks even in number, and one chunk where waking a
/// thread would take longer than the work.
pub(crate) fn chunk_len(sizes: &Sizes, gates: usize) -> usize {
    /// Rows that share a pass over the weights, where these lie in near memory and where not.
    const ROWS: [usize; 2] = [12, 16];
    /// The most weights that do: 1 MiB.
    const NEAR: usize = 1 << 18;
    /// A batch that is cut into as many chunks keeps them: a thread each is worth more than fewer passes.
    const ENOUGH: usize = 4;
    let Sizes { batch, steps, features, units } = *sizes;
    let weights = gates * units * (features + units);
    if batch * steps * weights < 2 * MIN_COST || batch < 4 {
        return batch.max(1);
    }
    let [near, far] = ROWS.map(|rows| batch.div_ceil(rows).next_multiple_of(2));
    batch.div_ceil(if weights > NEAR { far.max(near.min(ENOUGH)) } else { near })
}

/// The chunks of a call that leaves a record, and of the way back through it.
pub(crate) fn recorded_chunks(sizes: &Sizes, gates: usize) -> Chunks {
    Chunks::of(sizes.batch, chunk_len(sizes, gates))
}

/// The chunks of a forward pass. One that leaves no record computes a sample alike wherever the batch is cut, so that
/// each thread may have more rows together, which share reading the weights.
pub(crate) fn forward_chunks(sizes: &Sizes, gates: usize, has_record: bool) -> Chunks {
    /// More rows than these make nothing quicker.
    const ROWS: usize = 24;
    let chunks = recorded_chunks(sizes, gates);
    if has_record || chunks.len >= sizes.batch {
        return chunks;
    }
    // Many threads do not cut it finer than for a record: too little work would be left to each.
    let of_thread = sizes.batch.div_ceil(num_threads()).max(chunks.len);
    Chunks::of(sizes.batch, of_thread.div_ceil(of_thread.div_ceil(ROWS)))
}

/// How a batch is cut into chunks: of as many samples each, except perhaps the last; or so that both halves of the chunks have
/// as much to do as each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunks {
    batch: usize,
    /// The most samples of a chunk.
    pub len: usize,
    /// How many chunks there are, before some of them are taken as one.
    number: usize,
    /// The first sample of the second half of the chunks, if they are balanced. Each half is cut evenly.
    middle: Option<usize>,
    /// How many chunks are taken as one.
    joined: usize,
}

impl Chunks {
    /// Chunks of `len` samples.
    pub fn of(batch: usize, len: usize) -> Self {
        Self { batch, len, number: batch.div_ceil(len), middle: None, joined: 1 }
    }

    /// Whether it is worth while to balance two threads that have half of the chunks each: more chunks are balanced by the
    /// threads that take them.
    fn are_few(self) -> bool {
        // So many samples leave no chunk empty.
        matches!(self.number, 2 | 4) && self.batch >= 4 * self.number
    }

    /// The samples that the first half of the chunks may have.
    fn range_of_middle(self) -> RangeInclusive<usize> {
        let fewest = self.batch * 3 / 8;
        fewest..=self.batch - fewest
    }

    /// The same with room to [`balance`](Self::balance) them.
    pub fn with_room(self) -> Self {
        match self.are_few() {
            true => Self { len: self.range_of_middle().end().div_ceil(self.number / 2), ..self },
            false => self,
        }
    }

    /// Cuts a few chunks where each half of them has half of the steps that the mask `[B, T]` uses, as far as the room allows it.
    pub fn balance(self, mask: Option<&[f32]>, steps: usize) -> Self {
        let (Some(mask), true) = (mask, self.are_few()) else { return self };
        let num_used = |samples: Range<usize>| {
            mask[samples.start * steps..samples.end * steps].iter().filter(|&&used| used != 0.0).count()
        };
        let (fewest, most) = self.range_of_middle().into_inner();
        let (mut middle, mut before) = (fewest, num_used(0..fewest));
        let all = before + num_used(fewest..self.batch);
        while middle < most {
            let next = before + num_used(middle..middle + 1);
            // No further if the half is left behind by more than it is before.
            if all.abs_diff(2 * next) > all.abs_diff(2 * before) {
                break;
            }
            (middle, before) = (middle + 1, next);
        }
        Self { middle: Some(middle), ..self.with_room() }
    }

    /// So many chunks at a time as one.
    pub fn joined(self, joined: usize) -> Self {
        Self { len: joined * self.len, joined: joined * self.joined, ..self }
    }

    /// How many there are.
    pub fn count(self) -> usize {
        self.number.div_ceil(self.joined)
    }

    /// The first sample of a chunk; that after the last one is the batch.
    pub fn start(self, chunk: usize) -> usize {
        self.start_of_one((chunk * self.joined).min(self.number))
    }

    fn start_of_one(self, chunk: usize) -> usize {
        let Some(middle) = self.middle else { return self.batch.min(chunk * (self.len / self.joined)) };
        let half = self.number / 2;
        match chunk.checked_sub(half) {
            None => middle * chunk / half,
            Some(chunk) => middle + (self.batch - middle) * chunk / half,
        }
    }

    /// The number of the chunk that begins with this sample.
    pub fn starting_at(self, sample: usize) -> usize {
        match self.middle {
            None => sample.div_ceil(self.len),
            Some(_) => {
                (0..self.count()).find(|&chunk| self.start(chunk) >= sample).unwrap_or_else(|| self.count())
            }
        }
    }

    /// The first sample and the number of samples of each of the chunks that `samples` are.
    pub fn within(self, samples: Range<usize>) -> impl Iterator<Item = (usize, usize)> {
        let chunks = self.starting_at(samples.start)..self.starting_at(samples.end);
        chunks.map(move |chunk| (self.start(chunk), self.start(chunk + 1) - self.start(chunk)))
    }
}

/// Calls `run` for each of the chunks with these numbers, which `samples` are, on as many threads as there are.
fn for_chunks<S: Samples>(samples: S, chunks: Chunks, numbers: Range<usize>, run: &(impl Fn(S) + Sync)) {
    if numbers.len() <= 1 {
        return run(samples);
    }
    let middle = numbers.start + numbers.len() / 2;
    let (upper, lower) = samples.split_at(chunks.start(middle) - chunks.start(numbers.start));
    join(
        || for_chunks(upper, chunks, numbers.start..middle, run),
        || for_chunks(lower, chunks, middle..numbers.end, run),
    );
}

/// The same for all of them.
pub(crate) fn for_all_chunks<S: Samples>(samples: S, chunks: Chunks, run: &(impl Fn(S) + Sync)) {
    for_chunks(samples, chunks, 0..chunks.count(), run);
}

/// Cuts the slice of some samples, `len` numbers each, off the front of `rest`.
pub(crate) fn take<'a>(rest: &mut &'a mut [f32], len: usize) -> &'a mut [f32] {
    rest.split_off_mut(..len).expect("scratch is as long as its length function says")
}

/// How many numbers of scratch more than it uses a chunk needs for [`own_lines`].
pub(crate) const OWN_LINES: usize = 2 * LINES;

/// Two lines of the cache, which processors fetch together.
pub(crate) const LINES: usize = 32;

/// The part of the scratch of a chunk that shares no line of the cache with another chunk: a line that two threads write to
/// at every step would go to and fro between their caches.
pub(crate) fn own_lines(scratch: &mut [f32]) -> &mut [f32] {
    let first = scratch.as_ptr().align_offset(LINES * size_of::<f32>()).min(scratch.len());
    let scratch = &mut scratch[first..];
    let len = scratch.len() / LINES * LINES;
    &mut scratch[..len]
}

/// A slice for results, if they are wanted.
pub(crate) type Wanted<'a> = Option<&'a mut [f32]>;

/// Splits a slice that is there only if somebody wants what goes into it.
pub(crate) fn split_wanted(slice: Wanted, at: usize) -> (Wanted, Wanted) {
    slice.map(|slice| slice.split_at_mut(at)).unzip()
}
