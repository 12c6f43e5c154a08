//! The axes that norms are taken over.

use ndarray::{ArrayD, ArrayViewMutD};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Along which axes of the weights a norm is taken; negative ones count from the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Axis {
    /// One axis; 0 gives each column of a kernel [inputs, units] a norm of its own.
    One(isize),
    /// Several axes together.
    Many(Vec<isize>),
    /// All axes: one norm for the whole weight.
    All,
}

impl Default for Axis {
    fn default() -> Self {
        Self::One(0)
    }
}

impl Axis {
    /// Norms of the weights along these axes, which have size 1 in the result.
    ///
    /// # Errors
    /// If the weights have no such axis or an axis is named twice.
    pub(super) fn norms(&self, class_name: &str, weights: &ArrayViewMutD<'_, f32>) -> Result<ArrayD<f32>> {
        let axes = self.indices(class_name, weights.shape())?;
        let Some((&first, others)) = axes.split_first() else {
            return Ok(weights.mapv(f32::abs));
        };
        let add_square = |sum: &f64, &weight: &f32| sum + f64::from(weight).powi(2);
        let mut sums = weights.fold_axis(ndarray::Axis(first), 0.0, add_square);
        sums.insert_axis_inplace(ndarray::Axis(first));
        for &axis in others {
            sums = sums.sum_axis(ndarray::Axis(axis)).insert_axis(ndarray::Axis(axis));
        }
        Ok(sums.mapv(|sum| sum.sqrt() as f32))
    }

    /// The axes, counted from the front.
    fn indices(&self, class_name: &str, shape: &[usize]) -> Result<Vec<usize>> {
        let rank = shape.len();
        let wanted: Vec<isize> = match self {
            Self::One(axis) => vec![*axis],
            Self::Many(axes) => axes.clone(),
            Self::All => (0..rank as isize).collect(),
        };
        let mut indices = Vec::with_capacity(wanted.len());
        for axis in wanted {
            let index = if axis < 0 { rank.checked_add_signed(axis) } else { Some(axis as usize) };
            match index.filter(|&index| index < rank && !indices.contains(&index)) {
                Some(index) => indices.push(index),
                None => return Err(wrong_axis(class_name, axis, shape)),
            }
        }
        Ok(indices)
    }
}

fn wrong_axis(class_name: &str, axis: isize, shape: &[usize]) -> Error {
    Error::argument(class_name, format!("`axis` {axis} is not in a weight {shape:?} or is named twice"))
}
