//! One chunk of samples on two threads that share the units.

use std::array::from_fn;
use std::marker::PhantomData;

use super::ForwardSamples;
use super::run::{Call, ChunkRun, operands};
use super::step::{Compute, Step};
use crate::parallel::join;
use crate::recurrent::chunks::{own_lines, take};
use crate::recurrent::pair::{Exchange, Meeting, Pair, Part, Work};
use crate::recurrent::rows::UsedRows;
use crate::rnn::record::{RecordLayout, recorded_work};
use crate::rnn::{Inputs, Kind, Layer, Output, Sizes, Way};
use crate::simd::{Isa, SimdOp, lanes, run};
use crate::tile::MAX_VECTORS;

/// The threads hand each other h.
const ROWS: usize = 1;

fn work(kind: Kind, sizes: &Sizes) -> Work {
    let vectors = if kind == Kind::Simple { MAX_VECTORS } else { 1 };
    Work { sizes: *sizes, gates: kind.gates(), block: vectors * lanes() }
}

/// What two threads can share of a call, if that is worth while.
pub(super) fn work_to_share(layer: &Layer<f32>, inputs: &Inputs<f32>, has_record: bool) -> Option<Work> {
    if has_record {
        return recorded_work(layer, inputs);
    }
    let is_plain = layer.way() != Way::Rows && !inputs.has_dropout();
    let work = work(layer.kind, &inputs.x.multiplied(&layer.sizes));
    (is_plain && work.can_be_shared()).then_some(work)
}

/// How many numbers of scratch [`run_on_two`] needs beside that of the samples.
pub(super) fn scratch_len(kind: Kind, sizes: &Sizes) -> usize {
    work(kind, sizes).scratch_len(ROWS, FOLLOWER_BUFFERS)
}

/// Runs all samples, with a second thread if one comes in time; both have ended when it returns.
pub(super) fn run_on_two<C: Compute>(work: &Work, call: Call, samples: ForwardSamples, scratch: &mut [f32]) {
    let Sizes { batch, units, .. } = work.sizes;
    let mut scratch = own_lines(scratch);
    let meeting = take(&mut scratch, Meeting::max_len(ROWS * batch * units));
    let may_dismiss = samples.record.is_none();
    let pair = Pair::new(work, Exchange { rows: ROWS, may_dismiss, has_cells: false }, meeting);
    let way = PhantomData;
    let follower = FollowerRun::<C> { call, pair: &pair, scratch, way };
    let leader = ChunkRun::<C> { call, samples, shares: Some(work.shares()), pair: Some(&pair), way };
    join(|| run(leader), || run(follower));
}

/// h before and after a step, and outputs that nobody reads.
const FOLLOWER_BUFFERS: usize = 3;

/// The follower's part.
struct FollowerRun<'a, 'b, C> {
    call: Call<'b>,
    pair: &'b Pair<'a, Part<'a, RecordLayout>>,
    /// [`FOLLOWER_BUFFERS`]
    scratch: &'b mut [f32],
    way: PhantomData<C>,
}

impl<C: Compute> SimdOp for FollowerRun<'_, '_, C> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { call, pair, mut scratch, .. } = self;
        let meeting = &pair.meeting;
        let _presence = meeting.follower_is_there();
        let Some(first_step) = meeting.come() else { return };
        let Sizes { batch, steps, units, .. } = call.layer.sizes;
        let share = meeting.follower_share();
        let layout = call.layer.record_layout().of_share(&share);
        let mut part = pair.take_over().unwrap_or(Part { share, record: None, layout });
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
                part: part.reborrow(),
                h: &*h,
                next_h: &mut *next_h,
                y: &mut y,
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
