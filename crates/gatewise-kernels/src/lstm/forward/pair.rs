//! One chunk of samples on two threads that share the units.

use std::array::from_fn;

use super::ForwardSamples;
use super::run::{Call, ChunkRun, operands};
use super::step::Step;
use crate::lstm::record::ChunkRecord;
use crate::lstm::{GATES, Inputs, Layer, Output, Sizes};
use crate::parallel::join;
use crate::recurrent::chunks::{own_lines, take};
use crate::recurrent::pair::{Meeting, Work};
use crate::recurrent::rows::UsedRows;
use crate::simd::{Isa, SimdOp, lanes, run};
use crate::tile::PanelNumber;

/// What two threads could share of a call.
pub(super) fn work(sizes: &Sizes) -> Work {
    Work { sizes: *sizes, gates: GATES, block: lanes() }
}

/// Whether two threads that are awake are quicker than one.
pub(super) fn is_worth_it(layer: &Layer<f32>, inputs: &Inputs<f32>, has_record: bool) -> bool {
    let is_plain = layer.has_default_activations() && !has_record && !inputs.has_dropout();
    is_plain && work(&layer.sizes).is_worth_it()
}

/// How many numbers of scratch [`run_on_two`] needs beside that of the samples.
pub(super) fn scratch_len(sizes: &Sizes) -> usize {
    work(sizes).scratch_len(FOLLOWER_BUFFERS)
}

/// Runs all samples, with a second thread if one comes in time; both have ended when it returns.
pub(super) fn run_on_two(call: Call<impl PanelNumber>, samples: ForwardSamples, scratch: &mut [f32]) {
    let sizes = &call.layer.sizes;
    let mut scratch = own_lines(scratch);
    let meeting = Meeting::new(&work(sizes), true, take(&mut scratch, Meeting::max_len(sizes)));
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
