//! Where two threads hand each other their halves of the state after every step.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use super::step_cost;
use crate::lstm::Sizes;
use crate::simd::lanes;

/// [`Meeting::start`] as long as nobody has come.
const ALONE: usize = usize::MAX;

/// [`Meeting::start`] when the follower has come and waits.
const WAITING: usize = usize::MAX - 1;

/// [`Meeting::start`] when there is nothing left to do.
const OVER: usize = usize::MAX - 2;

/// The follower's counter when the leader does not wait for it any more.
const DISMISSED: usize = usize::MAX;

/// Where two threads hand each other their halves of the state. Numbers are atomic because both threads see them; what
/// orders them are the counters.
pub(in crate::lstm::forward) struct Meeting {
    /// The first step that both take, or one of the words above.
    start: Padded,
    /// How many steps the leader and the follower have published.
    published: [Padded; 2],
    /// The states after steps of even and of odd number.
    states: [Shared; 2],
    /// The units of the leader and of the follower.
    shares: [Range<usize>; 2],
    units: usize,
    /// How often the leader looks for the follower before it goes on alone.
    patience: usize,
}

/// A counter that has its cache line for itself.
#[repr(align(128))]
struct Padded(AtomicUsize);

/// h and c, `[B, H]` each.
struct Shared {
    h: Vec<AtomicU32>,
    c: Vec<AtomicU32>,
}

/// The number of each side in [`Meeting::published`] and [`Meeting::shares`].
const LEADER: usize = 0;
const FOLLOWER: usize = 1;

impl Meeting {
    /// For a call of these sizes.
    pub fn new(sizes: &Sizes) -> Self {
        let (lanes, units, len) = (lanes(), sizes.units, sizes.batch * sizes.units);
        let middle = units.div_ceil(lanes).div_ceil(2) * lanes;
        let numbers = || (0..len).map(|_| AtomicU32::new(0)).collect();
        Self {
            start: Padded(AtomicUsize::new(ALONE)),
            published: [(); 2].map(|()| Padded(AtomicUsize::new(0))),
            states: [(); 2].map(|()| Shared { h: numbers(), c: numbers() }),
            shares: [0..middle, middle..units],
            units,
            patience: patience(sizes),
        }
    }

    /// The state after step `number`.
    fn after(&self, number: usize) -> &Shared {
        &self.states[number % 2]
    }

    /// The state before step `number`.
    fn before(&self, number: usize) -> &Shared {
        self.after(number + 1)
    }

    /// Whether a follower computes its share of step `number`; one that has just come is given the state before it.
    pub fn is_shared(&self, number: usize, h: &[f32], c: &[f32]) -> bool {
        match self.start.0.load(Ordering::Acquire) {
            ALONE | OVER => false,
            WAITING => {
                let before = self.before(number);
                self.put(&before.h, h, 0..self.units);
                self.put(&before.c, c, 0..self.units);
                self.published.iter().for_each(|counter| counter.0.store(number, Ordering::Relaxed));
                self.start.0.store(number, Ordering::Release);
                true
            }
            _ => true,
        }
    }

    /// The units of the leader.
    pub fn leader_share(&self) -> Range<usize> {
        self.shares[LEADER].clone()
    }

    /// The units of the follower.
    pub fn follower_share(&self) -> Range<usize> {
        self.shares[FOLLOWER].clone()
    }

    /// Gives the follower the leader's half of h after step `number` and takes the other half. If the follower is late it
    /// is dismissed; then `false` is returned and `c` is complete as it was before the step.
    pub fn leader_exchange(&self, number: usize, next_h: &mut [f32], c: &mut [f32]) -> bool {
        self.put(&self.after(number).h, next_h, self.leader_share());
        self.published[LEADER].0.store(number + 1, Ordering::Release);
        let follower = &self.published[FOLLOWER].0;
        let has_come = || follower.load(Ordering::Acquire) > number;
        let dismiss = || follower.compare_exchange(number, DISMISSED, Ordering::AcqRel, Ordering::Acquire);
        if spin_until(self.patience, has_come) || dismiss().is_err() {
            self.get(&self.after(number).h, next_h, self.follower_share());
            return true;
        }
        self.get(&self.before(number).c, c, self.follower_share());
        self.start.0.store(OVER, Ordering::Release);
        false
    }

    /// Ends the meeting after all of `steps` steps, and completes `c` if there was a follower to the end.
    pub fn end(&self, steps: usize, c: &mut [f32]) {
        if self.start.0.swap(OVER, Ordering::AcqRel) < OVER {
            self.get(&self.after(steps - 1).c, c, self.follower_share());
        }
    }

    /// Waits until the leader lets the follower in, and returns the first step that both take; `None` if there is nothing
    /// left to do.
    pub fn come(&self) -> Option<usize> {
        let start = &self.start.0;
        start.compare_exchange(ALONE, WAITING, Ordering::AcqRel, Ordering::Relaxed).ok()?;
        while !spin_until(self.patience, || start.load(Ordering::Acquire) != WAITING) {
            std::thread::yield_now();
        }
        Some(start.load(Ordering::Acquire)).filter(|&first_step| first_step != OVER)
    }

    /// The state before step `number`, which is the first for the follower.
    pub fn get_state(&self, number: usize, h: &mut [f32], c: &mut [f32]) {
        self.get(&self.before(number).h, h, 0..self.units);
        self.get(&self.before(number).c, c, 0..self.units);
    }

    /// Gives the leader the follower's half of the state after step `number` and takes the other half of h; `false` if the
    /// follower was dismissed.
    pub fn follower_exchange(&self, number: usize, next_h: &mut [f32], c: &[f32]) -> bool {
        let after = self.after(number);
        self.put(&after.h, next_h, self.follower_share());
        self.put(&after.c, c, self.follower_share());
        let [leader, follower] = &self.published;
        if follower.0.compare_exchange(number, number + 1, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return false;
        }
        let has_come = || leader.0.load(Ordering::Acquire) > number;
        while !spin_until(self.patience, has_come) {
            std::thread::yield_now();
        }
        self.get(&after.h, next_h, self.leader_share());
        true
    }

    /// Copies these units of all rows of `from` to where the other side sees them.
    fn put(&self, to: &[AtomicU32], from: &[f32], units: Range<usize>) {
        for (to, from) in to.chunks_exact(self.units).zip(from.chunks_exact(self.units)) {
            let pairs = to[units.clone()].iter().zip(&from[units.clone()]);
            pairs.for_each(|(to, from)| to.store(from.to_bits(), Ordering::Relaxed));
        }
    }

    fn get(&self, from: &[AtomicU32], to: &mut [f32], units: Range<usize>) {
        for (from, to) in from.chunks_exact(self.units).zip(to.chunks_exact_mut(self.units)) {
            let pairs = from[units.clone()].iter().zip(&mut to[units.clone()]);
            pairs.for_each(|(from, to)| *to = f32::from_bits(from.load(Ordering::Relaxed)));
        }
    }
}

/// How often to look for the other thread: for some tens of microseconds and twice as long as a step takes.
fn patience(sizes: &Sizes) -> usize {
    /// Multiply-adds in the time from one look to the next, some ten nanoseconds.
    const COST: usize = 1 << 10;
    1024 + 2 * step_cost(sizes) / COST
}

/// Waits for the other thread without letting go of the core; whether it came.
fn spin_until(turns: usize, has_come: impl Fn() -> bool) -> bool {
    (0..turns).any(|_| {
        has_come() || {
            std::hint::spin_loop();
            false
        }
    })
}
