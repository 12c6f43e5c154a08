//! One chunk of samples on two threads that share the units.

use std::array::from_fn;
use std::marker::PhantomData;

use super::ForwardSamples;
use super::run::{Call, ChunkRun, operands};
use super::step::{Compute, Step};
use crate::parallel::{join, num_threads};
use crate::recurrent::chunks::{own_lines, take};
use crate::recurrent::pair::{Exchange, Meeting, Work};
use crate::recurrent::rows::UsedRows;
use crate::rnn::{Inputs, Kind, Layer, Output, Sizes};
use crate::simd::{Isa, SimdOp, lanes, run};
use crate::tile::MAX_VECTORS;

/// The two hand each other h.
const STATES: Exchange = Exchange { rows: 1, may_dismiss: true, has_cells: false };

/// What two threads could share of a call.
pub(super) fn work(kind: Kind, sizes: &Sizes) -> Work {
    let vectors = if kind == Kind::Simple { MAX_VECTORS } else { 1 };
    Work { sizes: *sizes, gates: kind.gates(), block: vectors * lanes() }
}

/// Whether two threads that are awake are quicker than one, if the units of a step do not depend on each other.
pub(super) fn is_worth_it(layer: &Layer<f32>, inputs: &Inputs<f32>, has_record: bool) -> bool {
    let can_be_shared = || work(layer.kind, &inputs.x.multiplied(&layer.sizes)).can_be_shared();
    !has_record && !inputs.has_dropout() && can_be_shared() && num_threads() > 1
}

/// How many numbers of scratch [`run_on_two`] needs beside that of the samples.
pub(super) fn scratch_len(kind: Kind, sizes: &Sizes) -> usize {
    work(kind, sizes).scratch_len(STATES.rows, FOLLOWER_BUFFERS)
}

/// Runs all samples, with a second thread if one comes in time; both have ended when it returns.
pub(super) fn run_on_two<C: Compute>(call: Call, samples: ForwardSamples, scratch: &mut [f32]) {
    let work = work(call.layer.kind, &call.inputs.x.multiplied(&call.layer.sizes));
    let mut scratch = own_lines(scratch);
    let Sizes { batch, units, .. } = work.sizes;
    let meeting = Meeting::new(&work, STATES, take(&mut scratch, Meeting::max_len(batch * units)));
    let way = PhantomData;
    let follower = FollowerRun::<C> { call, meeting: &meeting, scratch, way };
    let leader = ChunkRun::<C> { call, samples, meeting: Some(&meeting), way };
    join(|| run(leader), || run(follower));
}

/// h before and after a step, and outputs that nobody reads.
const FOLLOWER_BUFFERS: usize = 3;

/// The follower's part.
struct FollowerRun<'a, C> {
    call: Call<'a>,
    meeting: &'a Meeting<'a>,
    /// [`FOLLOWER_BUFFERS`]
    scratch: &'a mut [f32],
    way: PhantomData<C>,
}

impl<C: Compute> SimdOp for FollowerRun<'_, C> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { call, meeting, mut scratch, .. } = self;
        let _presence = meeting.follower_is_there();
        let Some(first_step) = meeting.come() else { return };
        let Sizes { batch, steps, units, .. } = call.layer.sizes;
        let buffers: [_; FOLLOWER_BUFFERS] = from_fn(|_| take(&mut scratch, batch * units));
        let [mut h, mut next_h, y] = buffers;
        meeting.get_state(first_step, h, &mut []);
        let mut y = Output::Last(y);
        for number in first_step..steps {
            let time = call.layer.time(number);
            let (x, operand_h) = operands(&call, (0, time), &*h);
            let mut step = Step {
                call,
                first: 0,
                count: batch,
                number,
                time,
                used: UsedRows::new(call.inputs.mask, steps, (0, batch), time),
                share: meeting.follower_share(),
                h: &*h,
                next_h: &mut *next_h,
                y: &mut y,
                record: None,
                layout: call.layer.record_layout(),
                sums: &mut [],
                values: &mut [],
                reset: &mut [],
            };
            step.run::<I, C>(isa, x, operand_h);
            if !meeting.follower_exchange(number, next_h, &[]) {
                return;
            }
            std::mem::swap(&mut h, &mut next_h);
        }
    }
}
