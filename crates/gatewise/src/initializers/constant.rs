//! Initializers without randomness.

use ndarray::{ArrayD, IxDyn};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Initializer, InitializerRandom, filled};
use crate::error::{Error, Result};
use crate::serialization::config_of;

/// All weights 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Zeros;

impl Initializer for Zeros {
    fn class_name(&self) -> &str {
        "Zeros"
    }

    fn config(&self) -> Value {
        json!({})
    }

    fn initialize(&self, shape: &[usize], _: &mut InitializerRandom) -> Result<ArrayD<f32>> {
        filled(shape, |_| ())
    }
}

/// All weights 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ones;

impl Initializer for Ones {
    fn class_name(&self) -> &str {
        "Ones"
    }

    fn config(&self) -> Value {
        json!({})
    }

    fn initialize(&self, shape: &[usize], _: &mut InitializerRandom) -> Result<ArrayD<f32>> {
        filled(shape, |values| values.fill(1.0))
    }
}

/// All weights the same value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Constant {
    /// The value, finite; 0 by default.
    pub value: f64,
}

impl Initializer for Constant {
    fn class_name(&self) -> &str {
        "Constant"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        check_finite("Constant", "value", self.value)
    }

    fn initialize(&self, shape: &[usize], _: &mut InitializerRandom) -> Result<ArrayD<f32>> {
        self.check()?;
        filled(shape, |values| values.fill(self.value as f32))
    }
}

/// A matrix with `gain` on its diagonal and 0 elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// The value on the diagonal, finite; 1 by default.
    pub gain: f64,
}

impl Default for Identity {
    fn default() -> Self {
        Self { gain: 1.0 }
    }
}

impl Initializer for Identity {
    fn class_name(&self) -> &str {
        "Identity"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        check_finite("Identity", "gain", self.gain)
    }

    /// # Errors
    /// If `shape` is not [rows, columns].
    fn initialize(&self, shape: &[usize], _: &mut InitializerRandom) -> Result<ArrayD<f32>> {
        self.check()?;
        let &[_, columns] = shape else {
            return Err(Error::shape(
                "Identity",
                format!("expected a weight [rows, columns], got {shape:?}"),
            ));
        };
        filled(shape, |values| {
            for value in values.iter_mut().step_by(columns + 1).take(columns) {
                *value = self.gain as f32;
            }
        })
    }
}

/// The values themselves, for exactly one shape.
///
/// Keras takes an array in place of an initializer in the same way but cannot store it; the class name and
/// the configuration (the shape and all values) are this library's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DirectTensor {
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl DirectTensor {
    pub(super) const CLASS_NAME: &str = "DirectTensor";
}

impl From<ArrayD<f32>> for DirectTensor {
    fn from(values: ArrayD<f32>) -> Self {
        Self { shape: values.shape().to_vec(), values: values.into_iter().collect() }
    }
}

impl Initializer for DirectTensor {
    fn class_name(&self) -> &str {
        Self::CLASS_NAME
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        let Self { shape, values } = self;
        if shape.iter().try_fold(1_usize, |len, &dim| len.checked_mul(dim)) != Some(values.len()) {
            let text = format!("expected as many values as {shape:?} has elements, got {}", values.len());
            return Err(Error::shape(Self::CLASS_NAME, text));
        }
        Ok(())
    }

    /// # Errors
    /// If `shape` is not that of the array.
    fn initialize(&self, shape: &[usize], _: &mut InitializerRandom) -> Result<ArrayD<f32>> {
        if shape != self.shape {
            let text = format!("expected a weight {shape:?}, got an array {:?}", self.shape);
            return Err(Error::shape("initializer", text));
        }
        self.check()?;
        Ok(ArrayD::from_shape_vec(IxDyn(shape), self.values.clone()).expect("checked above"))
    }
}

/// Checks that an argument is a number that weights can take.
fn check_finite(class_name: &str, argument: &str, value: f64) -> Result<()> {
    if (value as f32).is_finite() {
        return Ok(());
    }
    Err(Error::argument(class_name, format!("`{argument}` must be finite, got {value}")))
}

#[cfg(test)]
mod tests;
