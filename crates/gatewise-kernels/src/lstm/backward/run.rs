//! One chunk of samples through a block of steps, from the last to the first.

use std::ops::Range;

use super::carried::{Carried, Parts};
use super::pair::{self, Pair};
use crate::lstm::{Inputs, Layer, OutputGradients};
use crate::recurrent::backward::Sequences;
use crate::recurrent::backward::emitted::Emitted;
use crate::recurrent::backward::samples::BackwardSamples;
use crate::recurrent::pair::Work;
use crate::simd::{Isa, SimdOp, run};

/// What all chunks share.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub layer: &'a Layer<'a, f32>,
    pub inputs: &'a Inputs<'a, f32>,
    pub sequences: Sequences<'a>,
    pub record: &'a [f32],
    pub emitted: Emitted<'a>,
    pub d_outputs: &'a OutputGradients<'a, f32>,
    /// Wᵀ in panels.
    pub kernel: &'a [f32],
    /// Uᵀ in panels.
    pub recurrent_kernel: &'a [f32],
    /// Whether the gradient by the state before the first step is wanted.
    pub has_d_h0: bool,
}

/// Takes a chunk through the steps with these numbers, in the order of processing forward. `work` is what two threads may share.
pub(super) fn run_steps(call: Call, work: Option<&Work>, mut samples: BackwardSamples, steps: &Range<usize>) {
    if samples.count == 0 {
        return;
    }
    let shares = work.map(Work::shares);
    let (d_h0, d_c0) = (samples.d_h0.take(), samples.d_c0.take());
    let Parts { mut near, mut far, scratch, .. } =
        Parts::new(call, shares.as_ref(), samples.reborrow(), steps);
    if steps.end == call.layer.sizes.steps {
        near.start();
        far.iter_mut().for_each(Carried::start);
    }
    match work {
        Some(work) if pair::has_threads() => pair::run_on_two(work, near, far, steps, scratch),
        _ => run(StepsBack { near, far, pair: None, steps: steps.clone() }),
    }
    let mut parts = Parts::new(call, shares.as_ref(), samples, steps);
    parts.join(steps);
    if steps.start == 0 {
        parts.finish(d_h0, d_c0);
    }
}

/// The work on a chunk.
pub(super) struct StepsBack<'a, 'b> {
    /// All units, or those of the first of two threads.
    pub near: Carried<'a>,
    /// Those of the second one, which takes them when it comes.
    pub far: Option<Carried<'a>>,
    pub pair: Option<&'b Pair<'a>>,
    pub steps: Range<usize>,
}

impl SimdOp for StepsBack<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { mut near, mut far, pair, steps } = self;
        let _presence = pair.map(|pair| pair.meeting.leader_is_there());
        let mut used = 0;
        for (num_done, number) in steps.clone().rev().enumerate() {
            let rows = near.used_rows(number);
            let slots = near.kept.slots(steps.len(), num_done, used);
            let shared =
                pair.filter(|pair| pair.meeting.is_shared(num_done, &[], &[], || pair.hand_over(&mut far)));
            near.step(isa, number, rows, slots);
            if let Some(pair) = shared {
                pair.meeting.leader_exchange(num_done, near.d_z_rows, &mut []);
            }
            if let Some(far) = &mut far {
                far.step(isa, number, rows, slots);
                near.exchange(far);
                far.multiply(number, rows);
            }
            near.multiply(number, rows);
            used += rows.len();
        }
        if let Some(pair) = pair {
            pair.meeting.end(steps.len(), &mut []);
        }
    }
}
