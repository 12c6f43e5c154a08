//! Work on several threads, where there is enough of it.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

/// Whether functions that are called outside of a `rayon` pool use its global one.
static USES_GLOBAL_POOL: AtomicBool = AtomicBool::new(true);

/// Makes functions that are called outside of a `rayon` pool do all work in the calling thread from now on. Otherwise they
/// use the global pool of `rayon` where there is enough work, which has as many threads as it has been given.
pub fn stay_in_calling_thread() {
    USES_GLOBAL_POOL.store(false, Ordering::Relaxed);
}

thread_local! {
    /// Whether functions that are called in this thread may not hand work to others.
    static IS_ALONE: Cell<bool> = const { Cell::new(false) };
}

/// Does `work` in the calling thread, whatever pool it is in and however large the work is: so no thread waits for another, and
/// no lock is taken.
pub fn in_calling_thread<R>(work: impl FnOnce() -> R) -> R {
    /// What was before, put back however `work` ends.
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            IS_ALONE.set(self.0);
        }
    }
    let _before = Before(IS_ALONE.replace(true));
    work()
}

/// Whether this is part of [`in_calling_thread`].
pub fn is_in_calling_thread() -> bool {
    IS_ALONE.get()
}

/// How many threads may be used. To ask `rayon` outside of a pool starts the threads of the global one.
pub(crate) fn num_threads() -> usize {
    if has_pool() { rayon::current_num_threads() } else { 1 }
}

/// Calls both functions, side by side where there are threads.
pub(crate) fn join(a: impl FnOnce() + Send, b: impl FnOnce() + Send) {
    if has_pool() {
        rayon::join(a, b);
    } else {
        a();
        b();
    }
}

fn has_pool() -> bool {
    !is_in_calling_thread()
        && (rayon::current_thread_index().is_some() || USES_GLOBAL_POOL.load(Ordering::Relaxed))
}

/// Numbers that take longer to move than a thread takes to wake.
const MIN_LEN: usize = 1 << 17;

/// Calls `run(number, chunk)` for the chunks of `chunk_len` numbers of `data`; they must not depend on each other.
pub(crate) fn for_each_chunk(
    data: &mut [f32],
    chunk_len: usize,
    run: impl Fn(usize, &mut [f32]) + Send + Sync,
) {
    for_each_chunk_moving(data.len(), data, chunk_len, run);
}

/// The same where so many numbers are moved in all.
pub(crate) fn for_each_chunk_moving(
    moved: usize,
    data: &mut [f32],
    chunk_len: usize,
    run: impl Fn(usize, &mut [f32]) + Send + Sync,
) {
    if moved < MIN_LEN || !has_pool() {
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
        join(a, b);
    }
}

/// Multiply-adds that take longer than waking a thread.
pub(crate) const MIN_COST: usize = 1 << 21;

#[cfg(test)]
mod tests;
