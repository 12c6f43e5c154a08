//! The exponential moving average of the weights.

use super::OptimizerOptions;
use super::slot_table::{SlotTable, Variable};

/// An average of each weight over the updates.
#[derive(Debug)]
pub(super) struct Averages {
    momentum: f32,
    overwrite_frequency: Option<u64>,
    pub(super) values: SlotTable,
}

impl Averages {
    /// The averages that the options ask for, if any.
    pub(super) fn new(options: &OptimizerOptions, variables: &[Variable]) -> Option<Self> {
        options.use_ema.then(|| Self {
            momentum: options.ema_momentum as f32,
            overwrite_frequency: options.ema_overwrite_frequency,
            values: SlotTable::zeros(variables, "average"),
        })
    }

    /// Takes the weights in after a step: average ← m · average + (1 − m) · weights, with m = 0 until there has
    /// been an update. `updates` counts those before this step.
    ///
    /// As in Keras this happens on every step, also on those that only accumulate gradients.
    pub(super) fn take(&mut self, updates: u64, weights: &mut [&mut [f32]]) {
        let momentum = if updates == 0 { 0.0 } else { self.momentum };
        for (variable, weights) in weights.iter().enumerate() {
            for (average, &weight) in self.values.only(variable).iter_mut().zip(weights.iter()) {
                *average = momentum * *average + (1.0 - momentum) * weight;
            }
        }
        if self.overwrite_frequency.is_some_and(|frequency| (updates + 1).is_multiple_of(frequency)) {
            self.overwrite(weights);
        }
    }

    /// Puts the averages in place of the weights.
    pub(super) fn overwrite(&mut self, weights: &mut [&mut [f32]]) {
        for (variable, weights) in weights.iter_mut().enumerate() {
            weights.copy_from_slice(self.values.only(variable));
        }
    }
}
