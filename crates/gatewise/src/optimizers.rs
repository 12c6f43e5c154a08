//! How weights move against their gradients: Keras's optimizers, with its names, defaults and order of
//! operations.
//!
//! One step does, in this order: divide the gradients by `loss_scale_factor`, clip them, decay the weights,
//! apply the optimizer's own rule, average the weights if `use_ema`, and count the iteration. Constraints
//! belong to the weights and are applied by the caller afterwards. Everything but the rule is the same for
//! all optimizers and is set in [`OptimizerOptions`]; an optimizer of your own is an [`UpdateRule`].
//!
//! ```
//! use gatewise::optimizers::{Adam, OptimizerArgument, OptimizerOptions};
//!
//! let adam = Adam {
//!     learning_rate: 0.1.into(),
//!     options: OptimizerOptions { clipnorm: Some(1.0), ..OptimizerOptions::default() },
//!     ..Adam::default()
//! };
//! let mut optimizer = OptimizerArgument::from(adam).resolve()?;
//! optimizer.build(&[("dense/kernel", &[2])])?;
//!
//! let mut kernel = [1.0, -1.0];
//! optimizer.apply(&[&[0.3, -0.7]], &mut [&mut kernel])?;
//! assert!((kernel[0] - 0.9).abs() < 1e-5 && (kernel[1] + 0.9).abs() < 1e-5);
//! assert_eq!(optimizer.iterations(), 1);
//! # Ok::<(), gatewise::Error>(())
//! ```

mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adam_w;
mod adamax;
mod argument;
mod averages;
mod built;
mod check;
mod exclusions;
mod float32;
mod ftrl;
mod gradient;
mod gradients;
mod lamb;
mod learning_rate;
mod lion;
mod loss_scale_optimizer;
mod muon;
mod nadam;
mod options;
mod registry;
mod rms_prop;
mod row_sums;
mod rule;
mod rule_optimizer;
mod schedule_free_adam_w;
pub mod schedules;
mod sgd;
mod slot_table;
mod squares;

use std::borrow::Cow;
use std::fmt::Debug;

use ndarray::ArrayD;
use serde_json::Value;

pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adam_w::AdamW;
pub use adamax::Adamax;
pub use argument::OptimizerArgument;
pub use ftrl::Ftrl;
pub use gradient::Gradient;
pub use lamb::Lamb;
pub use learning_rate::LearningRate;
pub use lion::Lion;
pub use loss_scale_optimizer::LossScaleOptimizer;
pub use muon::Muon;
pub use nadam::Nadam;
pub use options::OptimizerOptions;
pub use registry::{deserialize, get, serialize};
pub use rms_prop::RmsProp;
pub use rule::{SlotBlock, SlotForm, Slots, Update, UpdateRule};
pub use schedule_free_adam_w::ScheduleFreeAdamW;
pub use sgd::Sgd;

use crate::error::{Error, Result};

/// What a training loop needs of an optimizer.
///
/// Weights and gradients are plain slices in the order that [`build`](Self::build) was told. After `build` no
/// step allocates memory, those of [`Muon`] apart.
pub trait Optimizer: Debug + Send + Sync {
    /// Keras's name of the class, such as `RMSprop`.
    fn class_name(&self) -> &str;

    /// The arguments as a JSON object, as Keras's `get_config` gives them.
    fn config(&self) -> Value;

    /// The learning rate of the next step.
    fn learning_rate(&self) -> f32;

    /// Replaces the learning rate, at least 0; a warm-up may start from 0.
    ///
    /// # Errors
    /// If it is negative or not finite, or if the optimizer follows a schedule.
    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<()>;

    /// The number of updates so far; with gradient accumulation fewer than calls of [`apply`](Self::apply).
    fn iterations(&self) -> u64;

    /// What the loss has to be multiplied by before its gradients are taken, if anything.
    fn loss_scale_factor(&self) -> Option<f32>;

    /// Says which weights `weight_decay` leaves alone: those with a path in `var_list`, such as `lstm/lstm_cell/bias`, and
    /// those with a part of their own name in `var_names`, such as `bias`. Replaces what was said before.
    ///
    /// # Errors
    /// If the optimizer is built already, or if a name is a pattern, which Keras would take.
    /// [`build`](Self::build) reports a path that no trainable weight has.
    fn exclude_from_weight_decay(&mut self, var_list: &[&str], var_names: &[&str]) -> Result<()> {
        let _ = (var_list, var_names);
        Err(Error::unsupported(self.class_name(), "the optimizer has no `exclude_from_weight_decay`"))
    }

    /// Makes the optimizer's own arrays for weights of these names and shapes; a second call changes nothing.
    ///
    /// # Errors
    /// If it was built for other weights before.
    fn build(&mut self, variables: &[(&str, &[usize])]) -> Result<()>;

    /// Moves the weights by one step.
    ///
    /// # Errors
    /// If the optimizer is not built, or the slices are not those it was built for; nothing has changed then.
    fn apply(&mut self, gradients: &[&[f32]], weights: &mut [&mut [f32]]) -> Result<()>;

    /// The same by gradients of which some may be rows of tables. The weights become what whole gradients make of them; an
    /// optimizer may find a faster way than that.
    ///
    /// # Errors
    /// As for [`apply`](Self::apply).
    fn apply_gradients(&mut self, gradients: &[Gradient<'_>], weights: &mut [&mut [f32]]) -> Result<()> {
        let whole =
            gradients.iter().zip(&*weights).map(|(gradient, weights)| gradient.to_dense(weights.len()));
        let whole: Vec<Cow<'_, [f32]>> = whole.collect::<Result<_>>()?;
        self.apply(&whole.iter().map(|gradient| &**gradient).collect::<Vec<_>>(), weights)
    }

    /// Ends a training: with `use_ema` the weights become their averages (Keras's `finalize_variable_values`).
    ///
    /// # Errors
    /// As for [`apply`](Self::apply).
    fn finalize(&mut self, weights: &mut [&mut [f32]]) -> Result<()>;

    /// All that changes from step to step, in the order in which Keras saves it: the iteration, the learning
    /// rate unless it follows a schedule, averages, accumulated gradients, the rule's own arrays.
    fn state(&self) -> Vec<OptimizerVariable>;

    /// Puts back the values of [`state`](Self::state), in the same order.
    ///
    /// # Errors
    /// If their number, kinds or shapes differ from those of `state`; nothing has changed then.
    fn set_state(&mut self, values: &[OptimizerValue]) -> Result<()>;
}

/// One entry of an optimizer's state.
#[derive(Debug, Clone, PartialEq)]
pub struct OptimizerVariable {
    /// Keras's name for it, such as `iteration` or `dense_kernel_momentum`.
    pub name: String,
    /// Its value.
    pub value: OptimizerValue,
}

/// The value of an entry of an optimizer's state.
#[derive(Debug, Clone, PartialEq)]
pub enum OptimizerValue {
    /// A count, such as the number of calls of `apply` so far; Keras stores it as a 64-bit integer.
    Integer(u64),
    /// Numbers in the shape of a weight, or a single number without axes.
    Array(ArrayD<f32>),
}

#[cfg(test)]
mod tests;
