//! Functions of two numbers, applied element by element with NumPy's broadcasting.

use super::{Differential, Operation};
use crate::broadcast::map2;
use crate::builder::Builder;
use crate::error::Result;
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Shape, broadcast};

/// A function of two numbers. Comparisons give 1 where true and 0 elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    /// xʸ; NaN for x < 0 unless y is whole.
    Power,
    /// The larger; at a tie the gradient goes to the first.
    Maximum,
    /// The smaller; at a tie the gradient goes to the first.
    Minimum,
    Greater,
    GreaterEqual,
    Equal,
}

impl Binary {
    /// The function itself.
    #[inline(always)]
    pub fn apply<F: Number>(self, x: F, y: F) -> F {
        let truth = |is: bool| if is { F::one() } else { F::zero() };
        match self {
            Self::Add => x + y,
            Self::Sub => x - y,
            Self::Mul => x * y,
            Self::Div => x / y,
            Self::Power => x.powf(y),
            Self::Maximum => extreme(x, y, x >= y),
            Self::Minimum => extreme(x, y, x <= y),
            Self::Greater => truth(x > y),
            Self::GreaterEqual => truth(x >= y),
            Self::Equal => truth(x == y),
        }
    }

    /// Emits the gradients by both arguments, before they are summed back to the arguments' shapes.
    fn partials(self, b: &Builder, x: Value, y: Value, d: Value) -> Result<Option<(Value, Value)>> {
        Ok(Some(match self {
            Self::Add => (d, d),
            Self::Sub => (d, b.neg(d)?),
            Self::Mul => (b.mul(d, y)?, b.mul(d, x)?),
            Self::Div => {
                let by_x = b.div(d, y)?;
                (by_x, b.neg(b.mul(by_x, b.div(x, y)?)?)?)
            }
            Self::Power => {
                let (zero, one) = (b.scalar(0.0)?, b.scalar(1.0)?);
                // y = 0 is set apart because 0 · xʸ⁻¹ is NaN at x = 0, and ln x has no value for x ≤ 0.
                let slope = b.mul(y, b.pow(x, b.sub(y, one)?)?)?;
                let by_x = b.mul(d, b.select(y, slope, zero)?)?;
                let is_positive = b.greater(x, zero)?;
                let log = b.select(is_positive, b.log(b.select(is_positive, x, one)?)?, zero)?;
                (by_x, b.mul(d, b.mul(b.pow(x, y)?, log)?)?)
            }
            Self::Maximum | Self::Minimum => {
                let first = match self {
                    Self::Maximum => b.greater_equal(x, y)?,
                    _ => b.greater_equal(y, x)?,
                };
                let zero = b.scalar(0.0)?;
                (b.select(first, d, zero)?, b.select(first, zero, d)?)
            }
            Self::Greater | Self::GreaterEqual | Self::Equal => return Ok(None),
        }))
    }
}

/// `x` if it is chosen, else `y`; NaN if either is NaN.
#[inline(always)]
fn extreme<F: Number>(x: F, y: F, choose_x: bool) -> F {
    if choose_x || x.is_nan() { x } else { y }
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
        let Some((by_x, by_y)) = self.partials(b, x, y, at.d_output())? else {
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
