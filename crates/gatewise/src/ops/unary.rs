//! Functions of one number, applied to every element: their shapes and derivatives. What they are is the kernels' business.

pub(crate) use gatewise_kernels::formula::Unary;

use super::{Differential, Operation};
use crate::builder::Builder;
use crate::error::Result;
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// Emits the derivative of `function` at `x`, where it has the value `y`.
fn derivative(function: Unary, b: &Builder, x: Value, y: Value) -> Result<Option<Value>> {
    let one = || b.scalar(1.0);
    Ok(Some(match function {
        Unary::Neg => b.scalar(-1.0)?,
        Unary::Abs => b.sign(x)?,
        Unary::Sign | Unary::StopGradient => return Ok(None),
        Unary::Exp => y,
        Unary::Log => b.reciprocal(x)?,
        Unary::Sqrt => b.div(b.scalar(0.5)?, y)?,
        Unary::Square => b.scale(x, 2.0)?,
        Unary::Reciprocal => b.neg(b.square(y)?)?,
        Unary::Tanh => b.sub(one()?, b.square(y)?)?,
        Unary::Sigmoid => b.mul(y, b.sub(one()?, y)?)?,
        Unary::Softplus => b.sigmoid(x)?,
        Unary::Erf => b.scale(b.exp(b.neg(b.square(x)?)?)?, std::f64::consts::FRAC_2_SQRT_PI)?,
    }))
}

impl Operation for Unary {
    fn name(&self) -> &'static str {
        match self {
            Self::Neg => "neg",
            Self::StopGradient => "stop_gradient",
            Self::Abs => "abs",
            Self::Sign => "sign",
            Self::Exp => "exp",
            Self::Log => "log",
            Self::Sqrt => "sqrt",
            Self::Square => "square",
            Self::Reciprocal => "reciprocal",
            Self::Tanh => "tanh",
            Self::Sigmoid => "sigmoid",
            Self::Softplus => "softplus",
            Self::Erf => "erf",
        }
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Ok(vec![inputs[0].clone()])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let b = at.builder;
        let Some(derivative) = derivative(*self, b, at.inputs[0], at.outputs[0])? else {
            return Ok(vec![None]);
        };
        Ok(vec![Some(b.mul(at.d_output(), derivative)?)])
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let (inputs, outputs) = run.parts();
        for (y, x) in outputs[0].iter_mut().zip(inputs.get(0)) {
            *y = self.apply(*x);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
