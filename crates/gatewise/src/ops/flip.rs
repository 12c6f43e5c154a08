//! An array read backwards along one axis.

use super::{Differential, Operation, elements};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// `x → x` of the same shape, with the elements along `axis` in the opposite order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flip {
    pub axis: usize,
}

impl Operation for Flip {
    fn name(&self) -> &'static str {
        "flip"
    }

    fn options(&self) -> String {
        format!("axis {}", self.axis)
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let input = inputs[0];
        if self.axis >= input.rank() {
            let text = format!("expected an array with an axis {}, got {input}", self.axis);
            return Err(Error::shape("flip", text));
        }
        Ok(vec![input.clone()])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Ok(vec![Some(at.builder.flip(at.d_output(), self.axis)?)])
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        0
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let dims = run.input_dims(0);
        let (inner, size) = (elements(&dims[self.axis + 1..]), dims[self.axis]);
        if size * inner == 0 {
            return Ok(());
        }
        let (inputs, outputs) = run.parts();
        let rows = inputs.get(0).chunks_exact(size * inner);
        for (out, row) in outputs[0].chunks_exact_mut(size * inner).zip(rows) {
            let backwards = row.chunks_exact(inner).rev();
            out.chunks_exact_mut(inner).zip(backwards).for_each(|(out, x)| out.copy_from_slice(x));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
