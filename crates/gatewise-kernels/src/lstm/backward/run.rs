//! One chunk of samples through a block of steps, from the last to the first.

use std::ops::Range;

use super::carried::{Carried, Parts};
use crate::lstm::{GATES, Inputs, Layer, OutputGradients};
use crate::recurrent::backward::Sequences;
use crate::recurrent::backward::emitted::Emitted;
use crate::recurrent::backward::parts::{BlockOfSteps, run_parts};
use crate::recurrent::backward::samples::BackwardSamples;
use crate::recurrent::pair::Work;

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
pub(super) fn run_steps(
    call: Call,
    work: Option<&Work>,
    mut samples: BackwardSamples,
    numbers: Range<usize>,
) {
    let BackwardSamples { first, count, kept, .. } = samples;
    if count == 0 {
        return;
    }
    let is_last_block = numbers.end == call.layer.sizes.steps;
    let steps = BlockOfSteps { sequences: call.sequences, kept, samples: (first, count), numbers };
    let shares = work.map(Work::shares);
    let (d_h0, d_c0) = (samples.d_h0.take(), samples.d_c0.take());
    let Parts { mut near, mut far, scratch, .. } =
        Parts::new(call, shares.as_ref(), samples.reborrow(), &steps);
    if is_last_block {
        near.start();
        far.iter_mut().for_each(Carried::start);
    }
    run_parts(near, far, &steps, (work, GATES), scratch);
    let mut parts = Parts::new(call, shares.as_ref(), samples, &steps);
    parts.join(&steps);
    if steps.numbers.start == 0 {
        parts.finish(d_h0, d_c0);
    }
}
