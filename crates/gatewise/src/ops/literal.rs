//! Arrays that are fixed in a program.

use std::sync::Arc;

use super::{Differential, Operation};
use crate::error::Result;
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// An array of these numbers, row-major.
#[derive(Debug, Clone)]
pub(crate) struct Literal {
    pub dims: Vec<usize>,
    pub numbers: Arc<[f32]>,
}

impl Operation for Literal {
    fn name(&self) -> &'static str {
        "literal"
    }

    fn output_shapes(&self, _inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Ok(vec![Shape::known(&self.dims)])
    }

    fn gradient(&self, _at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Ok(Vec::new())
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        0
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        for (out, number) in run.output(0).iter_mut().zip(self.numbers.iter()) {
            *out = F::of(f64::from(*number));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
