//! How many threads the fast kernels use.

use std::sync::OnceLock;

use gatewise_kernels::is_in_calling_thread;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::environment::Environment;
use crate::error::{Error, Result};

/// Below so many floating-point operations, some 100 µs, waking a thread costs more than it gains.
const FLOPS_WORTH_A_THREAD: u64 = 8_000_000;

/// WebAssembly cannot start threads; `rayon` does all work in the calling one there if it is not asked for a pool.
const HAS_THREADS: bool = !cfg!(target_family = "wasm");

/// The library's own pool, made when first needed.
fn pool() -> Result<&'static ThreadPool> {
    static POOL: OnceLock<Result<ThreadPool>> = OnceLock::new();
    POOL.get_or_init(make_pool).as_ref().map_err(Clone::clone)
}

fn make_pool() -> Result<ThreadPool> {
    let threads = Environment::get()?.threads.unwrap_or(0);
    let builder = ThreadPoolBuilder::new().thread_name(|index| format!("gatewise-{index}"));
    builder.num_threads(threads).build().map_err(|error| Error::state("threads", error))
}

/// Runs `work` of so many floating-point operations with the library's threads, or, if the caller is in a `rayon`
/// pool, with that pool's. Results do not depend on the number of threads.
///
/// # Errors
/// Those of `work`, or if a variable of the environment cannot be understood.
pub(crate) fn install<R: Send>(flops: u64, work: impl FnOnce() -> Result<R> + Send) -> Result<R> {
    Environment::get()?;
    if !HAS_THREADS || flops < FLOPS_WORTH_A_THREAD || is_in_calling_thread() || is_in_pool() {
        return work();
    }
    pool()?.install(work)
}

/// Calls both functions, side by side if the caller is in a pool; without one `rayon` would make one of its own.
pub(crate) fn join<R: Send>(a: impl FnOnce() -> R + Send, b: impl FnOnce() -> R + Send) -> (R, R) {
    match is_in_pool() && !is_in_calling_thread() {
        true => rayon::join(a, b),
        false => (a(), b()),
    }
}

fn is_in_pool() -> bool {
    rayon::current_thread_index().is_some()
}

/// The same as [`install`], with something small that is done at the same time where there are threads, and else after the work.
///
/// # Errors
/// As for [`install`].
pub(crate) fn install_beside<R: Send>(
    flops: u64,
    work: impl FnOnce() -> Result<R> + Send,
    beside: impl FnOnce() + Send,
) -> Result<R> {
    install(flops, || {
        // To wake a thread for little work costs more than it gains; and without a pool `rayon` would make one of its own.
        if flops < FLOPS_WORTH_A_THREAD || !is_in_pool() {
            let result = work();
            beside();
            return result;
        }
        rayon::join(work, beside).0
    })
}
