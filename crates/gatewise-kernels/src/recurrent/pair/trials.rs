//! Whether short calls gain by a second thread on this machine: where its cores lie far apart, handing a state over may take
//! longer than computing it. So some calls are timed now and then, with a second thread and without.
//!
//! Only times depend on it: the sums are the same chains on one thread and on two.

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};

/// How many calls in a row are made in each way in a trial.
const TRIAL: u64 = 8;

/// How many of them are not timed, as they find the second thread as other calls have left it.
const SETTLING: u64 = 2;

/// How many calls there are from a trial to the next.
const PERIOD: u64 = 1024;

/// What is known of the calls of one size, the last that were made.
pub(super) struct Trials {
    /// Multiply-adds of these calls.
    cost: AtomicU64,
    calls: AtomicU64,
    /// How long the timed calls of this trial took, in nanoseconds: alone, and with a second thread.
    times: [AtomicU64; 2],
}

/// How a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    pub with_second: bool,
    pub is_timed: bool,
}

impl Trials {
    pub const fn new() -> Self {
        Self {
            cost: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            times: [AtomicU64::new(0), AtomicU64::new(0)],
        }
    }

    /// How to make the next call, of so many multiply-adds.
    pub fn next(&self, cost: u64) -> Attempt {
        if self.cost.swap(cost, Ordering::Relaxed) != cost {
            self.calls.store(0, Ordering::Relaxed);
        }
        let number = self.calls.fetch_add(1, Ordering::Relaxed) % PERIOD;
        if number == 0 {
            self.times.iter().for_each(|time| time.store(0, Ordering::Relaxed));
        }
        let is_timed = number < 2 * TRIAL && number % TRIAL >= SETTLING;
        let with_second = match number / TRIAL {
            0 => true,
            1 => false,
            _ => {
                let [alone, with_second] = &self.times;
                with_second.load(Ordering::Relaxed) <= alone.load(Ordering::Relaxed)
            }
        };
        Attempt { with_second, is_timed }
    }

    /// Remembers how long a call took that was made so.
    pub fn remember(&self, attempt: Attempt, nanoseconds: u64) {
        if attempt.is_timed {
            self.times[usize::from(attempt.with_second)].fetch_add(nanoseconds, Ordering::Relaxed);
        }
    }
}
