//! The gradient by one weight, as an optimizer is given it.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::ops::gather::row_of;

/// The gradient by one weight, row-major.
#[derive(Debug, Clone, Copy)]
pub enum Gradient<'a> {
    /// A number for each of the weight's.
    Dense(&'a [f32]),
    /// The gradient by a table `[rows, width]` of which a step has read few rows, as that of an embedding: all other rows
    /// are 0. Whole numbers `ids [...]` and a row for each, `[..., width]`; rows of the same number add up, in their order.
    Rows {
        /// The rows of the table, in any order.
        ids: &'a [f32],
        /// A row for each of them.
        values: &'a [f32],
    },
}

impl Gradient<'_> {
    /// Checks that this is the gradient by a weight of this shape.
    pub(super) fn check(&self, class_name: &str, name: &str, shape: &[usize]) -> Result<()> {
        let len: usize = shape.iter().product();
        match *self {
            Self::Dense(values) if values.len() == len => Ok(()),
            Self::Dense(values) => {
                let got = values.len();
                let text = format!("expected gradients of `{name}` {shape:?}, got {got} elements");
                Err(Error::shape(class_name, text))
            }
            Self::Rows { ids, values } => {
                let [rows, width] = *shape else {
                    let text = format!("expected a whole gradient of `{name}` {shape:?}, got rows");
                    return Err(Error::shape(class_name, text));
                };
                if ids.len() * width != values.len() {
                    let text = format!(
                        "expected {} rows of {width} numbers as gradient of `{name}`, got {} numbers",
                        ids.len(),
                        values.len()
                    );
                    return Err(Error::shape(class_name, text));
                }
                let mut numbered = ids.iter().enumerate();
                numbered.try_for_each(|(position, id)| row_of(class_name, *id, position, rows).map(|_| ()))
            }
        }
    }
}

impl<'a> Gradient<'a> {
    /// All numbers of the gradient by a weight of so many.
    ///
    /// # Errors
    /// If it names a row that such a weight has not.
    pub fn to_dense(self, len: usize) -> Result<Cow<'a, [f32]>> {
        let (ids, values) = match self {
            Self::Dense(values) => return Ok(Cow::Borrowed(values)),
            Self::Rows { ids, values } => (ids, values),
        };
        let mut dense = vec![0.0; len];
        let width = values.len().checked_div(ids.len()).unwrap_or(1).max(1);
        for (position, (id, row)) in ids.iter().zip(values.chunks_exact(width)).enumerate() {
            let start = row_of("gradient", *id, position, len / width)? * width;
            dense[start..start + width].iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        Ok(Cow::Owned(dense))
    }
}

#[cfg(test)]
mod tests;
