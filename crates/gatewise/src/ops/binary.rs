//! Functions of two numbers, applied element by element with NumPy's broadcasting: their shapes and derivatives. What they
//! are is the kernels' business.

pub(crate) use gatewise_kernels::formula::Binary;

use super::{Differential, Operation};
use crate::broadcast::map2;
use crate::builder::Builder;
use crate::error::Result;
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Shape, broadcast};

/// Emits the gradients by both arguments, before they are summed back to the arguments' shapes.
fn partials(function: Binary, b: &Builder, x: Value, y: Value, d: Value) -> Result<Option<(Value, Value)>> {
    Ok(Some(match function {
        Binary::Add => (d, d),
        Binary::Sub => (d, b.neg(d)?),
        Binary::Mul => (b.mul(d, y)?, b.mul(d, x)?),
        Binary::Div => {
            let by_x = b.div(d, y)?;
            (by_x, b.neg(b.mul(by_x, b.div(x, y)?)?)?)
        }
        Binary::Power => {
            let (zero, one) = (b.scalar(0.0)?, b.scalar(1.0)?);
            // y = 0 is set apart because 0 · xʸ⁻¹ is NaN at x = 0, and ln x has no value for x ≤ 0.
            let slope = b.mul(y, b.pow(x, b.sub(y, one)?)?)?;
            let by_x = b.mul(d, b.select(y, slope, zero)?)?;
            let is_positive = b.greater(x, zero)?;
            let log = b.select(is_positive, b.log(b.select(is_positive, x, one)?)?, zero)?;
            (by_x, b.mul(d, b.mul(b.pow(x, y)?, log)?)?)
        }
        Binary::Maximum | Binary::Minimum => {
            let first = match function {
                Binary::Maximum => b.greater_equal(x, y)?,
                _ => b.greater_equal(y, x)?,
            };
            let zero = b.scalar(0.0)?;
            (b.select(first, d, zero)?, b.select(first, zero, d)?)
        }
        Binary::Greater | Binary::GreaterEqual | Binary::Equal => return Ok(None),
    }))
}

impl Operation for Binary {
    fn name(&self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Sub => "sub",
            Self::Mul => "mul",
            Self::Div => "div",
            Self::Power => "pow",
            Self::Maximum => "maximum",
            Self::Minimum => "minimum",
            Self::Greater => "greater",
            Self::GreaterEqual => "greater_equal",
            Self::Equal => "equal",
        }
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Ok(vec![broadcast(self.name(), inputs[0], inputs[1])?])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let (b, x, y) = (at.builder, at.inputs[0], at.inputs[1]);
        let Some((by_x, by_y)) = partials(*self, b, x, y, at.d_output())? else {
            return Ok(vec![None, None]);
        };
        Ok(vec![
            at.when_needed(0, |b| b.sum_to(by_x, &b.shape(x)))?,
            at.when_needed(1, |b| b.sum_to(by_y, &b.shape(y)))?,
        ])
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let broadcast = run.broadcast();
        let (inputs, outputs) = run.parts();
        map2(&broadcast, inputs.get(0), inputs.get(1), &mut outputs[0], |x, y| self.apply(x, y));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
