//! Numbers of rows, checked for those who look up the rows themselves.

use super::gather::row_of;
use super::{Differential, Operation};
use crate::error::Result;
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// `ids [...] → [...]`, the same.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    /// The layer that the ids are given to, for messages.
    pub subject: String,
    /// The number of rows.
    pub rows: usize,
}

impl Operation for Ids {
    fn name(&self) -> &'static str {
        "ids"
    }

    fn options(&self) -> String {
        format!("{} rows", self.rows)
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Ok(vec![inputs[0].clone()])
    }

    fn gradient(&self, _at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Ok(vec![None])
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        0
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let (inputs, outputs) = run.parts();
        for (position, (id, to)) in inputs.get(0).iter().zip(outputs[0].iter_mut()).enumerate() {
            row_of(&self.subject, *id, position, self.rows)?;
            *to = *id;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
