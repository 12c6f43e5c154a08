//! The identity matrix.

use super::{Differential, Operation};
use crate::error::Result;
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// `[size, size]` with ones on the diagonal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Eye {
    pub size: usize,
}

impl Operation for Eye {
    fn name(&self) -> &'static str {
        "eye"
    }

    fn output_shapes(&self, _inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Ok(vec![Shape::known(&[self.size, self.size])])
    }

    fn gradient(&self, _at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Ok(Vec::new())
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        0
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let out = run.output(0);
        out.fill(F::zero());
        out.iter_mut().step_by(self.size + 1).for_each(|one| *one = F::one());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
