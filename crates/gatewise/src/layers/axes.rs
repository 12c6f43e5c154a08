//! The axes that a layer works along.

use serde_json::{Value as Json, json};

use super::{Layer, name_of};
use crate::error::{Error, Result};
use crate::shape::Shape;

/// One axis or several; negative numbers count from the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Axes {
    /// A single axis.
    One(i64),
    /// Several axes.
    Several(Vec<i64>),
}

impl From<i64> for Axes {
    fn from(axis: i64) -> Self {
        Self::One(axis)
    }
}

impl From<Vec<i64>> for Axes {
    fn from(axes: Vec<i64>) -> Self {
        Self::Several(axes)
    }
}

impl<const N: usize> From<[i64; N]> for Axes {
    fn from(axes: [i64; N]) -> Self {
        Self::Several(axes.to_vec())
    }
}

impl Axes {
    /// The numbers as Keras orders them when it builds a layer: ascending, negative ones first.
    pub(super) fn sorted(&self) -> Vec<i64> {
        let mut axes = match self {
            Self::One(axis) => vec![*axis],
            Self::Several(axes) => axes.clone(),
        };
        axes.sort_unstable();
        axes
    }

    /// As they were given.
    pub(super) fn to_json(&self) -> Json {
        match self {
            Self::One(axis) => json!(axis),
            Self::Several(axes) => json!(axes),
        }
    }

    /// The axes of inputs of this shape in the order of [`sorted`](Self::sorted).
    ///
    /// # Errors
    /// If there is no such axis, it is the axis of samples, or one is named twice.
    pub(super) fn resolve(&self, layer: &impl Layer, inputs: &Shape) -> Result<Vec<usize>> {
        self.resolve_by(layer, inputs, |axis| resolve_axis(layer, axis, inputs))
    }

    /// The same where the axis of samples counts as any other.
    ///
    /// # Errors
    /// If there is no such axis, or one is named twice.
    pub(super) fn resolve_any(&self, layer: &impl Layer, inputs: &Shape) -> Result<Vec<usize>> {
        self.resolve_by(layer, inputs, |axis| resolve_any_axis(layer, axis, inputs))
    }

    fn resolve_by(
        &self,
        layer: &impl Layer,
        inputs: &Shape,
        find: impl Fn(i64) -> Result<usize>,
    ) -> Result<Vec<usize>> {
        let mut resolved = Vec::new();
        for axis in self.sorted() {
            let axis = find(axis)?;
            if resolved.contains(&axis) {
                let text = format!("`axis` must name an axis once, got {} for {inputs}", self.to_json());
                return Err(Error::argument(name_of(layer), text));
            }
            resolved.push(axis);
        }
        if resolved.is_empty() {
            return Err(Error::argument(name_of(layer), "`axis` must name at least one axis, got []"));
        }
        Ok(resolved)
    }
}

/// The axis of inputs of this shape that Keras's `axis` names.
///
/// # Errors
/// If there is no such axis, or it is the axis of samples.
pub(super) fn resolve_axis(layer: &impl Layer, axis: i64, inputs: &Shape) -> Result<usize> {
    match resolve_any_axis(layer, axis, inputs)? {
        0 => {
            let text = format!("`axis` must not name the axis of samples, got {axis} for inputs {inputs}");
            Err(Error::argument(name_of(layer), text))
        }
        resolved => Ok(resolved),
    }
}

/// The same where the axis of samples counts as any other.
///
/// # Errors
/// If there is no such axis.
fn resolve_any_axis(layer: &impl Layer, axis: i64, inputs: &Shape) -> Result<usize> {
    let rank = inputs.rank() as i64;
    if (-rank..rank).contains(&axis) {
        return Ok(axis.rem_euclid(rank) as usize);
    }
    let text = format!("`axis` {axis} is out of range for inputs {inputs}");
    Err(Error::argument(name_of(layer), text))
}

/// The sizes of these axes, which weights need.
///
/// # Errors
/// If one is not known.
pub(super) fn known_sizes(layer: &impl Layer, axes: &[usize], inputs: &Shape) -> Result<Vec<usize>> {
    let sizes: Option<Vec<usize>> = axes.iter().map(|axis| inputs.dim(*axis)).collect();
    sizes.ok_or_else(|| {
        let text = format!("expected known sizes along the axes {axes:?}, got inputs {inputs}");
        Error::shape(name_of(layer), text)
    })
}

/// Checks that inputs have the sizes along these axes that the weights were made for.
///
/// # Errors
/// If they differ.
pub(super) fn check_sizes(
    layer: &impl Layer,
    axes: &[usize],
    expected: &[usize],
    inputs: &Shape,
) -> Result<()> {
    if axes.iter().zip(expected).all(|(axis, size)| inputs.dim(*axis).is_none_or(|found| found == *size)) {
        return Ok(());
    }
    let text = format!("expected sizes {expected:?} along the axes {axes:?}, got inputs {inputs}");
    Err(Error::shape(name_of(layer), text))
}

/// 1 along every axis but these, which keep their sizes: how weights of these axes are repeated.
pub(super) fn repeated_but(axes: &[usize], inputs: &Shape) -> Shape {
    let keep = |(axis, dim): (usize, &Option<usize>)| if axes.contains(&axis) { *dim } else { Some(1) };
    Shape::new(inputs.dims().iter().enumerate().map(keep).collect::<Vec<_>>())
}
