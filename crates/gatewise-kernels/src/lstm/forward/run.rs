//! One chunk of samples through all steps.

use std::ops::Range;

use super::ForwardSamples;
use super::step::Step;
use crate::lstm::record::ChunkRecord;
use crate::lstm::tokens::Tokens;
use crate::lstm::weights::Weights;
use crate::lstm::{GATES, Inputs, Layer, Output, Sizes};
use crate::recurrent::chunks::{Samples, own_lines, take};
use crate::recurrent::operand::{Operand, is_zero};
use crate::recurrent::pair::{Pair, Part};
use crate::recurrent::rows::UsedRows;
use crate::simd::{Isa, SimdOp};
use crate::tile::PanelNumber;

/// What all chunks share.
#[derive(Clone, Copy)]
pub(super) struct Call<'a, N> {
    pub layer: &'a Layer<'a, f32>,
    pub inputs: &'a Inputs<'a, f32>,
    pub weights: Weights<'a, N>,
    /// What stands for the bias and the product with x, if x is looked up.
    pub tokens: Option<Tokens<'a>>,
}

/// The work on a chunk.
pub(super) struct ChunkRun<'a, 'b, N> {
    pub call: Call<'b, N>,
    pub samples: ForwardSamples<'a>,
    /// The units of each of two threads, if there may be two.
    pub shares: Option<[Range<usize>; 2]>,
    /// Where the second one may come to help.
    pub pair: Option<&'b Pair<'a, Part<'a, ChunkRecord>>>,
}

/// x at `time` and h of the samples from number `first`, without dropout.
#[inline(always)]
pub(super) fn operands<'a, N>(
    call: &Call<'a, N>,
    (first, time): (usize, usize),
    h: &'a [f32],
) -> (Operand<'a>, Operand<'a>) {
    let sizes = &call.layer.sizes;
    (call.inputs.x.operand(sizes, first, time), Operand::of_states(h, sizes.units))
}

impl<N: PanelNumber> SimdOp for ChunkRun<'_, '_, N> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { call, samples, shares, pair } = self;
        let _presence = pair.map(|pair| pair.meeting.leader_is_there());
        let Sizes { steps, features, units, .. } = call.layer.sizes;
        let (first, count) = (samples.first, samples.count());
        let ForwardSamples { mut y, h: last_h, c: last_c, record, scratch, .. } = samples;
        let layout = |share: &Range<usize>| ChunkRecord::new(call.layer, count, share);
        let (mut near, mut far) = Part::of_chunk(units, shares, record, layout, |layout| layout.len(steps));
        let mut scratch = own_lines(scratch);
        let mut h = take(&mut scratch, count * units);
        let mut next_h = take(&mut scratch, count * units);
        let c = take(&mut scratch, count * units);
        let masked = if call.inputs.has_dropout() { 4 * count } else { 0 };
        let masked_x = take(&mut scratch, masked * features);
        let masked_h = take(&mut scratch, masked * units);
        h.copy_from_slice(&call.inputs.h0[first * units..][..count * units]);
        c.copy_from_slice(&call.inputs.c0[first * units..][..count * units]);
        if let Output::Last(y) = &mut y {
            y.fill(0.0);
        }
        let mut used_before: Option<UsedRows> = None;
        for number in 0..steps {
            let time = call.layer.time(number);
            let used = UsedRows::new(call.inputs.mask, steps, (first, count), time);
            let (x, previous_h) = operands(&call, (first, time), h);
            let x = x.masked(&call.inputs.dropout, GATES, (first, count), masked_x);
            let mut operand_h =
                previous_h.masked(&call.inputs.recurrent_dropout, GATES, (first, count), masked_h);
            if number == 0 && is_zero(h) {
                operand_h = operand_h.without_numbers();
            }
            let shared =
                pair.filter(|pair| pair.meeting.is_shared(number, h, c, || pair.hand_over(&mut far)));
            let mut step = Step {
                call: &call,
                count,
                number,
                time,
                used: &used,
                used_before: used_before.as_ref(),
                part: near.reborrow(),
                h: &*h,
                next_h: &mut *next_h,
                c: &mut *c,
                y: &mut y,
                scratch: &mut *scratch,
            };
            step.run(isa, x, operand_h);
            // What the second thread has not done of its part remains to be done.
            let is_complete = shared.is_some_and(|pair| step.is_completed_by(&pair.meeting));
            if let (false, Some(far)) = (is_complete, &mut far) {
                step.part = far.reborrow();
                step.run(isa, x, operand_h);
            }
            if pair.is_none() && used.are_masked() {
                used_before = Some(used);
            }
            std::mem::swap(&mut h, &mut next_h);
        }
        if let Some(pair) = pair {
            pair.meeting.end(steps, c);
        }
        last_h.copy_from_slice(h);
        last_c.copy_from_slice(c);
    }
}
