//! A seed for those who give none.

use std::hash::{BuildHasher, RandomState};
use std::time::SystemTime;

/// A seed that differs from run to run and from call to call; keep it to repeat the run.
pub fn seed_from_entropy() -> u64 {
    // The standard library keys its hash maps from the operating system; the time separates processes where
    // the operating system has nothing to give.
    RandomState::new().hash_one(SystemTime::now())
}
