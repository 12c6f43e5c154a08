//! Work on several threads, where there is enough of it.

use rayon::prelude::*;

/// Numbers that take longer to move than a thread takes to wake.
const MIN_LEN: usize = 1 << 17;

/// Calls `run(number, chunk)` for the chunks of `chunk_len` numbers of `data`; they must not depend on each other.
pub(crate) fn for_each_chunk(
    data: &mut [f32],
    chunk_len: usize,
    run: impl Fn(usize, &mut [f32]) + Send + Sync,
) {
    if data.len() < MIN_LEN {
        data.chunks_mut(chunk_len).enumerate().for_each(|(number, chunk)| run(number, chunk));
    } else {
        data.par_chunks_mut(chunk_len).enumerate().for_each(|(number, chunk)| run(number, chunk));
    }
}

/// Calls both functions, side by side if `cost`, their multiply-adds, takes longer than waking a thread.
pub(crate) fn both(cost: usize, a: impl FnOnce() + Send, b: impl FnOnce() + Send) {
    if cost < MIN_COST {
        a();
        b();
    } else {
        rayon::join(a, b);
    }
}

/// Multiply-adds that take longer than waking a thread.
pub(crate) const MIN_COST: usize = 1 << 21;
