//! The simple functions that formulas are put together from.

use crate::Real;

/// A function of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unary {
    /// −x
    Neg,
    /// x itself; the derivative is 0 everywhere.
    StopGradient,
    /// |x|
    Abs,
    /// −1, 0 or 1; the derivative is 0 everywhere.
    Sign,
    /// eˣ
    Exp,
    /// The natural logarithm.
    Log,
    /// √x
    Sqrt,
    /// x²
    Square,
    /// 1 / x
    Reciprocal,
    /// The hyperbolic tangent.
    Tanh,
    /// 1 / (1 + e⁻ˣ)
    Sigmoid,
    /// ln(1 + eˣ), without overflow for large x.
    Softplus,
    /// The error function 2/√π ∫₀ˣ e^(−t²) dt.
    Erf,
}

/// A function of two numbers. Comparisons give 1 where true and 0 elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// x + y
    Add,
    /// x − y
    Sub,
    /// x · y
    Mul,
    /// x / y
    Div,
    /// xʸ; NaN for x < 0 unless y is whole.
    Power,
    /// The larger; NaN if either is NaN.
    Maximum,
    /// The smaller; NaN if either is NaN.
    Minimum,
    /// x > y
    Greater,
    /// x ≥ y
    GreaterEqual,
    /// x = y
    Equal,
}

impl Unary {
    /// The function itself.
    #[inline(always)]
    pub fn apply<F: Real>(self, x: F) -> F {
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
}

/// −1, 0 or 1; NaN for NaN.
#[inline(always)]
fn sign<F: Real>(x: F) -> F {
    if x > F::zero() {
        F::one()
    } else if x < F::zero() {
        -F::one()
    } else {
        x
    }
}

/// 1 / (1 + e⁻ˣ), by the branch that does not overflow.
fn sigmoid<F: Real>(x: F) -> F {
    if x >= F::zero() {
        F::one() / (F::one() + (-x).exp())
    } else {
        let e = x.exp();
        e / (F::one() + e)
    }
}

impl Binary {
    /// Whether it gives 1 where something is true and 0 elsewhere.
    pub fn is_comparison(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterEqual | Self::Equal)
    }

    /// Whether it is a sum, a difference or a product: two of them that follow each other are one pass over whole blocks.
    pub fn is_sum_or_product(self) -> bool {
        matches!(self, Self::Add | Self::Sub | Self::Mul)
    }

    /// The function itself.
    #[inline(always)]
    pub fn apply<F: Real>(self, x: F, y: F) -> F {
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
}

/// `x` if it is chosen, else `y`; NaN if either is NaN.
#[inline(always)]
fn extreme<F: Real>(x: F, y: F, choose_x: bool) -> F {
    if choose_x || x.is_nan() { x } else { y }
}
