//! A seed for those who give none.

use std::hash::{BuildHasher, RandomState};
use std::time::SystemTime;

/// A seed that differs from run to run and from call to call; keep it to repeat the run.
pub fn seed_from_entropy() -> u64 {
    // The standard library keys its hash maps from the operating system; the time separates processes where
    // the operating system has nothing to give.
    RandomState::new().hash_one(now())
}

/// The time, where the system tells it: WebAssembly without a system has no clock, and asking for it panics.
fn now() -> Option<SystemTime> {
    let has_clock = !cfg!(all(target_family = "wasm", target_os = "unknown"));
    has_clock.then(SystemTime::now)
}
