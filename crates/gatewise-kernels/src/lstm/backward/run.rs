//! One chunk of samples through a block of steps, from the last to the first.

use std::ops::Range;

use super::carried::parts;
use crate::lstm::{GATES, Inputs, Layer, OutputGradients};
use crate::recurrent::backward::Sequences;
use crate::recurrent::backward::emitted::Emitted;
use crate::recurrent::backward::parts::{BlockOfSteps, run_parts, write_share};
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
    let steps = BlockOfSteps { sequences: call.sequences, kept, samples: (first, count), numbers };
    let shares = work.map(Work::shares);
    let (mut d_h0, mut d_c0) = (samples.d_h0.take(), samples.d_c0.take());
    let before = parts(call, shares.as_ref(), samples.reborrow(), &steps);
    run_parts(before, &steps, (work, GATES));
    let mut after = parts(call, shares.as_ref(), samples, &steps);
    after.join(&steps);
    if steps.numbers.start == 0 {
        let units = call.layer.sizes.units;
        for part in after.into_iter() {
            write_share(d_h0.as_deref_mut(), part.d_h, &part.share, units);
            write_share(d_c0.as_deref_mut(), part.d_c, &part.share, units);
        }
    }
}
