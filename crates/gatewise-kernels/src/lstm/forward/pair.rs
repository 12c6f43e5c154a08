//! One chunk of samples on two threads that share the units.

use std::array::from_fn;

use super::ForwardSamples;
use super::run::{Call, ChunkRun, operands};
use super::step::Step;
use crate::lstm::record::{ChunkRecord, recorded_work};
use crate::lstm::{GATES, Inputs, Layer, Output, Sizes};
use crate::parallel::join;
use crate::recurrent::chunks::{own_lines, take};
use crate::recurrent::pair::{Exchange, Meeting, Pair, Part, Work};
use crate::recurrent::rows::UsedRows;
use crate::simd::{Isa, SimdOp, lanes, run};
use crate::tile::PanelNumber;

/// The threads hand each other h.
const ROWS: usize = 1;

fn work(sizes: &Sizes) -> Work {
    Work { sizes: *sizes, gates: GATES, block: lanes() }
}

/// What two threads can share of a call, if that is worth while.
pub(super) fn work_to_share(layer: &Layer<f32>, inputs: &Inputs<f32>, has_record: bool) -> Option<Work> {
    if has_record {
        return recorded_work(layer, inputs);
    }
    let is_plain = layer.has_default_activations() && !inputs.has_dropout();
    Some(work(&inputs.x.multiplied(&layer.sizes))).filter(|work| is_plain && work.can_be_shared())
}

/// How many numbers of scratch [`run_on_two`] needs beside that of the samples.
pub(super) fn scratch_len(sizes: &Sizes) -> usize {
    work(sizes).scratch_len(ROWS, FOLLOWER_BUFFERS)
}

/// Runs all samples, with a second thread if one comes in time; both have ended when it returns.
pub(super) fn run_on_two(
    work: &Work,
    call: Call<impl PanelNumber>,
    samples: ForwardSamples,
    scratch: &mut [f32],
) {
    let Sizes { batch, units, .. } = work.sizes;
    let mut scratch = own_lines(scratch);
    let meeting = take(&mut scratch, Meeting::max_len(ROWS * batch * units));
    let may_dismiss = samples.record.is_none();
    let pair = Pair::new(work, Exchange { rows: ROWS, may_dismiss, has_cells: true }, meeting);
    let follower = FollowerRun { call, pair: &pair, scratch };
    let leader = ChunkRun { call, samples, shares: Some(work.shares()), pair: Some(&pair) };
    join(|| run(leader), || run(follower));
}

/// h before and after a step, c, and outputs that nobody reads.
const FOLLOWER_BUFFERS: usize = 4;

/// The follower's part.
struct FollowerRun<'a, 'b, N> {
    call: Call<'b, N>,
    pair: &'b Pair<'a, Part<'a, ChunkRecord>>,
    /// [`FOLLOWER_BUFFERS`]
    scratch: &'b mut [f32],
}

impl<N: PanelNumber> SimdOp for FollowerRun<'_, '_, N> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { call, pair, mut scratch } = self;
        let meeting = &pair.meeting;
        let _presence = meeting.follower_is_there();
        let Some(first_step) = meeting.come() else { return };
        let Sizes { batch, steps, units, .. } = call.layer.sizes;
        let share = meeting.follower_share();
        let layout = ChunkRecord::new(call.layer, batch, &share);
        let mut part = pair.take_over().unwrap_or(Part { share, record: None, layout });
        let buffers: [_; FOLLOWER_BUFFERS] = from_fn(|_| take(&mut scratch, batch * units));
        let [mut h, mut next_h, c, y] = buffers;
        meeting.get_state(first_step, h, c);
        let mut y = Output::Last(y);
        for number in first_step..steps {
            let time = call.layer.time(number);
            let (x, operand_h) = operands(&call, (0, time), &*h);
            let mut step = Step {
                call: &call,
                count: batch,
                number,
                time,
                used: &UsedRows::new(call.inputs.mask, steps, (0, batch), time),
                used_before: None,
                part: part.reborrow(),
                h: &*h,
                next_h: &mut *next_h,
                c: &mut *c,
                y: &mut y,
                scratch: &mut [],
            };
            step.run(isa, x, operand_h);
            if !meeting.follower_exchange(number, next_h, c) {
                return;
            }
            std::mem::swap(&mut h, &mut next_h);
        }
    }
}
