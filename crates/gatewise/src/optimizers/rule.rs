//! What distinguishes one optimizer from another.

use std::fmt::Debug;
use std::slice::IterMut;

use serde_json::Value;

use super::{LearningRate, OptimizerOptions};
use crate::error::Result;

/// The arguments and the formula of one optimizer; all else is done for it.
///
/// To add an optimizer, implement this for a struct of its arguments.
pub trait UpdateRule: Debug + Send + Sync {
    /// Keras's name of the class, such as `RMSprop`.
    fn class_name(&self) -> &str;

    /// All arguments as a JSON object, those of [`OptimizerOptions`] included.
    fn config(&self) -> Value;

    /// The learning rate at the start.
    fn learning_rate(&self) -> &LearningRate;

    /// The arguments that all optimizers share.
    fn options(&self) -> &OptimizerOptions;

    /// Checks the rule's own arguments.
    ///
    /// # Errors
    /// If an argument is outside its range.
    fn check(&self) -> Result<()>;

    /// The arrays to keep for each weight.
    fn slots(&self) -> Vec<SlotBlock>;

    /// Moves one weight. `gradient`, `weights` and each slot have the same length.
    fn update(&self, update: Update, slots: Slots<'_>, gradient: &[f32], weights: &mut [f32]);
}

/// Which update is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Update {
    /// The number of the update, from 1.
    pub number: u64,
    /// The learning rate.
    pub learning_rate: f32,
}

impl Update {
    /// 1 − `beta`ᵗ for update t, in f32 as in Keras, where early steps depend on it.
    pub fn bias_correction(self, beta: f64) -> f32 {
        // The power is taken in f64 and rounded once, as near to any good f32 power as can be.
        1.0 - libm::pow(f64::from(beta as f32), self.number as f64) as f32
    }
}

/// Arrays that are kept for each weight and saved together: all those of the first weight, then of the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlotBlock {
    /// Keras's names of the arrays.
    pub names: &'static [&'static str],
    /// The value of all elements before the first step.
    pub initial: f32,
}

impl SlotBlock {
    /// Arrays that start as zeros.
    pub fn zeros(names: &'static [&'static str]) -> Self {
        Self { names, initial: 0.0 }
    }
}

/// The arrays kept for one weight, handed out in the order in which [`UpdateRule::slots`] names them.
#[derive(Debug)]
pub struct Slots<'a>(IterMut<'a, Vec<f32>>);

impl<'a> Slots<'a> {
    pub(super) fn new(slots: &'a mut [Vec<f32>]) -> Self {
        Self(slots.iter_mut())
    }

    /// The next array.
    ///
    /// # Panics
    /// If the rule has named no further one.
    pub fn take(&mut self) -> &'a mut [f32] {
        self.0.next().expect("a rule takes only slots that it has named")
    }
}
