//! What distinguishes one optimizer from another.

use std::fmt::Debug;
use std::ops::Range;
use std::slice::IterMut;

use serde_json::Value;

use super::float32::power;
use super::slot_table::Slot;
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

    /// Name and shape of the array `slot` of one weight, or nothing if this weight needs none; by default Keras's
    /// name `dense_kernel_momentum` and the shape of the weight.
    fn slot_of(&self, slot: &'static str, path: &str, shape: &[usize]) -> Option<SlotForm> {
        Some(SlotForm::like_weight(slot, path, shape))
    }

    /// Numbers that are kept once for all weights together and saved after all arrays; by default none.
    fn shared(&self) -> Vec<SlotBlock> {
        Vec::new()
    }

    /// What one weight decays by; by default [`OptimizerOptions::weight_decay`].
    fn weight_decay(&self, _path: &str, _shape: &[usize]) -> Option<f64> {
        self.options().weight_decay
    }

    /// Sets the arrays of one weight that depend on where it starts, before the first update; by default none does.
    fn start(&self, _slots: Slots<'_>, _weights: &[f32]) {}

    /// Moves the shared numbers on, once in every update before any weight; by default they stay.
    fn advance(&self, _update: Update, _shared: Slots<'_>) {}

    /// Whether every element moves by itself, so that [`update`](Self::update) may be given a weight in pieces, one after
    /// another, each with its part of the slots; by default not.
    fn is_elementwise(&self) -> bool {
        false
    }

    /// Whether a rule that is [elementwise](Self::is_elementwise) leaves weight and slots as they are, to the bit, where the
    /// gradient is 0, so that it need not be told of such elements; by default not.
    fn rests_at_zero(&self) -> bool {
        false
    }

    /// Moves one weight. `gradient`, `weights` and, unless [`slot_of`](Self::slot_of) says otherwise, each slot have the
    /// same length.
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
        1.0 - power(beta as f32, self.number as f32)
    }
}

/// Arrays that are kept for each weight and saved together: all those of the first weight, then of the next.
#[derive(Debug, Clone, PartialEq)]
pub struct SlotBlock {
    /// Keras's name of each array and the value of all its elements before the first step.
    pub slots: Vec<(&'static str, f32)>,
}

impl SlotBlock {
    /// Arrays of these names that start as zeros.
    pub fn zeros(names: &[&'static str]) -> Self {
        Self { slots: names.iter().map(|&name| (name, 0.0)).collect() }
    }

    /// Arrays with their names and initial values.
    pub fn new(slots: impl Into<Vec<(&'static str, f32)>>) -> Self {
        Self { slots: slots.into() }
    }
}

/// Name and shape of an array that is kept for a weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotForm {
    /// The name under which it is saved.
    pub name: String,
    /// Sizes of its axes; none for a single number.
    pub shape: Vec<usize>,
}

impl SlotForm {
    /// Keras's name `dense_kernel_momentum` and the shape of the weight.
    pub fn like_weight(slot: &str, path: &str, shape: &[usize]) -> Self {
        Self { name: format!("{}_{slot}", path.replace('/', "_")), shape: shape.to_vec() }
    }
}

/// The arrays kept for one weight, handed out in the order in which [`UpdateRule::slots`] names them.
#[derive(Debug)]
pub struct Slots<'a> {
    pub(super) shape: &'a [usize],
    pub(super) own: IterMut<'a, Slot>,
    pub(super) shared: &'a [Slot],
    /// The part of the weight that is moved, where it is not the whole.
    pub(super) range: Option<Range<usize>>,
}

impl<'a> Slots<'a> {
    /// The next array.
    ///
    /// # Panics
    /// If the rule has named no further one.
    pub fn take(&mut self) -> &'a mut [f32] {
        self.take_if_any().expect("a rule takes only slots that it has named")
    }

    /// The next array, if this weight has a further one.
    pub fn take_if_any(&mut self) -> Option<&'a mut [f32]> {
        let range = self.range.clone();
        self.own.next().map(|slot| match range {
            Some(range) => &mut slot.values[range],
            None => &mut slot.values[..],
        })
    }

    /// The shape of the weight.
    pub fn shape(&self) -> &'a [usize] {
        self.shape
    }

    /// A number of [`UpdateRule::shared`], by its place there.
    ///
    /// # Panics
    /// If the rule has not so many.
    pub fn shared(&self, index: usize) -> f32 {
        self.shared[index].values[0]
    }
}
