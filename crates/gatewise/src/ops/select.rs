//! One of two values, element by element.

use super::{Differential, Operation};
use crate::broadcast;
use crate::error::Result;
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Shape, broadcast};

/// `condition ≠ 0 ? a : b` with broadcasting. What is not chosen does not reach the result, not even as NaN.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Select;

impl Operation for Select {
    fn name(&self) -> &'static str {
        "select"
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let values = broadcast("select", inputs[1], inputs[2])?;
        Ok(vec![broadcast("select", inputs[0], &values)?])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let (condition, a, other) = (at.inputs[0], at.inputs[1], at.inputs[2]);
        let d = at.d_output();
        let zero = at.builder.scalar(0.0)?;
        Ok(vec![
            None,
            at.when_needed(1, |b| b.sum_to(b.select(condition, d, zero)?, &b.shape(a)))?,
            at.when_needed(2, |b| b.sum_to(b.select(condition, zero, d)?, &b.shape(other)))?,
        ])
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let broadcast = run.broadcast();
        let (inputs, outputs) = run.parts();
        let chosen = [inputs.get(1), inputs.get(2)];
        broadcast::select(&broadcast, inputs.get(0), chosen, &mut outputs[0], |x| x != F::zero());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
