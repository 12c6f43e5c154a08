//! The activations of gates: five built in, and any function of a row.

pub(crate) mod apply;
#[cfg(test)]
mod tests;
mod vectors;

pub(crate) use vectors::{clamp, sigmoid, tanh};

use crate::Real;

/// An activation of one row: the H values of one gate of one sample, or of its cell state.
#[derive(Clone, Copy)]
pub enum Activation<'a, F> {
    /// `x`
    Linear,
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(−x))`
    Sigmoid,
    /// `min(max(x + 3, 0), 6) / 6`, as in Keras 3.
    HardSigmoid,
    /// `max(x, 0)`
    Relu,
    /// A function of the caller.
    Custom(&'a dyn RowActivation<F>),
}

/// A function from a row of H numbers to a row of H numbers; elementwise or, like softmax, across the row.
pub trait RowActivation<F>: Send + Sync {
    /// Writes the activation of `x` `[H]` to `y` `[H]`.
    fn forward(&self, x: &[F], y: &mut [F]);

    /// Turns `d`, on entry the gradient by `y` `[H]`, into the gradient by `x` `[H]`; `y` is what `forward` made of
    /// `x`, which may be empty unless [`reads_x`](Self::reads_x).
    fn backward(&self, x: &[F], y: &[F], d: &mut [F]);

    /// [`forward`](Self::forward) for each row of `width` numbers.
    fn forward_rows(&self, width: usize, x: &[F], y: &mut [F]) {
        for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
            self.forward(x, y);
        }
    }

    /// [`backward`](Self::backward) for each row of `width` numbers; `x` may be empty as there.
    fn backward_rows(&self, width: usize, x: &[F], y: &[F], d: &mut [F]) {
        for (row, (y, d)) in y.chunks_exact(width).zip(d.chunks_exact_mut(width)).enumerate() {
            self.backward(if x.is_empty() { x } else { &x[row * width..][..width] }, y, d);
        }
    }

    /// Writes the activation of `x` to `y` and its derivative at each number of `x` to `slope`: of an elementwise function.
    fn value_and_slope(&self, x: &[F], y: &mut [F], slope: &mut [F])
    where
        F: Real,
    {
        self.forward(x, y);
        slope.fill(F::one());
        self.backward(x, y, slope);
    }

    /// Whether a number of `y` depends on that of `x` at its place alone, so that rows may be joined to longer ones.
    fn is_elementwise(&self) -> bool {
        false
    }

    /// Whether `backward` reads `x`. Where it does not, less has to be kept for it.
    fn reads_x(&self) -> bool {
        true
    }
}

impl<F: Real> Activation<'_, F> {
    /// Whether this is a function of the caller.
    pub fn is_custom(&self) -> bool {
        matches!(self, Self::Custom(_))
    }

    /// Whether [`backward`](Self::backward) reads `x`.
    pub fn reads_x(&self) -> bool {
        match self {
            Self::Custom(function) => function.reads_x(),
            _ => false,
        }
    }

    /// Writes the activation of `x` `[H]` to `y` `[H]`: a plain loop, the meaning of each variant.
    pub fn forward(&self, x: &[F], y: &mut [F]) {
        if let Self::Custom(function) = self {
            return function.forward(x, y);
        }
        for (y, &x) in y.iter_mut().zip(x) {
            *y = self.value(x);
        }
    }

    /// Turns `d`, on entry the gradient by `y` `[H]`, into the gradient by `x` `[H]`.
    ///
    /// The built-in functions are differentiated through `y` and do not read `x`, which may then be empty.
    pub fn backward(&self, x: &[F], y: &[F], d: &mut [F]) {
        if let Self::Custom(function) = self {
            return function.backward(x, y, d);
        }
        for (d, &y) in d.iter_mut().zip(y) {
            *d = *d * self.slope(y);
        }
    }

    /// The built-in function at `x`. NaN stays NaN.
    fn value(&self, x: F) -> F {
        let (zero, one, six) = (F::zero(), F::one(), F::from_f64(6.0));
        let positive = |x: F| if x <= zero { zero } else { x };
        match self {
            Self::Linear => x,
            Self::Tanh => x.tanh(),
            Self::Sigmoid => one / (one + (-x).exp()),
            Self::HardSigmoid => {
                let shifted = positive(x + F::from_f64(3.0));
                (if shifted >= six { six } else { shifted }) / six
            }
            Self::Relu => positive(x),
            Self::Custom(_) => unreachable!("a custom activation has no value of one element"),
        }
    }

    /// The derivative of the built-in function where its value is `y`.
    fn slope(&self, y: F) -> F {
        let (zero, one) = (F::zero(), F::one());
        match self {
            Self::Linear => one,
            Self::Tanh => one - y * y,
            Self::Sigmoid => y * (one - y),
            Self::HardSigmoid if y > zero && y < one => one / F::from_f64(6.0),
            Self::Relu if y > zero => one,
            Self::HardSigmoid | Self::Relu => zero,
            Self::Custom(_) => unreachable!("a custom activation has no slope of one element"),
        }
    }
}
