//! One chunk of samples on two threads that share the units, where there are too few samples to share.
//!
//! The thread that was called, the leader, goes through the steps. From the step at whose start a second thread, the
//! follower, has come, each computes the blocks of its half of the units and gives the other the new state of these: so
//! each core keeps half of the weights in its cache. If nobody comes, the leader does everything; if the follower of a
//! prediction is late with a step, as where its core was given to another program, the leader dismisses it and goes on alone
//! from the state before. Sums are the same chains, whoever computes them. Nothing is allocated: what the two hand over and what
//! the follower writes to lies in the caller's workspace.
//!
//! In training the follower is given more than a state when it comes: the part of the record, or on the way back of all that is
//! carried, that belongs to its units, which nobody else touches from then on. So it cannot be dismissed. On the way
//! back the two hand each other not the state but the gradients by the sums of the step.

mod meeting;
mod part;
mod trials;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::Instant;

use super::Sizes;
use super::chunks::OWN_LINES;
use crate::parallel::{MIN_COST, num_threads};
use crate::simd::lanes;

pub(crate) use meeting::{Exchange, Meeting};
pub(crate) use part::Part;
use trials::{Attempt, Trials};

/// Multiply-adds of whole vectors in a step that take longer than handing its results over.
const MIN_STEP_COST: usize = 1 << 11;

/// Steps in which the second thread has time to come.
const MIN_STEPS: usize = 8;

/// Multiply-adds of a call from which on it pays to wake a second thread.
const MIN_COST_TO_WAKE: usize = 4 * MIN_COST;

/// Until when the second thread of the last call that two could share still looks for work, in nanoseconds after [`START`].
static AWAKE_UNTIL: AtomicU64 = AtomicU64::new(0);

/// Some time before that.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What short calls took.
static TRIALS: Trials = Trials::new();

/// What there is to share.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    pub sizes: Sizes,
    /// How many blocks of columns the weights have.
    pub gates: usize,
    /// How many units at a time are computed, which are not shared.
    pub block: usize,
}

impl Work {
    /// Multiply-adds of a step.
    fn step_cost(&self) -> usize {
        let Sizes { batch, features, units, .. } = self.sizes;
        batch * self.gates * units * (features + units)
    }

    /// Multiply-adds of all steps.
    fn cost(&self) -> usize {
        self.sizes.steps * self.step_cost()
    }

    /// Whether two threads that are awake would be quicker than one.
    pub fn can_be_shared(&self) -> bool {
        self.may_be_worth_it()
            && self.sizes.units >= 2 * self.block
            && self.step_cost() / lanes() >= MIN_STEP_COST
    }

    /// Whether two threads are quicker than one even if the second one must be woken.
    pub fn is_worth_waking(&self) -> bool {
        self.can_be_shared() && self.cost() >= MIN_COST_TO_WAKE
    }

    /// Whether they may be on some instruction set.
    fn may_be_worth_it(&self) -> bool {
        let Sizes { batch, steps, .. } = self.sizes;
        (1..4).contains(&batch) && steps >= MIN_STEPS && self.cost() >= MIN_COST / 2
    }

    /// The units of the leader and of the follower.
    pub fn shares(&self) -> [Range<usize>; 2] {
        let units = self.sizes.units;
        let middle = units.div_ceil(self.block).div_ceil(2) * self.block;
        [0..middle, middle..units]
    }

    /// How many numbers of scratch two threads need beside that of the samples, if in a step they hand over `rows` rows of H
    /// numbers a sample and the follower has `buffers` of its own. They are as many for any instruction set, as it may be
    /// chosen after memory was planned.
    pub fn scratch_len(&self, rows: usize, buffers: usize) -> usize {
        let Sizes { batch, units, .. } = self.sizes;
        match self.may_be_worth_it() {
            true => Meeting::max_len(rows * batch * units) + buffers * batch * units + OWN_LINES,
            false => 0,
        }
    }
}

/// How a forward call is shared.
pub(crate) struct Sharing {
    /// What two threads could share, if anything.
    work: Option<Work>,
    has_record: bool,
    /// Without a record, where there are threads.
    shareable: Option<Shareable>,
    is_shared: bool,
}

impl Sharing {
    /// Decides about a call that leaves a record or not.
    pub fn new(work: Option<Work>, has_record: bool) -> Self {
        let has_threads = work.is_some() && num_threads() > 1;
        let shareable = work.as_ref().filter(|_| has_threads && !has_record).map(Shareable::new);
        let is_shared = has_threads && shareable.as_ref().is_none_or(Shareable::is_shared);
        Self { work, has_record, shareable, is_shared }
    }

    /// What to run on two threads, if it is to be.
    pub fn on_two(&self) -> Option<&Work> {
        self.work.as_ref().filter(|_| self.is_shared)
    }

    /// The parts that one thread goes through: a record has a part for each of two threads, whether there are two or not.
    pub fn shares_of_one(&self) -> Option<[Range<usize>; 2]> {
        self.work.as_ref().filter(|_| self.has_record).map(Work::shares)
    }

    /// Remembers when the call ended.
    pub fn end(self) {
        if let Some(shareable) = self.shareable {
            shareable.end();
        }
    }
}

/// A call that two threads can share.
struct Shareable {
    attempt: Attempt,
    start: u64,
}

impl Shareable {
    /// Decides about a call. A short one would be over before a thread has woken, but where such calls follow each other closely
    /// the thread of the call before still looks for work instead of sleeping.
    fn new(work: &Work) -> Self {
        let (cost, start) = (work.cost(), nanoseconds());
        let attempt = if cost >= MIN_COST_TO_WAKE {
            Attempt { with_second: true, is_timed: false }
        } else if start < AWAKE_UNTIL.load(Ordering::Relaxed) {
            TRIALS.next(cost as u64)
        } else {
            Attempt { with_second: false, is_timed: false }
        };
        Self { attempt, start }
    }

    /// Whether to call a second thread.
    fn is_shared(&self) -> bool {
        self.attempt.with_second
    }

    /// Remembers when the call ended.
    fn end(self) {
        /// Somewhat less than `rayon` looks for work before it sleeps.
        const NANOSECONDS: u64 = 8_000;
        let end = nanoseconds();
        AWAKE_UNTIL.store(end + NANOSECONDS, Ordering::Relaxed);
        TRIALS.remember(self.attempt, end - self.start);
    }
}

fn nanoseconds() -> u64 {
    START.elapsed().as_nanos() as u64
}

/// Where a second thread may come to help, and is handed a part P of the work if there is one that only one thread may have.
pub(crate) struct Pair<'a, P> {
    pub meeting: Meeting<'a>,
    handed: Mutex<Option<P>>,
    has_parts: bool,
}

impl<'a, P> Pair<'a, P> {
    /// For some work, in scratch as [`Meeting::new`] asks for. There are parts where the follower may not be dismissed.
    pub fn new(work: &Work, exchange: Exchange, scratch: &'a mut [f32]) -> Self {
        let has_parts = !exchange.may_dismiss;
        Self { meeting: Meeting::new(work, exchange, scratch), handed: Mutex::new(None), has_parts }
    }

    /// Gives the follower its part, if there are parts.
    pub fn hand_over(&self, far: &mut Option<P>) {
        if self.has_parts {
            *self.handed.lock().expect("nobody panics with it") = far.take();
        }
    }

    /// The follower's part, if there are parts.
    pub fn take_over(&self) -> Option<P> {
        let mut part = None;
        if self.has_parts {
            part = self.handed.lock().expect("nobody panics with it").take();
            assert!(part.is_some(), "the leader hands it over before it lets the follower in");
        }
        part
    }
}
