//! A stretch of an array along one axis.

use super::{Differential, Operation, elements};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// Elements `start .. start + len` along `axis`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice {
    pub axis: usize,
    pub start: usize,
    pub len: usize,
}

impl Operation for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn options(&self) -> String {
        format!("axis {}, {}..{}", self.axis, self.start, self.start + self.len)
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let input = inputs[0];
        let end = self.start + self.len;
        if self.axis >= input.rank() || input.dim(self.axis).is_some_and(|size| end > size) {
            let text = format!("expected {} to lie within {input}", self.options());
            return Err(Error::shape("slice", text));
        }
        let mut dims = input.dims().to_vec();
        dims[self.axis] = Some(self.len);
        Ok(vec![Shape::new(dims)])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let size = at.builder.shape(at.inputs[0]).dim(self.axis);
        let size = size.ok_or_else(|| Error::shape("slice", "expected a known size for its gradient"))?;
        let after = size - self.start - self.len;
        Ok(vec![Some(at.builder.pad(at.d_output(), self.axis, self.start, after)?)])
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        0
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let dims = run.input_dims(0);
        let (inner, size) = (elements(&dims[self.axis + 1..]), dims[self.axis]);
        if size * inner * self.len == 0 {
            return Ok(());
        }
        let taken = self.start * inner..(self.start + self.len) * inner;
        let (inputs, outputs) = run.parts();
        let rows = inputs.get(0).chunks_exact(size * inner);
        for (out, row) in outputs[0].chunks_exact_mut(self.len * inner).zip(rows) {
            out.copy_from_slice(&row[taken.clone()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
