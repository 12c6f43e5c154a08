//! Zeros around an array along one axis.

use super::{Differential, Operation, elements};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// `before` zeros, the input, `after` zeros along `axis`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pad {
    pub axis: usize,
    pub before: usize,
    pub after: usize,
}

impl Operation for Pad {
    fn name(&self) -> &'static str {
        "pad"
    }

    fn options(&self) -> String {
        format!("axis {}, {} before, {} after", self.axis, self.before, self.after)
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let input = inputs[0];
        if self.axis >= input.rank() {
            let text = format!("expected an axis below {}, got {}", input.rank(), self.axis);
            return Err(Error::shape("pad", text));
        }
        let mut dims = input.dims().to_vec();
        dims[self.axis] = dims[self.axis].map(|size| size + self.before + self.after);
        Ok(vec![Shape::new(dims)])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let size = at.builder.shape(at.inputs[0]).dim(self.axis);
        let size = size.ok_or_else(|| Error::shape("pad", "expected a known size for its gradient"))?;
        Ok(vec![Some(at.builder.slice(at.d_output(), self.axis, self.before, size)?)])
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        0
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let dims = run.input_dims(0);
        let (inner, size) = (elements(&dims[self.axis + 1..]), dims[self.axis]);
        let (inputs, outputs) = run.parts();
        outputs[0].fill(F::zero());
        if size * inner == 0 {
            return Ok(());
        }
        let taken = self.before * inner..(self.before + size) * inner;
        let padded = outputs[0].chunks_exact_mut((self.before + size + self.after) * inner);
        for (out, row) in padded.zip(inputs.get(0).chunks_exact(size * inner)) {
            out[taken.clone()].copy_from_slice(row);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
