//! Rows summed into a table, by number: the gradient of [`gather`](super::gather).

use super::gather::row_of;
use super::{Differential, Operation, elements};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Dim, Shape};

/// `ids [...], rows [..., width] → [table rows, width]`: each row is added to the table row that its id names, in the
/// order of the ids.
#[derive(Debug, Clone)]
pub(crate) struct ScatterAdd {
    pub table: Shape,
}

impl Operation for ScatterAdd {
    fn name(&self) -> &'static str {
        "scatter_add"
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let (ids, rows) = (inputs[0], inputs[1]);
        if self.table.rank() != 2 {
            let text = format!("expected a table [rows, width], got {}", self.table);
            return Err(Error::shape("scatter_add", text));
        }
        let expected = Shape::new([ids.dims(), &[self.table.dim(1)]].concat());
        let is_same = |(a, b): (&Dim, &Dim)| a.is_none() || b.is_none() || a == b;
        if rows.rank() != expected.rank() || !rows.dims().iter().zip(expected.dims()).all(is_same) {
            return Err(Error::shape(
                "scatter_add",
                format!("expected rows {expected}, one an id, got {rows}"),
            ));
        }
        Ok(vec![self.table.clone()])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let (ids, d) = (at.inputs[0], at.d_output());
        Ok(vec![None, at.when_needed(1, |b| b.gather("gather", d, ids))?])
    }

    fn flops(&self, inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        elements(inputs[1]) as u64
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let (rows, width) = (run.output_dims(0)[0], run.output_dims(0)[1]);
        let (inputs, outputs) = run.parts();
        outputs[0].fill(F::zero());
        for (position, id) in inputs.get(0).iter().enumerate() {
            let row = row_of("scatter_add", *id, position, rows)?;
            let source = &inputs.get(1)[position * width..][..width];
            let target = &mut outputs[0][row * width..][..width];
            target.iter_mut().zip(source).for_each(|(sum, x)| *sum = *sum + *x);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
