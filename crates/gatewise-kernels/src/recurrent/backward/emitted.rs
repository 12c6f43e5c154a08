//! The gradients by the outputs on their way back: a step that a mask skips emits the output before it once more.

use std::ops::Range;

use super::Sequences;
use crate::recurrent::{OutputGradient, Sizes};

/// The gradients by the outputs of a call.
#[derive(Clone, Copy)]
pub(crate) struct Emitted<'a> {
    pub sequences: Sequences<'a>,
    pub d_y: OutputGradient<'a, f32>,
    /// Skipped steps emit zeros instead.
    pub zero_output_for_mask: bool,
}

impl Emitted<'_> {
    /// Adds the gradient by the output of step `number` of a sample to that by h, `d_h`, if the step is used; otherwise hands it
    /// on to the step whose output was emitted again, in `d_emitted`. Both have the numbers of the units in `share`.
    #[inline(always)]
    pub fn receive(
        &self,
        (sample, number): (usize, usize),
        used: bool,
        share: &Range<usize>,
        d_h: &mut [f32],
        d_emitted: &mut [f32],
    ) {
        let Sizes { steps, units, .. } = self.sequences.sizes;
        let d_y = match self.d_y {
            OutputGradient::Sequence(d_y) => Some(&d_y[(sample * steps + number) * units..]),
            OutputGradient::Last(d_y) if number + 1 == steps => Some(&d_y[sample * units..]),
            OutputGradient::Last(_) | OutputGradient::None => None,
        };
        let d_y = d_y.map(|d_y| &d_y[share.clone()]);
        let repeats_output = self.sequences.mask.is_some() && !self.zero_output_for_mask;
        if used && repeats_output && self.was_emitted_again((sample, number)) {
            add(d_h, d_emitted);
            d_emitted.fill(0.0);
        }
        match d_y {
            Some(d_y) if used => add(d_h, d_y),
            Some(d_y) if repeats_output => add(d_emitted, d_y),
            _ => {}
        }
    }

    /// Whether the step after this one is skipped.
    #[inline(always)]
    fn was_emitted_again(&self, (sample, number): (usize, usize)) -> bool {
        let next = number + 1;
        next < self.sequences.sizes.steps && self.sequences.used_rows((sample, 1), next).is_empty()
    }
}

/// Adds `from` to `to`.
#[inline(always)]
fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}
