//! Orthogonal matrices, evenly distributed.

use ndarray::ArrayD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::householder::{Columns, orthogonal_factor};
use super::{Initializer, InitializerRandom, filled};
use crate::error::{Error, Result};
use crate::random::{self, RandomKey};
use crate::serialization::config_of;

/// A random orthogonal matrix times `gain`.
///
/// The weight counts as a matrix of its last axis (columns) by all others (rows). Its rows are orthogonal if
/// there are fewer of them than columns, otherwise its columns are. It is the factor Q of a matrix of normal
/// numbers, with the signs that make it evenly distributed (A. M. Saxe et al., "Exact solutions to the
/// nonlinear dynamics of learning in deep linear neural networks", 2014). For an LSTM's recurrent kernel
/// [units, 4 · units] the whole matrix is orthogonal; the gates by themselves are not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Orthogonal {
    /// Factor, finite; 1 by default.
    pub gain: f64,
    /// Seed of its own; by default the model's.
    pub seed: Option<u64>,
}

impl Default for Orthogonal {
    fn default() -> Self {
        Self { gain: 1.0, seed: None }
    }
}

impl Initializer for Orthogonal {
    fn class_name(&self) -> &str {
        "Orthogonal"
    }

    fn config(&self) -> Value {
        config_of(self)
    }

    fn check(&self) -> Result<()> {
        if (self.gain as f32).is_finite() {
            return Ok(());
        }
        Err(Error::argument("Orthogonal", format!("`gain` must be finite, got {}", self.gain)))
    }

    /// # Errors
    /// If `shape` has fewer than two axes.
    fn initialize(&self, shape: &[usize], random: &mut InitializerRandom) -> Result<ArrayD<f32>> {
        self.check()?;
        let [others @ .., columns] = shape else {
            return Err(too_few_axes(shape));
        };
        if others.is_empty() {
            return Err(too_few_axes(shape));
        }
        let key = random.key(self.seed);
        filled(shape, |values| {
            if !values.is_empty() {
                fill_orthogonal(key, self.gain, *columns, values);
            }
        })
    }
}

fn too_few_axes(shape: &[usize]) -> Error {
    Error::shape("Orthogonal", format!("expected a weight with at least two axes, got {shape:?}"))
}

/// Fills the matrix `values`, [rows, columns], which has at least one element.
fn fill_orthogonal(key: RandomKey, gain: f64, columns: usize, values: &mut [f32]) {
    let rows = values.len() / columns;
    let factor = orthogonal_factor(normal_columns(key, rows.max(columns), rows.min(columns)));
    for (index, value) in values.iter_mut().enumerate() {
        let (row, column) = (index / columns, index % columns);
        // A wide matrix is the transpose of a tall factor.
        let element = if rows < columns { factor[row][column] } else { factor[column][row] };
        *value = (gain * element) as f32;
    }
}

/// A tall matrix of normal numbers, drawn row by row.
fn normal_columns(key: RandomKey, rows: usize, columns: usize) -> Columns {
    let mut values = vec![0.0; rows * columns];
    random::normal_into(key, 0, &mut values);
    let column =
        |index: usize| values[index..].iter().step_by(columns).map(|&value| f64::from(value)).collect();
    (0..columns).map(column).collect()
}

#[cfg(test)]
mod tests;
