//! One chunk of samples through all steps.

use std::marker::PhantomData;

use super::ForwardSamples;
use super::step::{Compute, Step};
use crate::recurrent::chunks::{Samples, own_lines, take};
use crate::recurrent::operand::{Operand, is_zero};
use crate::recurrent::pair::Meeting;
use crate::recurrent::rows::UsedRows;
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
pub(super) struct ChunkRun<'a, C> {
    pub call: Call<'a>,
    pub samples: ForwardSamples<'a>,
    /// Where another thread may come to help.
    pub meeting: Option<&'a Meeting<'a>>,
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

impl<C: Compute> SimdOp for ChunkRun<'_, C> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { call, samples, meeting, .. } = self;
        let _presence = meeting.map(Meeting::leader_is_there);
        let (layer, inputs) = (call.layer, call.inputs);
        let (Sizes { steps, features, units, .. }, kind) = (layer.sizes, layer.kind);
        let (first, count) = (samples.first, samples.count());
        let ForwardSamples { mut y, h: last_h, mut record, layout, scratch, .. } = samples;
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
            let shared = meeting.filter(|meeting| meeting.is_shared(number, h, &[], || {}));
            let mut step = Step {
                call,
                first,
                count,
                number,
                time,
                used: UsedRows::new(inputs.mask, steps, chunk, time),
                share: 0..units,
                h: &*h,
                next_h: &mut *next_h,
                y: &mut y,
                record: record.as_deref_mut(),
                layout,
                sums: &mut *sums,
                values: &mut *values,
                reset: &mut *reset,
            };
            match shared {
                Some(meeting) => step.run_shared::<I, C>(isa, x, operand_h, meeting),
                None => step.run::<I, C>(isa, x, operand_h),
            }
            std::mem::swap(&mut h, &mut next_h);
        }
        if let Some(meeting) = meeting {
            meeting.end(steps, &mut []);
        }
        last_h.copy_from_slice(h);
    }
}
