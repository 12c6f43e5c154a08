//! One of two values, element by element.

use super::{Differential, Operation};
use crate::error::Result;
use crate::executor::{BroadcastIndex, Run};
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
        let at = [0, 1, 2].map(|input| BroadcastIndex::new(run, input));
        let (inputs, outputs) = run.parts();
        for (index, out) in outputs[0].iter_mut().enumerate() {
            let chosen = if inputs.get(0)[at[0].of(index)] != F::zero() { 1 } else { 2 };
            *out = inputs.get(chosen)[at[chosen].of(index)];
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
