//! Functions of one number, applied to every element.

use super::{Differential, Operation};
use crate::builder::Builder;
use crate::error::Result;
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// A function of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unary {
    Neg,
    /// x itself; the derivative is 0 everywhere.
    StopGradient,
    Abs,
    /// −1, 0 or 1; the derivative is 0 everywhere.
    Sign,
    Exp,
    /// The natural logarithm.
    Log,
    Sqrt,
    Square,
    Reciprocal,
    Tanh,
    /// 1 / (1 + e⁻ˣ)
    Sigmoid,
    /// ln(1 + eˣ), without overflow for large x.
    Softplus,
    /// The error function 2/√π ∫₀ˣ e^(−t²) dt.
    Erf,
}

impl Unary {
    /// The function itself.
    #[inline(always)]
    pub fn apply<F: Number>(self, x: F) -> F {
        match self {
            Self::Neg => -x,
            Self::StopGradient => x,
            Self::Abs => x.abs(),
            Self::Sign => sign(x),
            Self::Exp => x.exp(),
            Self::Log => x.ln(),
            Self::Sqrt => x.sqrt(),
            Self::Square => x * x,
            Self::Reciprocal => x.recip(),
            Self::Tanh => x.tanh(),
            Self::Sigmoid => sigmoid(x),
            Self::Softplus => x.max(F::zero()) + (-x.abs()).exp().ln_1p(),
            Self::Erf => x.erf(),
        }
    }

    /// Emits the derivative at `x`, where the function has the value `y`.
    fn derivative(self, b: &Builder, x: Value, y: Value) -> Result<Option<Value>> {
        let one = || b.scalar(1.0);
        Ok(Some(match self {
            Self::Neg => b.scalar(-1.0)?,
            Self::Abs => b.sign(x)?,
            Self::Sign | Self::StopGradient => return Ok(None),
            Self::Exp => y,
            Self::Log => b.reciprocal(x)?,
            Self::Sqrt => b.div(b.scalar(0.5)?, y)?,
            Self::Square => b.scale(x, 2.0)?,
            Self::Reciprocal => b.neg(b.square(y)?)?,
            Self::Tanh => b.sub(one()?, b.square(y)?)?,
            Self::Sigmoid => b.mul(y, b.sub(one()?, y)?)?,
            Self::Softplus => b.sigmoid(x)?,
            Self::Erf => b.scale(b.exp(b.neg(b.square(x)?)?)?, std::f64::consts::FRAC_2_SQRT_PI)?,
        }))
    }
}

/// −1, 0 or 1; NaN for NaN.
#[inline(always)]
fn sign<F: Number>(x: F) -> F {
    if x > F::zero() {
        F::one()
    } else if x < F::zero() {
        -F::one()
    } else {
        x
    }
}

/// 1 / (1 + e⁻ˣ), by the branch that does not overflow.
fn sigmoid<F: Number>(x: F) -> F {
    if x >= F::zero() {
        F::one() / (F::one() + (-x).exp())
    } else {
        let e = x.exp();
        e / (F::one() + e)
    }
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
        let Some(derivative) = self.derivative(b, at.inputs[0], at.outputs[0])? else {
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
