//! What weights are forced back to after each step: Keras's constraints, with its names and formulas.
//!
//! ```
//! use gatewise::constraints::{ConstraintArgument, MaxNorm};
//! use ndarray::array;
//!
//! let mut kernel = array![[3.0, 0.3], [4.0, 0.4]].into_dyn();
//! let constraint = ConstraintArgument::from(MaxNorm { max_value: 1.0, ..MaxNorm::default() }).resolve()?;
//! constraint.apply(&mut kernel.view_mut())?;
//! assert!((kernel[[1, 0]] - 0.8).abs() < 1e-6);
//! assert!((kernel[[1, 1]] - 0.4).abs() < 1e-6);
//! # Ok::<(), gatewise::Error>(())
//! ```

mod argument;
mod axis;
mod norm;
mod registry;

use std::fmt::Debug;

use ndarray::ArrayViewMutD;
use serde_json::Value;

pub use argument::ConstraintArgument;
pub use axis::Axis;
pub use norm::{MaxNorm, MinMaxNorm, UnitNorm};
pub use registry::{deserialize, get, serialize};

use crate::error::Result;

/// A projection of weights, applied after each update; implement it for a constraint of your own.
pub trait Constraint: Debug + Send + Sync {
    /// Keras's name of the class, such as `MaxNorm`.
    fn class_name(&self) -> &str;

    /// The arguments as a JSON object, as Keras's `get_config` gives them.
    fn config(&self) -> Value;

    /// Checks the arguments that need no weights to be judged.
    ///
    /// # Errors
    /// If an argument is outside its range.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Replaces the weights by the nearest that are allowed.
    ///
    /// # Errors
    /// If the weights have no such axis, or an argument is outside its range.
    fn apply(&self, weights: &mut ArrayViewMutD<'_, f32>) -> Result<()>;
}

/// Negative weights become 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NonNeg;

impl Constraint for NonNeg {
    fn class_name(&self) -> &str {
        "NonNeg"
    }

    fn config(&self) -> Value {
        Value::Object(Default::default())
    }

    fn apply(&self, weights: &mut ArrayViewMutD<'_, f32>) -> Result<()> {
        // `f32::max` would turn NaN into 0 and so hide a training that has failed.
        weights.mapv_inplace(|weight| if weight < 0.0 { 0.0 } else { weight });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
