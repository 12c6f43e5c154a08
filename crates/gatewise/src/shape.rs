//! Shapes whose sizes may be unknown, and the rules that combine them.
//!
//! The same layer code runs while a model is described (batch and time unknown) and while a program is made
//! for real data (everything known), so every rule here has to give the best answer it can for either.

use crate::error::{Error, Result};

/// The size of one axis; `None` where it is not known before data arrives.
pub type Dim = Option<usize>;

/// Sizes of all axes of an array, batch first.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Shape(Vec<Dim>);

impl Shape {
    /// A shape from its sizes.
    pub fn new(dims: impl Into<Vec<Dim>>) -> Self {
        Self(dims.into())
    }

    /// A shape whose sizes are all known.
    pub fn known(dims: &[usize]) -> Self {
        Self(dims.iter().copied().map(Some).collect())
    }

    /// The shape of a single number.
    pub fn scalar() -> Self {
        Self(Vec::new())
    }

    /// The sizes, one an axis.
    pub fn dims(&self) -> &[Dim] {
        &self.0
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The size of an axis.
    ///
    /// # Panics
    /// If there is no such axis.
    pub fn dim(&self, axis: usize) -> Dim {
        self.0[axis]
    }

    /// The size of the last axis; `None` if unknown or if there is no axis.
    pub fn last(&self) -> Dim {
        self.0.last().copied().flatten()
    }

    /// All sizes, if all are known.
    pub fn to_known(&self) -> Option<Vec<usize>> {
        self.0.iter().copied().collect()
    }

    /// The number of elements, if all sizes are known.
    pub fn len(&self) -> Option<usize> {
        self.0.iter().copied().try_fold(1, |product, dim| Some(product * dim?))
    }

    /// Whether the shape is known to hold no element.
    pub fn is_empty(&self) -> bool {
        self.0.contains(&Some(0))
    }

    /// The same shape with another last axis.
    pub fn with_last(&self, last: Dim) -> Self {
        let mut dims = self.0.clone();
        if let Some(slot) = dims.last_mut() {
            *slot = last;
        }
        Self(dims)
    }

    /// Whether data of this known shape may enter where `self` is declared: equal rank, equal known sizes.
    pub fn accepts(&self, known: &[usize]) -> bool {
        self.rank() == known.len()
            && self.0.iter().zip(known).all(|(dim, size)| dim.is_none_or(|dim| dim == *size))
    }
}

impl std::fmt::Display for Shape {
    /// `[None, 10, 4]`, as Keras writes unknown sizes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[")?;
        for (axis, dim) in self.0.iter().enumerate() {
            let comma = if axis > 0 { ", " } else { "" };
            match dim {
                Some(size) => write!(f, "{comma}{size}")?,
                None => write!(f, "{comma}None")?,
            }
        }
        write!(f, "]")
    }
}

impl serde::Serialize for Shape {
    /// A list of sizes, null for one that is unknown, as in Keras's configurations.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl std::fmt::Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// The size of one axis after broadcasting; `None` in the outer option where the sizes clash.
fn broadcast_dim(a: Dim, b: Dim) -> Option<Dim> {
    match (a, b) {
        (Some(1), other) | (other, Some(1)) => Some(other),
        (Some(a), Some(b)) => (a == b).then_some(Some(a)),
        // An unknown size next to a known one greater than 1 can only be that size (or 1).
        (None, known) | (known, None) => Some(known),
    }
}

/// The shape of an elementwise operation on two shapes, aligned at their last axes as NumPy does.
///
/// # Errors
/// If two sizes differ and neither is 1.
pub fn broadcast(subject: &str, a: &Shape, b: &Shape) -> Result<Shape> {
    let rank = a.rank().max(b.rank());
    let axis_of = |shape: &Shape, axis: usize| match (axis + shape.rank()).checked_sub(rank) {
        Some(own) => shape.dim(own),
        None => Some(1),
    };
    let dims: Option<Vec<Dim>> =
        (0..rank).map(|axis| broadcast_dim(axis_of(a, axis), axis_of(b, axis))).collect();
    dims.map(Shape).ok_or_else(|| {
        Error::shape(subject, format!("expected shapes that broadcast (equal sizes or 1), got {a} and {b}"))
    })
}

/// The distance in elements between neighbours along each axis of a row-major array.
pub(crate) fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis] * dims[axis];
    }
    strides
}

#[cfg(test)]
mod tests;
