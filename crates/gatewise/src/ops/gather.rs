//! Rows of a table, by number.

use super::{Differential, Operation};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// `table [rows, width], ids [...] → [..., width]`.
#[derive(Debug, Clone)]
pub(crate) struct Gather {
    /// The layer that looks up, for messages.
    pub subject: String,
}

/// The row that an id names, checked.
///
/// # Errors
/// If the id is not a whole number from 0 to below `rows`.
pub(crate) fn row_of<F: Number>(subject: &str, id: F, position: usize, rows: usize) -> Result<usize> {
    let index = id.to_usize().filter(|index| *index < rows && F::of(*index as f64) == id);
    index.ok_or_else(|| {
        let text = format!(
            "expected whole numbers from 0 to {}, got {} at position {position} of the flattened input",
            rows.saturating_sub(1),
            id.to_f64().unwrap_or(f64::NAN)
        );
        Error::data(subject, text)
    })
}

/// Checks ids of so many rows and writes them to the start of `to`, for operations that look up what they need themselves.
///
/// # Errors
/// As those of [`row_of`].
pub(crate) fn hand_ids_on<F: Number>(subject: &str, ids: &[F], rows: usize, to: &mut [F]) -> Result<()> {
    for (position, (id, to)) in ids.iter().zip(to).enumerate() {
        row_of(subject, *id, position, rows)?;
        *to = *id;
    }
    Ok(())
}

impl Gather {
    /// Writes the ids to the start of the output, for operations that have the rows in tables of their own.
    ///
    /// # Errors
    /// As those of [`row_of`].
    pub fn hand_ids_on(&self, run: &mut Run<'_, f32>) -> Result<()> {
        let rows = run.input_dims(0)[0];
        let (inputs, outputs) = run.parts();
        hand_ids_on(&self.subject, inputs.get(1), rows, &mut outputs[0])
    }
}

impl Operation for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let (table, ids) = (inputs[0], inputs[1]);
        if table.rank() != 2 {
            let text = format!("expected a table [rows, width], got {table}");
            return Err(Error::shape(&self.subject, text));
        }
        let mut dims = ids.dims().to_vec();
        dims.push(table.dim(1));
        Ok(vec![Shape::new(dims)])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let (table, ids, d) = (at.inputs[0], at.inputs[1], at.d_output());
        let by_table = at.when_needed(0, |b| b.scatter_add(ids, d, &b.shape(table)))?;
        Ok(vec![by_table, None])
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        0
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let (rows, width) = (run.input_dims(0)[0], run.input_dims(0)[1]);
        let (inputs, outputs) = run.parts();
        for (position, id) in inputs.get(1).iter().enumerate() {
            let row = row_of(&self.subject, *id, position, rows)?;
            let source = &inputs.get(0)[row * width..][..width];
            outputs[0][position * width..][..width].copy_from_slice(source);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
