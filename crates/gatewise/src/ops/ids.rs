//! Numbers of rows, checked for those who look up the rows themselves.

use super::gather::hand_ids_on;
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
        hand_ids_on(&self.subject, inputs.get(0), self.rows, &mut outputs[0])
    }
}

#[cfg(test)]
mod tests;
