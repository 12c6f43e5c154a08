//! Functions applied element by element.

use super::Builder;
use crate::error::Result;
use crate::graph::Value;
use crate::ops::Op;
use crate::ops::binary::Binary;
use crate::ops::select::Select;
use crate::ops::unary::Unary;

/// Functions of one value. The result has the value's shape.
///
/// # Errors
/// None of these fails; they return a `Result` so that all operations are written alike.
impl Builder {
    /// −x
    pub fn neg(&self, x: Value) -> Result<Value> {
        self.unary(Unary::Neg, x)
    }

    /// x, through which no gradient goes back.
    pub fn stop_gradient(&self, x: Value) -> Result<Value> {
        self.unary(Unary::StopGradient, x)
    }

    /// |x|; the derivative at 0 is 0.
    pub fn abs(&self, x: Value) -> Result<Value> {
        self.unary(Unary::Abs, x)
    }

    /// −1, 0 or 1.
    pub fn sign(&self, x: Value) -> Result<Value> {
        self.unary(Unary::Sign, x)
    }

    /// eˣ
    pub fn exp(&self, x: Value) -> Result<Value> {
        self.unary(Unary::Exp, x)
    }

    /// The natural logarithm.
    pub fn log(&self, x: Value) -> Result<Value> {
        self.unary(Unary::Log, x)
    }

    /// √x
    pub fn sqrt(&self, x: Value) -> Result<Value> {
        self.unary(Unary::Sqrt, x)
    }

    /// x²
    pub fn square(&self, x: Value) -> Result<Value> {
        self.unary(Unary::Square, x)
    }

    /// 1 / x
    pub fn reciprocal(&self, x: Value) -> Result<Value> {
        self.unary(Unary::Reciprocal, x)
    }

    /// The hyperbolic tangent.
    pub fn tanh(&self, x: Value) -> Result<Value> {
        self.unary(Unary::Tanh, x)
    }

    /// 1 / (1 + e⁻ˣ)
    pub fn sigmoid(&self, x: Value) -> Result<Value> {
        self.unary(Unary::Sigmoid, x)
    }

    /// ln(1 + eˣ)
    pub fn softplus(&self, x: Value) -> Result<Value> {
        self.unary(Unary::Softplus, x)
    }

    /// The error function.
    pub fn erf(&self, x: Value) -> Result<Value> {
        self.unary(Unary::Erf, x)
    }

    /// `factor` · x
    pub fn scale(&self, x: Value, factor: f64) -> Result<Value> {
        self.mul(x, self.scalar(factor)?)
    }

    /// x + `term`
    pub fn shift(&self, x: Value, term: f64) -> Result<Value> {
        self.add(x, self.scalar(term)?)
    }

    /// max(x, 0); the derivative at 0 is 0, and NaN stays NaN.
    pub fn relu(&self, x: Value) -> Result<Value> {
        let zero = self.scalar(0.0)?;
        self.select(self.greater_equal(zero, x)?, zero, x)
    }

    /// x limited to `low ..= high`; the derivative is 1 at both limits.
    pub fn clip(&self, x: Value, low: f64, high: f64) -> Result<Value> {
        self.minimum(self.maximum(x, self.scalar(low)?)?, self.scalar(high)?)
    }

    fn unary(&self, function: Unary, x: Value) -> Result<Value> {
        self.emit(Op::Unary(function), &[x])
    }
}

/// Functions of two values, with NumPy's broadcasting.
///
/// # Errors
/// If the shapes do not broadcast.
impl Builder {
    /// x + y
    pub fn add(&self, x: Value, y: Value) -> Result<Value> {
        self.binary(Binary::Add, x, y)
    }

    /// x − y
    pub fn sub(&self, x: Value, y: Value) -> Result<Value> {
        self.binary(Binary::Sub, x, y)
    }

    /// x · y
    pub fn mul(&self, x: Value, y: Value) -> Result<Value> {
        self.binary(Binary::Mul, x, y)
    }

    /// x / y
    pub fn div(&self, x: Value, y: Value) -> Result<Value> {
        self.binary(Binary::Div, x, y)
    }

    /// xʸ for x ≥ 0, or for a whole y; the derivative by y is 0 where x ≤ 0.
    pub fn pow(&self, x: Value, y: Value) -> Result<Value> {
        self.binary(Binary::Power, x, y)
    }

    /// The larger; where both are equal the gradient goes to `x`.
    pub fn maximum(&self, x: Value, y: Value) -> Result<Value> {
        self.binary(Binary::Maximum, x, y)
    }

    /// The smaller; where both are equal the gradient goes to `x`.
    pub fn minimum(&self, x: Value, y: Value) -> Result<Value> {
        self.binary(Binary::Minimum, x, y)
    }

    /// 1 where x > y, else 0.
    pub fn greater(&self, x: Value, y: Value) -> Result<Value> {
        self.binary(Binary::Greater, x, y)
    }

    /// 1 where x ≥ y, else 0.
    pub fn greater_equal(&self, x: Value, y: Value) -> Result<Value> {
        self.binary(Binary::GreaterEqual, x, y)
    }

    /// 1 where x = y, else 0.
    pub fn equal(&self, x: Value, y: Value) -> Result<Value> {
        self.binary(Binary::Equal, x, y)
    }

    /// `x` where `condition` is not 0, else `y`. What is not chosen does not matter, not even if it is NaN.
    pub fn select(&self, condition: Value, x: Value, y: Value) -> Result<Value> {
        self.emit(Op::Select(Select), &[condition, x, y])
    }

    fn binary(&self, function: Binary, x: Value, y: Value) -> Result<Value> {
        self.emit(Op::Binary(function), &[x, y])
    }
}
