//! The batch, cut into chunks that run side by side through the whole time loop.

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
    /// Rows that share a pass over the weights.
    const ROWS: usize = 12;
    let Sizes { batch, steps, features, units } = *sizes;
    let cost = batch * steps * gates * units * (features + units);
    if cost < 2 * MIN_COST || batch < 4 {
        return batch.max(1);
    }
    batch.div_ceil(batch.div_ceil(ROWS).next_multiple_of(2))
}

/// [`chunk_len`] for a forward pass. One that leaves no record computes a sample alike wherever the batch is cut, so that
/// each thread may have more rows together, which share reading the weights.
pub(crate) fn forward_chunk_len(sizes: &Sizes, gates: usize, has_record: bool) -> usize {
    /// More rows than these make nothing quicker.
    const ROWS: usize = 24;
    let chunk_len = chunk_len(sizes, gates);
    if has_record || chunk_len >= sizes.batch {
        return chunk_len;
    }
    // Many threads do not cut it finer than for a record: too little work would be left to each.
    let of_thread = sizes.batch.div_ceil(num_threads()).max(chunk_len);
    of_thread.div_ceil(of_thread.div_ceil(ROWS))
}

/// Calls `run` for each chunk of `chunk_len` samples, on as many threads as there are.
pub(crate) fn for_chunks<S: Samples>(samples: S, chunk_len: usize, run: &(impl Fn(S) + Sync)) {
    let num_chunks = samples.count().div_ceil(chunk_len);
    if num_chunks <= 1 {
        return run(samples);
    }
    let (upper, lower) = samples.split_at(num_chunks / 2 * chunk_len);
    join(|| for_chunks(upper, chunk_len, run), || for_chunks(lower, chunk_len, run));
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
