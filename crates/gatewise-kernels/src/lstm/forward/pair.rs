//! One chunk of samples on two threads that share the units, where there are too few samples to share.
//!
//! The thread that was called, the leader, goes through the steps. From the step at whose start a second thread, the
//! follower, has come, each computes the blocks of its half of the units and gives the other the new state of these: so
//! each core keeps half of the weights in its cache. If nobody comes, the leader does everything; if the follower is late
//! with a step, as where its core was given to another program, the leader dismisses it and goes on alone from the state
//! before. Sums are the same chains, whoever computes them.

use std::ops::Range;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use super::run::{Call, operands};
use super::step::Step;
use crate::lstm::record::ChunkRecord;
use crate::lstm::{DropoutMasks, Inputs, Layer, Output, Sizes};
use crate::parallel::MIN_COST;
use crate::simd::{Isa, SimdOp, lanes};
use crate::tile::PanelNumber;

/// Multiply-adds of whole vectors in a step that take longer than handing its results over.
const MIN_STEP_COST: usize = 1 << 11;

/// Steps in which the second thread has time to come.
const MIN_STEPS: usize = 8;

/// [`Meeting::start`] as long as nobody has come.
const ALONE: usize = usize::MAX;

/// [`Meeting::start`] when the follower has come and waits.
const WAITING: usize = usize::MAX - 1;

/// [`Meeting::start`] when there is nothing left to do.
const OVER: usize = usize::MAX - 2;

/// The follower's counter when the leader does not wait for it any more.
const DISMISSED: usize = usize::MAX;

/// Multiply-adds of a call from which on it pays to wake a second thread.
const MIN_COST_TO_WAKE: usize = 4 * MIN_COST;

/// Until when the second thread of the last call that two could share still looks for work, in nanoseconds after [`START`].
static AWAKE_UNTIL: AtomicU64 = AtomicU64::new(0);

/// Some time before that.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Remembers when a call ended that two threads can share.
pub(super) fn remember_end() {
    /// Somewhat less than `rayon` looks for work before it sleeps.
    const NANOSECONDS: u64 = 8_000;
    AWAKE_UNTIL.store(nanoseconds() + NANOSECONDS, Ordering::Relaxed);
}

/// Whether it pays to call a second thread. A short call would be over before a thread has woken, but where such calls
/// follow each other closely the thread of the call before still looks for work instead of sleeping.
pub(super) fn is_at_hand(sizes: &Sizes) -> bool {
    sizes.steps * step_cost(sizes) >= MIN_COST_TO_WAKE || nanoseconds() < AWAKE_UNTIL.load(Ordering::Relaxed)
}

/// Multiply-adds of a step.
fn step_cost(sizes: &Sizes) -> usize {
    let Sizes { batch, features, units, .. } = *sizes;
    batch * 4 * units * (features + units)
}

fn nanoseconds() -> u64 {
    START.elapsed().as_nanos() as u64
}

/// Whether two threads that are awake are quicker than one.
pub(super) fn is_worth_it(layer: &Layer<f32>, inputs: &Inputs<f32>, has_record: bool) -> bool {
    let Sizes { batch, steps, units, .. } = layer.sizes;
    let step_cost = step_cost(&layer.sizes);
    let is_plain = layer.has_default_activations() && !has_record;
    let has_dropout = |masks: &DropoutMasks<f32>| !matches!(masks, DropoutMasks::None);
    is_plain
        && !has_dropout(&inputs.dropout)
        && !has_dropout(&inputs.recurrent_dropout)
        && (1..4).contains(&batch)
        && units >= 2 * lanes()
        && steps >= MIN_STEPS
        && step_cost / lanes() >= MIN_STEP_COST
        && steps * step_cost >= MIN_COST / 2
        && rayon::current_num_threads() > 1
}

/// Where two threads hand each other their halves of the state. Numbers are atomic because both threads see them; what
/// orders them are the counters.
pub(super) struct Meeting {
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

    /// Gives the leader the follower's half of the state after step `number` and takes the other half of h; `false` if the
    /// follower was dismissed.
    fn follower_exchange(&self, number: usize, next_h: &mut [f32], c: &[f32]) -> bool {
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

/// The follower's part.
pub(super) struct FollowerRun<'a, N> {
    pub call: Call<'a, N>,
    pub meeting: &'a Meeting,
}

impl<N: PanelNumber> SimdOp for FollowerRun<'_, N> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { call, meeting } = self;
        let start = &meeting.start.0;
        if start.compare_exchange(ALONE, WAITING, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return;
        }
        while !spin_until(meeting.patience, || start.load(Ordering::Acquire) != WAITING) {
            std::thread::yield_now();
        }
        let first_step = start.load(Ordering::Acquire);
        if first_step == OVER {
            return;
        }
        let Sizes { batch, steps, units, .. } = call.layer.sizes;
        let mut buffers = [(); 4].map(|()| vec![0.0; batch * units]);
        let [h, next_h, c, y] = &mut buffers;
        let (mut h, mut next_h) = (h.as_mut_slice(), next_h.as_mut_slice());
        meeting.get(&meeting.before(first_step).h, h, 0..units);
        meeting.get(&meeting.before(first_step).c, c, 0..units);
        let mut y = Output::Last(y);
        for number in first_step..steps {
            let time = call.layer.time(number);
            let (x, operand_h) = operands(&call, (0, time), &*h);
            let (count, layout) = (batch, ChunkRecord::new(call.layer, batch));
            let mut step = Step {
                call,
                first: 0,
                count,
                number,
                time,
                h: &*h,
                next_h: &mut *next_h,
                c: &mut *c,
                y: &mut y,
                record: None,
                layout,
                scratch: &mut [],
            };
            step.run_units(isa, x, operand_h, meeting.follower_share());
            step.skip_rows(meeting.follower_share());
            if !meeting.follower_exchange(number, next_h, c) {
                return;
            }
            std::mem::swap(&mut h, &mut next_h);
        }
    }
}
