//! One chunk of samples through all steps.

use std::marker::PhantomData;
use std::ops::Range;

use super::ForwardSamples;
use super::step::{Compute, Step};
use crate::recurrent::chunks::{Samples, own_lines, take};
use crate::recurrent::operand::{Operand, is_zero};
use crate::recurrent::pair::{Pair, Part};
use crate::recurrent::rows::UsedRows;
use crate::rnn::record::RecordLayout;
use crate::rnn::weights::Weights;
use crate::rnn::{Inputs, Layer, Output, Sizes};
use crate::simd::{Isa, SimdOp};

/// What all chunks share.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub layer: &'a Layer<'a, f32>,
    pub inputs: &'a Inputs<'a, f32>,
    pub weights: Weights<'a>,
}

/// The work on a chunk, whose steps are computed in the way C.
pub(super) struct ChunkRun<'a, 'b, C> {
    pub call: Call<'b>,
    pub samples: ForwardSamples<'a>,
    /// The units of each of two threads, if there may be two.
    pub shares: Option<[Range<usize>; 2]>,
    /// Where the second one may come to help.
    pub pair: Option<&'b Pair<'a, Part<'a, RecordLayout>>>,
    pub way: PhantomData<C>,
}

/// x at `time` and h of the samples from number `first`, without dropout.
#[inline(always)]
pub(super) fn operands<'a>(
    call: &Call<'a>,
    (first, time): (usize, usize),
    h: &'a [f32],
) -> (Operand<'a>, Operand<'a>) {
    let sizes = &call.layer.sizes;
    (call.inputs.x.operand(sizes, first, time), Operand::of_states(h, sizes.units))
}

impl<C: Compute> SimdOp for ChunkRun<'_, '_, C> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { call, samples, shares, pair, .. } = self;
        let _presence = pair.map(|pair| pair.meeting.leader_is_there());
        let (layer, inputs) = (call.layer, call.inputs);
        let (Sizes { steps, features, units, .. }, kind) = (layer.sizes, layer.kind);
        let (first, count) = (samples.first, samples.count());
        let ForwardSamples { mut y, h: last_h, record, scratch, .. } = samples;
        let layout = |share: &Range<usize>| layer.record_layout().of_share(share);
        let (mut near, mut far) = Part::of_chunk(units, shares, record, layout, RecordLayout::len);
        let mut scratch = own_lines(scratch);
        let mut h = take(&mut scratch, count * units);
        let mut next_h = take(&mut scratch, count * units);
        let masked = if inputs.has_dropout() { kind.gates() * count } else { 0 };
        let masked_x = take(&mut scratch, masked * features);
        let masked_h = take(&mut scratch, masked * units);
        let sums = take(&mut scratch, count * kind.sums() * units);
        let values = take(&mut scratch, count * kind.sums() * units);
        let reset = take(&mut scratch, count * units);
        h.copy_from_slice(&inputs.h0[first * units..][..count * units]);
        if let Output::Last(y) = &mut y {
            y.fill(0.0);
        }
        for number in 0..steps {
            let time = layer.time(number);
            let (x, previous_h) = operands(&call, (first, time), h);
            let chunk = (first, count);
            let x = x.masked(&inputs.dropout, kind.gates(), chunk, masked_x);
            let mut operand_h = previous_h.masked(&inputs.recurrent_dropout, kind.gates(), chunk, masked_h);
            if number == 0 && is_zero(h) {
                operand_h = operand_h.without_numbers();
            }
            let shared =
                pair.filter(|pair| pair.meeting.is_shared(number, h, &[], || pair.hand_over(&mut far)));
            let mut step = Step {
                call,
                first,
                count,
                number,
                time,
                used: UsedRows::new(inputs.mask, steps, chunk, time),
                part: near.reborrow(),
                h: &*h,
                next_h: &mut *next_h,
                y: &mut y,
                sums: &mut *sums,
                values: &mut *values,
                reset: &mut *reset,
            };
            step.run::<I, C>(isa, x, operand_h);
            // What the second thread has not done of its part remains to be done.
            let is_complete = shared.is_some_and(|pair| step.is_completed_by(&pair.meeting));
            if let (false, Some(far)) = (is_complete, &mut far) {
                step.part = far.reborrow();
                step.run::<I, C>(isa, x, operand_h);
            }
            std::mem::swap(&mut h, &mut next_h);
        }
        if let Some(pair) = pair {
            pair.meeting.end(steps, &mut []);
        }
        last_h.copy_from_slice(h);
    }
}
