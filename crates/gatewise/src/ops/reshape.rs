//! The same elements under another shape.

use super::{Differential, Operation};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// The input's elements, in their order, under another shape. It costs nothing: the memory plan gives the output
/// the input's place.
#[derive(Debug, Clone)]
pub(crate) struct Reshape {
    pub shape: Shape,
}

impl Operation for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        match (inputs[0].len(), self.shape.len()) {
            (Some(have), Some(want)) if have != want => {
                let text = format!("expected as many elements as {} has, got {}", inputs[0], self.shape);
                Err(Error::shape("reshape", text))
            }
            _ => Ok(vec![self.shape.clone()]),
        }
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let b = at.builder;
        Ok(vec![Some(b.reshape(at.d_output(), &b.shape(at.inputs[0]))?)])
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        0
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let (inputs, outputs) = run.parts();
        outputs[0].copy_from_slice(inputs.get(0));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
