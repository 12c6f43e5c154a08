//! Repeating an array along axes of size 1.

use super::{Differential, Operation};
use crate::broadcast::map1;
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Shape, broadcast};

/// The input repeated to a larger shape by NumPy's broadcasting.
#[derive(Debug, Clone)]
pub(crate) struct BroadcastTo {
    pub shape: Shape,
}

impl Operation for BroadcastTo {
    fn name(&self) -> &'static str {
        "broadcast_to"
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let joined = broadcast("broadcast_to", inputs[0], &self.shape)?;
        let grown = |(joined, wanted): (&Option<usize>, &Option<usize>)| wanted.is_some() && joined != wanted;
        if joined.rank() != self.shape.rank() || joined.dims().iter().zip(self.shape.dims()).any(grown) {
            let text = format!("expected a shape that broadcasts to {}, got {}", self.shape, inputs[0]);
            return Err(Error::shape("broadcast_to", text));
        }
        Ok(vec![joined])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let b = at.builder;
        Ok(vec![Some(b.sum_to(at.d_output(), &b.shape(at.inputs[0]))?)])
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let broadcast = run.broadcast();
        let (inputs, outputs) = run.parts();
        map1(&broadcast, inputs.get(0), &mut outputs[0], |x| x);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
