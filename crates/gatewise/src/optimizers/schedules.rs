//! Learning rates that change from step to step: Keras's schedules.
//!
//! ```
//! use gatewise::optimizers::schedules::{ExponentialDecay, LearningRateSchedule};
//!
//! let schedule = ExponentialDecay::new(0.1, 100, 0.5);
//! assert_eq!(schedule.at(0), 0.1);
//! assert_eq!(schedule.at(100), 0.05);
//! ```

mod cosine_decay;
mod cosine_decay_restarts;
mod exponential_decay;
mod function_schedule;
mod inverse_time_decay;
mod piecewise_constant_decay;
mod polynomial_decay;

use std::fmt::Debug;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use cosine_decay::CosineDecay;
pub use cosine_decay_restarts::CosineDecayRestarts;
pub use exponential_decay::ExponentialDecay;
pub use function_schedule::FunctionSchedule;
pub use inverse_time_decay::InverseTimeDecay;
pub use piecewise_constant_decay::PiecewiseConstantDecay;
pub use polynomial_decay::PolynomialDecay;

use crate::error::{Error, Result};
use crate::serialization::{self, Class, from_config};

const KIND: &str = "learning_rate";

/// A learning rate as a function of the step; implement it for a schedule of your own.
pub trait LearningRateSchedule: Debug + Send + Sync {
    /// Keras's name of the class, such as `ExponentialDecay`.
    fn class_name(&self) -> &str;

    /// The arguments as a JSON object, as Keras's `get_config` gives them.
    fn config(&self) -> Value;

    /// Checks the arguments.
    ///
    /// # Errors
    /// If an argument is outside its range.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The learning rate of a step, counted from 0.
    fn at(&self, step: u64) -> f32;
}

const CLASSES: &[Class<Arc<dyn LearningRateSchedule>>] = &[
    Class {
        names: &["ExponentialDecay"],
        create: |config| create::<ExponentialDecay>("ExponentialDecay", config),
    },
    Class {
        names: &["PiecewiseConstantDecay"],
        create: |config| create::<PiecewiseConstantDecay>("PiecewiseConstantDecay", config),
    },
    Class {
        names: &["PolynomialDecay"],
        create: |config| create::<PolynomialDecay>("PolynomialDecay", config),
    },
    Class {
        names: &["InverseTimeDecay"],
        create: |config| create::<InverseTimeDecay>("InverseTimeDecay", config),
    },
    Class { names: &["CosineDecay"], create: |config| create::<CosineDecay>("CosineDecay", config) },
    Class {
        names: &["CosineDecayRestarts"],
        create: |config| create::<CosineDecayRestarts>("CosineDecayRestarts", config),
    },
];

fn create<S>(class_name: &str, config: Map<String, Value>) -> Result<Arc<dyn LearningRateSchedule>>
where
    S: LearningRateSchedule + Serialize + DeserializeOwned + 'static,
{
    Ok(Arc::new(from_config::<S>(class_name, config)?))
}

/// The schedule that Keras's `serialize` described.
///
/// # Errors
/// If the class or an argument is unknown, or an argument is outside its range.
pub fn deserialize(value: &Value) -> Result<Arc<dyn LearningRateSchedule>> {
    if !value.is_object() {
        return Err(Error::argument(KIND, format!("expected a number or a schedule, got {value}")));
    }
    let (class_name, config) = serialization::unwrap(KIND, value)?;
    let schedule = serialization::create(KIND, CLASSES, class_name, config)?;
    schedule.check()?;
    Ok(schedule)
}

/// Class and arguments of a schedule, as Keras's `serialize` gives them.
pub fn serialize(schedule: &dyn LearningRateSchedule) -> Value {
    serialization::wrap("keras.optimizers.schedules", schedule.class_name(), schedule.config())
}

#[cfg(test)]
mod tests;
