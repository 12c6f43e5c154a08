//! Numbers that a layer is given as an argument.

use ndarray::{ArrayD, IxDyn, arr0};
use serde_json::Value as Json;

use super::config;

/// One number, or an array of them: of `f32`, of a list of `f32` or of an `ndarray` array.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers(ArrayD<f32>);

impl From<f32> for Numbers {
    fn from(number: f32) -> Self {
        Self(arr0(number).into_dyn())
    }
}

impl From<Vec<f32>> for Numbers {
    fn from(numbers: Vec<f32>) -> Self {
        Self(ndarray::Array1::from(numbers).into_dyn())
    }
}

impl<const N: usize> From<[f32; N]> for Numbers {
    fn from(numbers: [f32; N]) -> Self {
        numbers.to_vec().into()
    }
}

impl From<ArrayD<f32>> for Numbers {
    fn from(numbers: ArrayD<f32>) -> Self {
        Self(numbers)
    }
}

impl Numbers {
    /// The numbers as an array; a single one has no axes.
    pub fn array(&self) -> &ArrayD<f32> {
        &self.0
    }

    /// As Keras writes them: a number, or lists in lists.
    pub(super) fn to_json(&self) -> Json {
        fn nested(numbers: ndarray::ArrayViewD<'_, f32>) -> Json {
            match numbers.ndim() {
                0 => config::short(numbers[IxDyn(&[])]),
                _ => numbers.outer_iter().map(nested).collect(),
            }
        }
        nested(self.0.view())
    }

    /// What Keras has written; also an array of NumPy. `None` if it is anything else or lists differ in length.
    pub(super) fn from_json(json: &Json) -> Option<Self> {
        if json.get("class_name").and_then(Json::as_str) == Some("__numpy__") {
            return Self::from_json(json.pointer("/config/value")?);
        }
        let Some(list) = json.as_array() else { return Some((json.as_f64()? as f32).into()) };
        let parts: Vec<ArrayD<f32>> =
            list.iter().map(|part| Self::from_json(part).map(|part| part.0)).collect::<Option<_>>()?;
        if parts.is_empty() {
            return Some(Vec::new().into());
        }
        let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
        ndarray::stack(ndarray::Axis(0), &views).ok().map(Self)
    }
}

#[cfg(test)]
mod tests;
