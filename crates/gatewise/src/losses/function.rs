//! What a loss is to the rest: a formula with its arguments.

use std::fmt::Debug;

use ndarray::Array1;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::serialization::config_of;

/// Keras's `epsilon`: how far probabilities are kept from 0 and 1, divisors and arguments of logarithms from 0.
pub(super) const EPSILON: f64 = 1e-7;

/// A formula of losses with its arguments. Implement it for a loss of your own that has arguments to check; for one
/// without there is [`Loss::custom`](super::Loss::custom).
///
/// ```
/// use gatewise::losses::{Loss, LossBatch, LossFunction, Losses};
/// use gatewise::{Builder, Error, Result};
///
/// /// |y − p| to a power.
/// #[derive(Debug)]
/// struct PowerOfError(f64);
///
/// impl LossFunction for PowerOfError {
///     fn name(&self) -> &str {
///         "power_of_error"
///     }
///
///     fn losses(&self, b: &Builder, batch: &LossBatch) -> Result<Losses> {
///         let error = b.abs(b.sub(batch.y_true, batch.y_pred)?)?;
///         Ok(Losses::new(b.mean_last(b.pow(error, b.scalar(self.0)?)?)?, batch))
///     }
///
///     fn check(&self) -> Result<()> {
///         match self.0 >= 1.0 {
///             true => Ok(()),
///             false => Err(Error::argument(self.name(), format!("expected a power of at least 1, got {}", self.0))),
///         }
///     }
/// }
///
/// let compile = gatewise::Compile::new("adam", PowerOfError(1.5));
/// let reduced = Loss::from(PowerOfError(3.0)).reduction(gatewise::losses::Reduction::Sum);
/// # let _ = (compile, reduced);
/// ```
pub trait LossFunction: Debug + Send + Sync {
    /// Its name, which messages begin with.
    fn name(&self) -> &str;

    /// Emits the losses: one for each sample (and time step), which is the shape of the predictions less the last axis.
    ///
    /// # Errors
    /// If the shapes of targets and predictions do not fit.
    fn losses(&self, builder: &Builder, batch: &LossBatch) -> Result<Losses>;

    /// Checks its arguments.
    ///
    /// # Errors
    /// If one is outside its range.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The class that [`deserialize`](super::deserialize) knows it by; none for one of your own.
    fn class_name(&self) -> Option<&'static str> {
        None
    }

    /// Its arguments in a configuration, in the order of Keras's `get_config`.
    fn config(&self) -> Map<String, Json> {
        Map::new()
    }
}

/// What the losses of a batch are computed from.
#[derive(Debug, Clone, Copy)]
pub struct LossBatch {
    /// The targets.
    pub y_true: Value,
    /// The predictions.
    pub y_pred: Value,
    /// The mask that the predictions carry, `[batch, time]`: 1 where a step counts and 0 elsewhere.
    pub mask: Option<Value>,
    /// Whether every step needs a loss of its own, because there is a mask or a weight for each.
    pub by_step: bool,
}

impl LossBatch {
    /// Targets and predictions without a mask.
    pub fn new(y_true: Value, y_pred: Value) -> Self {
        Self { y_true, y_pred, mask: None, by_step: false }
    }
}

/// The losses of a batch, and which of them count.
#[derive(Debug, Clone, Copy)]
pub struct Losses {
    /// A loss for each sample (and time step).
    pub values: Value,
    /// The shape of the values: 1 where one counts and 0 elsewhere. Absent, all count.
    pub mask: Option<Value>,
}

impl Losses {
    /// Losses that count where the mask of the predictions says so.
    pub fn new(values: Value, batch: &LossBatch) -> Self {
        Self { values, mask: batch.mask }
    }

    /// The same, of which only those count where `counts` is 1 too.
    ///
    /// # Errors
    /// If the shapes do not broadcast.
    pub fn that_count(self, builder: &Builder, counts: Value) -> Result<Self> {
        let mask = match self.mask {
            Some(mask) => builder.mul(mask, counts)?,
            None => counts,
        };
        Ok(Self { mask: Some(mask), ..self })
    }
}

/// The arguments of a loss by name. `hidden` ones, which Keras leaves out of its configuration though it reads them
/// back, are only written where they differ from the default, so that nothing is lost.
pub(super) fn arguments_of<F: Serialize + Default>(function: &F, hidden: &[&str]) -> Map<String, Json> {
    let object = |function: &F| match config_of(function) {
        Json::Object(arguments) => arguments,
        other => unreachable!("a struct is an object, not {other}"),
    };
    let defaults = object(&F::default());
    let is_written = |name: &str, value: &Json| !hidden.contains(&name) || defaults.get(name) != Some(value);
    object(function).into_iter().filter(|(name, value)| is_written(name, value)).collect()
}

/// Emits arguments, one for each element of the last axis.
pub(super) fn row(b: &Builder, numbers: &[f64]) -> Result<Value> {
    b.literal(&numbers.iter().map(|x| *x as f32).collect::<Array1<f32>>().into_dyn())
}

/// Checks that an argument is inside its range, which `range` describes.
pub(super) fn check_number(
    subject: &str,
    argument: &str,
    value: f64,
    is_inside: bool,
    range: &str,
) -> Result<()> {
    if is_inside && value.is_finite() {
        return Ok(());
    }
    Err(Error::argument(subject, format!("`{argument}` must be {range}, got {value}")))
}

/// Defines a loss without arguments: its type, which is its class in Keras, its name, and the formula.
macro_rules! plain_loss {
    ($(#[$doc:meta])* $loss:ident, $name:literal, $losses:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $loss;

        impl $crate::losses::LossFunction for $loss {
            fn name(&self) -> &str {
                $name
            }

            fn losses(
                &self,
                builder: &$crate::builder::Builder,
                batch: &$crate::losses::LossBatch,
            ) -> $crate::error::Result<$crate::losses::Losses> {
                let losses: fn(
                    &$crate::builder::Builder,
                    &$crate::losses::LossBatch,
                ) -> $crate::error::Result<$crate::losses::Losses> = $losses;
                losses(builder, batch)
            }

            fn class_name(&self) -> Option<&'static str> {
                Some(stringify!($loss))
            }
        }
    };
}

pub(super) use plain_loss;
