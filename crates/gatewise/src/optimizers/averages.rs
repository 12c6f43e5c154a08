//! The exponential moving average of the weights.

use std::ops::Range;

use gatewise_kernels::vector::update;

use super::OptimizerOptions;
use super::slot_table::{SlotTable, Variable};

/// An average of each weight over the updates.
#[derive(Debug)]
pub(super) struct Averages {
    momentum: f32,
    /// Share of the old average in this step.
    share: f32,
    overwrite_frequency: Option<u64>,
    pub(super) values: SlotTable,
}

impl Averages {
    /// The averages that the options ask for, if any.
    pub(super) fn new(options: &OptimizerOptions, variables: &[Variable]) -> Option<Self> {
        options.use_ema.then(|| Self {
            momentum: options.ema_momentum as f32,
            share: 0.0,
            overwrite_frequency: options.ema_overwrite_frequency,
            values: SlotTable::zeros(variables, "average"),
        })
    }

    /// Begins a step, which takes in all weights once. `updates` counts those before it; until there has been one, the
    /// averages become the weights.
    ///
    /// As in Keras this happens on every step, also on those that only accumulate gradients.
    pub(super) fn begin(&mut self, updates: u64) {
        self.share = if updates == 0 { 0.0 } else { self.momentum };
    }

    /// Takes in a part of a weight: average ← m · average + (1 − m) · weights.
    pub(super) fn take(&mut self, variable: usize, range: Range<usize>, weights: &[f32]) {
        let share = self.share;
        let average = &mut self.values.only(variable)[range];
        update(
            weights,
            average,
            #[inline(always)]
            |weight, average| share * average + (1.0 - share) * weight,
        );
    }

    /// Ends a step: now and then the averages become the weights.
    pub(super) fn finish(&self, updates: u64, weights: &mut [&mut [f32]]) {
        if self.overwrite_frequency.is_some_and(|frequency| (updates + 1).is_multiple_of(frequency)) {
            self.overwrite(weights);
        }
    }

    /// Puts the averages in place of the weights.
    pub(super) fn overwrite(&self, weights: &mut [&mut [f32]]) {
        for (variable, weights) in weights.iter_mut().enumerate() {
            weights.copy_from_slice(self.values.first_of(variable));
        }
    }
}
