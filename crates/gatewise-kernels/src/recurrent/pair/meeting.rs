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
    /// Whether the leader goes on without a follower that is late.
    may_dismiss: bool,
    /// How often the leader looks for the follower before it goes on alone.
    patience: usize,
}

/// What two threads hand each other after a step.
#[derive(Clone, Copy)]
pub(crate) struct Exchange {
    /// How many rows of H numbers for each sample: one of h, or on the way back the gradients by the sums.
    pub rows: usize,
    /// Whether the leader goes on without a follower that is late, from the state before the step; it cannot where the follower has
    /// what only one thread may have.
    pub may_dismiss: bool,
    /// Whether there is a c beside h.
    pub has_cells: bool,
}

/// A counter that has its cache line for itself.
#[repr(align(128))]
struct Padded(AtomicUsize);

/// A state, each part of it in lines of the cache of its own.
struct Shared<'a> {
    /// The units of h, or of what else is handed over, of the leader and of the follower, `[rows, share]`.
    h: [&'a [AtomicU32]; 2],
    /// Those of c of the follower, in layers with a cell state: the leader has its own.
    c: &'a [AtomicU32],
}

/// The number of each side in [`Meeting::published`], [`Meeting::shares`] and [`Shared::h`].
const LEADER: usize = 0;
const FOLLOWER: usize = 1;

impl<'a> Meeting<'a> {
    /// How many numbers of scratch it needs at most for states of `len` numbers: the follower's share is the smaller one, so that h
    /// and its c are no more than one and a half states, each of the three parts up to the end of a line.
    pub fn max_len(len: usize) -> usize {
        (3 * len).next_multiple_of(LINES) + 2 * 3 * LINES
    }

    /// For some work, in scratch that begins with a line of the cache and may hold anything, for nothing is read that has not
    /// been put there.
    pub fn new(work: &Work, kind: Exchange, scratch: &'a mut [f32]) -> Self {
        let Sizes { batch, units, .. } = work.sizes;
        let (rows, cell_rows) = (kind.rows * batch, if kind.has_cells { batch } else { 0 });
        let shares = work.shares();
        let [leader, follower] = shares.each_ref().map(Range::len);
        let numbers: &'a mut [AtomicU32] = transmute_mut!(scratch);
        let mut rest = &*numbers;
        let mut numbers = |len: usize| {
            let numbers;
            (numbers, rest) = rest.split_at(len.next_multiple_of(LINES));
            &numbers[..len]
        };
        let states = [(); 2].map(|()| Shared {
            h: [numbers(rows * leader), numbers(rows * follower)],
            c: numbers(cell_rows * follower),
        });
        Self {
            start: Padded(AtomicUsize::new(ALONE)),
            published: [(); 2].map(|()| Padded(AtomicUsize::new(0))),
            states,
            shares,
            units,
            may_dismiss: kind.may_dismiss,
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

    /// Whether a follower computes its share of step `number`; one that has just come is given the state before it, and what
    /// `hand_over` has for it.
    pub fn is_shared(&self, number: usize, h: &[f32], c: &[f32], hand_over: impl FnOnce()) -> bool {
        match self.start.0.load(Ordering::Acquire) {
            ALONE | OVER => false,
            WAITING => {
                let before = self.before(number);
                self.put(before.h[LEADER], h, LEADER);
                self.put(before.h[FOLLOWER], h, FOLLOWER);
                self.put(before.c, c, FOLLOWER);
                hand_over();
                self.published.iter().for_each(|counter| counter.0.store(number, Ordering::Relaxed));
                self.start.0.store(number, Ordering::Release);
                true
            }
            _ => true,
        }
    }

    /// The units of the follower.
    pub fn follower_share(&self) -> Range<usize> {
        self.shares[FOLLOWER].clone()
    }

    /// Gives the follower the leader's half of h after step `number` and takes the other half. If the follower is late and may be
    /// dismissed it is; then `false` is returned and `c` is complete as it was before the step.
    pub fn leader_exchange(&self, number: usize, next_h: &mut [f32], c: &mut [f32]) -> bool {
        self.put(self.after(number).h[LEADER], next_h, LEADER);
        self.published[LEADER].0.store(number + 1, Ordering::Release);
        let is_there = match self.may_dismiss {
            true => self.has_published(FOLLOWER, number) || !self.dismiss(number),
            false => self.wait_for(FOLLOWER, number),
        };
        if is_there {
            self.get(self.after(number).h[FOLLOWER], next_h, FOLLOWER);
        } else {
            self.get(self.before(number).c, c, FOLLOWER);
            self.start.0.store(OVER, Ordering::Release);
        }
        is_there
    }

    /// Whether a side publishes step `number` in time.
    fn has_published(&self, side: usize, number: usize) -> bool {
        spin_until(self.patience, || self.published[side].0.load(Ordering::Acquire) > number)
    }

    /// Waits until a side has published step `number`; it is there.
    fn wait_for(&self, side: usize, number: usize) -> bool {
        while !self.has_published(side, number) {
            std::thread::yield_now();
        }
        true
    }

    /// Dismisses the follower unless it has published step `number` meanwhile.
    fn dismiss(&self, number: usize) -> bool {
        let follower = &self.published[FOLLOWER].0;
        follower.compare_exchange(number, DISMISSED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// What a side keeps while it computes: if it panics, which only a mistake of ours makes it do, the other one does not wait for
    /// ever but comes to its end, where the panic goes on.
    pub fn leader_is_there(&self) -> Presence<'_, 'a> {
        Presence { meeting: self, side: LEADER }
    }

    /// The same for the follower.
    pub fn follower_is_there(&self) -> Presence<'_, 'a> {
        Presence { meeting: self, side: FOLLOWER }
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
        let follower = &self.published[FOLLOWER].0;
        if follower.compare_exchange(number, number + 1, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return false;
        }
        self.wait_for(LEADER, number);
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

/// See [`Meeting::leader_is_there`].
pub(crate) struct Presence<'b, 'a> {
    meeting: &'b Meeting<'a>,
    side: usize,
}

impl Drop for Presence<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.meeting.start.0.store(OVER, Ordering::Release);
            self.meeting.published[self.side].0.store(usize::MAX, Ordering::Release);
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
