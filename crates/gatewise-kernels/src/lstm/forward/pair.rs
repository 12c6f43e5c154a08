//! One chunk of samples on two threads that share the units, where there are too few samples to share.
//!
//! The thread that was called, the leader, goes through the steps. From the step at whose start a second thread, the
//! follower, has come, each computes the blocks of its half of the units and gives the other the new state of these: so
//! each core keeps half of the weights in its cache. If nobody comes, the leader does everything; if the follower is late
//! with a step, as where its core was given to another program, the leader dismisses it and goes on alone from the state
//! before. Sums are the same chains, whoever computes them. Nothing is allocated: what the two hand over and what the follower
//! writes to lies in the caller's workspace.

mod meeting;
mod trials;

use std::array::from_fn;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::ForwardSamples;
use super::run::{Call, ChunkRun, operands};
use super::step::Step;
use crate::lstm::record::ChunkRecord;
use crate::lstm::{Inputs, Layer, Output, Sizes};
use crate::parallel::{MIN_COST, join, num_threads};
use crate::recurrent::chunks::{OWN_LINES, own_lines, take};
use crate::recurrent::rows::UsedRows;
use crate::simd::{Isa, SimdOp, lanes, run};
use crate::tile::PanelNumber;

pub(super) use meeting::Meeting;
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

/// A call that two threads can share.
pub(super) struct Shareable {
    attempt: Attempt,
    start: u64,
}

impl Shareable {
    /// Decides about a call of these sizes. A short call would be over before a thread has woken, but where such calls follow
    /// each other closely the thread of the call before still looks for work instead of sleeping.
    pub fn new(sizes: &Sizes) -> Self {
        let (cost, start) = (sizes.steps * step_cost(sizes), nanoseconds());
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
    pub fn is_shared(&self) -> bool {
        self.attempt.with_second
    }

    /// Remembers when the call ended.
    pub fn end(self) {
        /// Somewhat less than `rayon` looks for work before it sleeps.
        const NANOSECONDS: u64 = 8_000;
        let end = nanoseconds();
        AWAKE_UNTIL.store(end + NANOSECONDS, Ordering::Relaxed);
        TRIALS.remember(self.attempt, end - self.start);
    }
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
    let is_plain = layer.has_default_activations() && !has_record;
    is_plain
        && !inputs.has_dropout()
        && may_be_worth_it(&layer.sizes)
        && layer.sizes.units >= 2 * lanes()
        && step_cost(&layer.sizes) / lanes() >= MIN_STEP_COST
        && num_threads() > 1
}

/// Whether they may be on some instruction set.
fn may_be_worth_it(sizes: &Sizes) -> bool {
    (1..4).contains(&sizes.batch)
        && sizes.steps >= MIN_STEPS
        && sizes.steps * step_cost(sizes) >= MIN_COST / 2
}

/// How many numbers of scratch [`run_on_two`] needs beside that of the samples. They are as many for any instruction set, as
/// it may be chosen after memory was planned.
pub(super) fn scratch_len(sizes: &Sizes) -> usize {
    match may_be_worth_it(sizes) {
        true => Meeting::max_len(sizes) + FOLLOWER_BUFFERS * sizes.batch * sizes.units + OWN_LINES,
        false => 0,
    }
}

/// Runs all samples, with a second thread if one comes in time; both have ended when it returns.
pub(super) fn run_on_two(call: Call<impl PanelNumber>, samples: ForwardSamples, scratch: &mut [f32]) {
    let sizes = &call.layer.sizes;
    let mut scratch = own_lines(scratch);
    let meeting = Meeting::new(sizes, take(&mut scratch, Meeting::max_len(sizes)));
    let follower = FollowerRun { call, meeting: &meeting, scratch };
    let leader = ChunkRun { call, samples, meeting: Some(&meeting) };
    join(|| run(leader), || run(follower));
}

/// h before and after a step, c, and outputs that nobody reads.
const FOLLOWER_BUFFERS: usize = 4;

/// The follower's part.
struct FollowerRun<'a, N> {
    call: Call<'a, N>,
    meeting: &'a Meeting<'a>,
    /// [`FOLLOWER_BUFFERS`]
    scratch: &'a mut [f32],
}

impl<N: PanelNumber> SimdOp for FollowerRun<'_, N> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { call, meeting, mut scratch } = self;
        let Some(first_step) = meeting.come() else { return };
        let Sizes { batch, steps, units, .. } = call.layer.sizes;
        let buffers: [_; FOLLOWER_BUFFERS] = from_fn(|_| take(&mut scratch, batch * units));
        let [mut h, mut next_h, c, y] = buffers;
        meeting.get_state(first_step, h, c);
        let mut y = Output::Last(y);
        for number in first_step..steps {
            let time = call.layer.time(number);
            let (x, operand_h) = operands(&call, (0, time), &*h);
            let (count, layout) = (batch, ChunkRecord::new(call.layer, batch));
            let mut step = Step {
                call: &call,
                count,
                number,
                time,
                used: &UsedRows::new(call.inputs.mask, steps, (0, batch), time),
                used_before: None,
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
