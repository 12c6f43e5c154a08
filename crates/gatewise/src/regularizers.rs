//! Penalties on weights and outputs, written in operations so that they have gradients.
//!
//! Formulas: <https://keras.io/api/layers/regularizers/>.

use std::fmt::Debug;

use serde_json::{Value as Json, json};

use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;

/// A penalty on an array. Implement it for a penalty of your own.
pub trait Regularizer: Debug + Send + Sync {
    /// Emits the penalty, a single number.
    ///
    /// # Errors
    /// If it cannot be applied to an array of this shape.
    fn penalty(&self, builder: &Builder, x: Value) -> Result<Value>;

    /// The name of its class in a configuration, such as `L2`.
    fn class_name(&self) -> &str;

    /// Its arguments in a configuration.
    fn config(&self) -> Json;

    /// Checks its arguments.
    ///
    /// # Errors
    /// If one is out of range.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// `l1` · Σ|x| + `l2` · Σx², Keras's `L1`, `L2` and `L1L2`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct L1L2 {
    class_name: &'static str,
    l1: f64,
    l2: f64,
}

/// `factor` · Σ|x|.
pub fn l1(factor: f64) -> L1L2 {
    L1L2 { class_name: "L1", l1: factor, l2: 0.0 }
}

/// `factor` · Σx².
pub fn l2(factor: f64) -> L1L2 {
    L1L2 { class_name: "L2", l1: 0.0, l2: factor }
}

/// `l1` · Σ|x| + `l2` · Σx².
pub fn l1_l2(l1: f64, l2: f64) -> L1L2 {
    L1L2 { class_name: "L1L2", l1, l2 }
}

/// A finite number of at least 0, or an error that names the argument.
fn check_factor(subject: &str, argument: &str, factor: f64) -> Result<()> {
    if factor.is_finite() && factor >= 0.0 {
        return Ok(());
    }
    Err(Error::argument(subject, format!("`{argument}` must be a finite number of at least 0, got {factor}")))
}

impl Regularizer for L1L2 {
    fn penalty(&self, b: &Builder, x: Value) -> Result<Value> {
        let absolute = || b.scale(b.sum_all(b.abs(x)?)?, self.l1);
        let squares = || b.scale(b.sum_all(b.square(x)?)?, self.l2);
        match (self.l1 != 0.0, self.l2 != 0.0) {
            (true, true) => b.add(absolute()?, squares()?),
            (true, false) => absolute(),
            (false, true) => squares(),
            (false, false) => b.scalar(0.0),
        }
    }

    fn class_name(&self) -> &str {
        self.class_name
    }

    fn config(&self) -> Json {
        match self.class_name {
            "L1" => json!({ "l1": self.l1 }),
            "L2" => json!({ "l2": self.l2 }),
            _ => json!({ "l1": self.l1, "l2": self.l2 }),
        }
    }

    fn check(&self) -> Result<()> {
        check_factor("regularizer", "l1", self.l1)?;
        check_factor("regularizer", "l2", self.l2)
    }
}

/// Which vectors an [`OrthogonalRegularizer`] wants orthogonal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrthogonalMode {
    /// The rows of the matrix.
    Rows,
    /// The columns of the matrix.
    Columns,
}

/// `factor` · the mean of |cosine| over all pairs of different rows (or columns) of a matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrthogonalRegularizer {
    /// Weight of the penalty, at least 0.
    pub factor: f64,
    /// Which vectors are compared.
    pub mode: OrthogonalMode,
}

/// Keras's `OrthogonalRegularizer`.
pub fn orthogonal_regularizer(factor: f64, mode: OrthogonalMode) -> OrthogonalRegularizer {
    OrthogonalRegularizer { factor, mode }
}

impl Regularizer for OrthogonalRegularizer {
    fn penalty(&self, b: &Builder, x: Value) -> Result<Value> {
        let shape = b.shape(x);
        let (axis, across) = match self.mode {
            OrthogonalMode::Rows => (0, 1),
            OrthogonalMode::Columns => (1, 0),
        };
        let Some(count) = (shape.rank() == 2).then(|| shape.dim(axis)).flatten() else {
            let text = format!("expected a matrix, got {shape}");
            return Err(Error::shape("orthogonal_regularizer", text));
        };
        // Keras's l2_normalize: x · rsqrt(max(Σ x², 1e-12)).
        let squares = b.sum_keep(b.square(x)?, &[across])?;
        let norm = b.sqrt(b.maximum(squares, b.scalar(1e-12)?)?)?;
        let unit = b.div(x, norm)?;
        let cosines = match self.mode {
            OrthogonalMode::Rows => b.matmul_with(unit, unit, true)?,
            OrthogonalMode::Columns => b.contract(unit, unit)?,
        };
        let others = b.mul(cosines, b.sub(b.scalar(1.0)?, b.eye(count)?)?)?;
        let pairs = (count * count.saturating_sub(1)) as f64 / 2.0;
        b.scale(b.sum_all(b.abs(others)?)?, self.factor * 0.5 / pairs.max(1.0))
    }

    fn class_name(&self) -> &str {
        "OrthogonalRegularizer"
    }

    fn config(&self) -> Json {
        let mode = match self.mode {
            OrthogonalMode::Rows => "rows",
            OrthogonalMode::Columns => "columns",
        };
        json!({ "factor": self.factor, "mode": mode })
    }

    fn check(&self) -> Result<()> {
        check_factor("orthogonal_regularizer", "factor", self.factor)
    }
}

mod argument;

pub use argument::{RegularizerArgument, deserialize, serialize};

#[cfg(test)]
mod tests;
