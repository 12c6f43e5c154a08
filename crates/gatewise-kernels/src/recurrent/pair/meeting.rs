//! Where two threads hand each other their halves of the state after every step.

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use zerocopy::transmute_mut;

use super::Work;
use crate::recurrent::Sizes;
use crate::recurrent::chunks::LINES;

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
pub(crate) struct Meeting<'a> {
    /// The first step that both take, or one of the words above.
    start: Padded,
    /// How many steps the leader and the follower have published.
    published: [Padded; 2],
    /// The states after steps of even and of odd number.
    states: [Shared<'a>; 2],
    /// The units of the leader and of the follower.
    shares: [Range<usize>; 2],
    units: usize,
    /// How often the leader looks for the follower before it goes on alone.
    patience: usize,
}

/// A counter that has its cache line for itself.
#[repr(align(128))]
struct Padded(AtomicUsize);

/// A state, each part of it in lines of the cache of its own.
struct Shared<'a> {
    /// The units of h of the leader and of the follower, `[B, share]`.
    h: [&'a [AtomicU32]; 2],
    /// Those of c of the follower, in layers with a cell state: the leader has its own.
    c: &'a [AtomicU32],
}

/// The number of each side in [`Meeting::published`], [`Meeting::shares`] and [`Shared::h`].
const LEADER: usize = 0;
const FOLLOWER: usize = 1;

impl<'a> Meeting<'a> {
    /// How many numbers of scratch it needs at most: the follower's share is the smaller one, so that h and its c are no
    /// more than one and a half states, each of the three parts up to the end of a line.
    pub fn max_len(sizes: &Sizes) -> usize {
        (3 * sizes.batch * sizes.units).next_multiple_of(LINES) + 2 * 3 * LINES
    }

    /// For some work, of a layer with a cell state or without, in scratch that begins with a line of the cache and may hold
    /// anything, for nothing is read that has not been put there.
    pub fn new(work: &Work, has_cells: bool, scratch: &'a mut [f32]) -> Self {
        let Sizes { batch, units, .. } = work.sizes;
        let middle = units.div_ceil(work.block).div_ceil(2) * work.block;
        let numbers: &'a mut [AtomicU32] = transmute_mut!(scratch);
        let mut rest = &*numbers;
        let mut numbers = |share: usize| {
            let numbers;
            (numbers, rest) = rest.split_at((batch * share).next_multiple_of(LINES));
            &numbers[..batch * share]
        };
        let (leader, follower) = (middle, units - middle);
        let cells = if has_cells { follower } else { 0 };
        let states = [(); 2].map(|()| Shared { h: [numbers(leader), numbers(follower)], c: numbers(cells) });
        Self {
            start: Padded(AtomicUsize::new(ALONE)),
            published: [(); 2].map(|()| Padded(AtomicUsize::new(0))),
            states,
            shares: [0..middle, middle..units],
            units,
            patience: patience(work),
        }
    }

    /// The state after step `number`.
    fn after(&self, number: usize) -> &Shared<'a> {
        &self.states[number % 2]
    }

    /// The state before step `number`.
    fn before(&self, number: usize) -> &Shared<'a> {
        self.after(number + 1)
    }

    /// Whether a follower computes its share of step `number`; one that has just come is given the state before it.
    pub fn is_shared(&self, number: usize, h: &[f32], c: &[f32]) -> bool {
        match self.start.0.load(Ordering::Acquire) {
            ALONE | OVER => false,
            WAITING => {
                let before = self.before(number);
                self.put(before.h[LEADER], h, LEADER);
                self.put(before.h[FOLLOWER], h, FOLLOWER);
                self.put(before.c, c, FOLLOWER);
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
        self.put(self.after(number).h[LEADER], next_h, LEADER);
        self.published[LEADER].0.store(number + 1, Ordering::Release);
        let follower = &self.published[FOLLOWER].0;
        let has_come = || follower.load(Ordering::Acquire) > number;
        let dismiss = || follower.compare_exchange(number, DISMISSED, Ordering::AcqRel, Ordering::Acquire);
        if spin_until(self.patience, has_come) || dismiss().is_err() {
            self.get(self.after(number).h[FOLLOWER], next_h, FOLLOWER);
            return true;
        }
        self.get(self.before(number).c, c, FOLLOWER);
        self.start.0.store(OVER, Ordering::Release);
        false
    }

    /// Ends the meeting after all of `steps` steps, and completes `c` if there was a follower to the end.
    pub fn end(&self, steps: usize, c: &mut [f32]) {
        if self.start.0.swap(OVER, Ordering::AcqRel) < OVER {
            self.get(self.after(steps - 1).c, c, FOLLOWER);
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

    /// The state before step `number`, which is the follower's first: h, and of c its own units.
    pub fn get_state(&self, number: usize, h: &mut [f32], c: &mut [f32]) {
        let before = self.before(number);
        self.get(before.h[LEADER], h, LEADER);
        self.get(before.h[FOLLOWER], h, FOLLOWER);
        self.get(before.c, c, FOLLOWER);
    }

    /// Gives the leader the follower's half of the state after step `number` and takes the other half of h; `false` if the
    /// follower was dismissed.
    pub fn follower_exchange(&self, number: usize, next_h: &mut [f32], c: &[f32]) -> bool {
        let after = self.after(number);
        self.put(after.h[FOLLOWER], next_h, FOLLOWER);
        self.put(after.c, c, FOLLOWER);
        let [leader, follower] = &self.published;
        if follower.0.compare_exchange(number, number + 1, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return false;
        }
        let has_come = || leader.0.load(Ordering::Acquire) > number;
        while !spin_until(self.patience, has_come) {
            std::thread::yield_now();
        }
        self.get(after.h[LEADER], next_h, LEADER);
        true
    }

    /// Copies the units of one side of all rows of `from` to where the other side sees them.
    fn put(&self, to: &[AtomicU32], from: &[f32], side: usize) {
        let share = &self.shares[side];
        for (to, from) in to.chunks_exact(share.len()).zip(from.chunks_exact(self.units)) {
            let pairs = to.iter().zip(&from[share.clone()]);
            pairs.for_each(|(to, from)| to.store(from.to_bits(), Ordering::Relaxed));
        }
    }

    fn get(&self, from: &[AtomicU32], to: &mut [f32], side: usize) {
        let share = &self.shares[side];
        for (from, to) in from.chunks_exact(share.len()).zip(to.chunks_exact_mut(self.units)) {
            let pairs = from.iter().zip(&mut to[share.clone()]);
            pairs.for_each(|(from, to)| *to = f32::from_bits(from.load(Ordering::Relaxed)));
        }
    }
}

/// How often to look for the other thread: for some tens of microseconds and twice as long as a step takes.
fn patience(work: &Work) -> usize {
    /// Multiply-adds in the time from one look to the next, some ten nanoseconds.
    const COST: usize = 1 << 10;
    1024 + 2 * work.step_cost() / COST
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
