//! How long an engine is on turn.

use anyhow::Result;

use super::peer::Peer;

/// Seconds that the timed repeats of one turn should take.
const TIMED: f64 = 0.3;

/// Seconds of repeats before them that are not timed. They fetch data that those before have pushed out of the caches, and
/// wake threads that have gone to sleep.
const WARM_UP: f64 = 0.1;

/// Seconds from which a repeat is long enough to stand alone: caches are filled in a small part of it.
const LONG: f64 = 0.5;

/// Repeats that one turn has at most.
const MOST_REPEATS: usize = 20_000;

/// Unmeasured repeats before the first turn, after one that tells how long they take.
const TRIALS: usize = 4;

/// The repeats of one turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Those that nobody looks at, which come first.
    pub warm_up: usize,
    /// Those that count.
    pub timed: usize,
}

impl Turn {
    /// Warms an engine up and finds how many repeats fill one turn.
    ///
    /// # Errors
    /// The engine fails.
    pub fn find(peer: &mut Peer) -> Result<Self> {
        let quickest = |seconds: Vec<f64>| seconds.into_iter().fold(f64::INFINITY, f64::min);
        let first = quickest(peer.take(Self { warm_up: 0, timed: 1 })?);
        if first > LONG {
            return Ok(Self::of(first));
        }
        Ok(Self::of(first.min(quickest(peer.take(Self { warm_up: 0, timed: TRIALS })?))))
    }

    /// The turn of an engine whose repeats take so many seconds: at least three that are timed and one before them, but
    /// for those that stand alone.
    fn of(seconds: f64) -> Self {
        if seconds > LONG {
            return Self { warm_up: 0, timed: 1 };
        }
        let count = |whole: f64, least| ((whole / seconds) as usize).clamp(least, MOST_REPEATS);
        Self { warm_up: count(WARM_UP, 1), timed: count(TIMED, 3) }
    }
}

#[cfg(test)]
mod tests;
