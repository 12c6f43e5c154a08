//! Activations in the form in which recurrent kernels take them.

use std::sync::Arc;

use gatewise_kernels::activation as kernel;
use gatewise_kernels::formula::{Formula, Known};

use super::Activation;
use super::expression::{compile, compile_both, depends};
use crate::builder::{Builder, Mode};
use crate::error::{Error, Result};
use crate::number::Number;
use crate::ops::row::Row;
use crate::shape::Shape;

/// The activations that the kernels know as whole functions.
const KNOWN: [(&str, Known); 13] = [
    ("elu", Known::Elu),
    ("selu", Known::Selu),
    ("celu", Known::Celu),
    ("gelu", Known::Gelu),
    ("silu", Known::Silu),
    ("swish", Known::Silu),
    ("mish", Known::Mish),
    ("softplus", Known::Softplus),
    ("log_sigmoid", Known::LogSigmoid),
    ("sparse_plus", Known::SparsePlus),
    ("softsign", Known::Softsign),
    ("tanh_shrink", Known::TanhShrink),
    ("soft_shrink", Known::SoftShrink),
];

/// An activation inside a recurrent layer.
#[derive(Debug, Clone)]
pub(crate) enum CellActivation {
    Linear,
    Tanh,
    Sigmoid,
    HardSigmoid,
    Relu,
    /// Any other function, called with a row: one gate of one sample.
    Rows(Arc<RowFunction>),
}

/// A function of the kernel's rows.
#[derive(Debug)]
pub(crate) enum RowFunction {
    /// Softmax and its relatives.
    Row(Row),
    /// An elementwise function: `forward(x)`, and `backward(x, d_y)` or, if its slope follows from its value,
    /// `backward(y, d_y)`; otherwise value and slope share what they can in `both(x)`.
    Elementwise { forward: Box<Formula>, backward: Box<Formula>, both: Option<Box<Formula>> },
}

impl CellActivation {
    /// The form for kernels.
    ///
    /// # Errors
    /// If the activation is unknown or cannot be used in a cell.
    pub fn new(subject: &str, activation: &Activation) -> Result<Self> {
        let named = if activation.is_named() { activation.name() } else { "" };
        Ok(match named {
            "linear" => Self::Linear,
            "tanh" => Self::Tanh,
            "sigmoid" => Self::Sigmoid,
            "hard_sigmoid" => Self::HardSigmoid,
            "relu" => Self::Relu,
            "softmax" => Self::rows(RowFunction::Row(Row::Softmax)),
            "log_softmax" => Self::rows(RowFunction::Row(Row::LogSoftmax)),
            "sparsemax" => Self::rows(RowFunction::Row(Row::Sparsemax)),
            "glu" => {
                let text = "the activation \"glu\" halves the width and cannot be used inside a cell";
                return Err(Error::unsupported(subject, text));
            }
            _ => {
                let known = KNOWN.iter().find(|(name, _)| *name == named).map(|(_, known)| *known);
                Self::rows(trace(subject, activation, known)?)
            }
        })
    }

    fn rows(function: RowFunction) -> Self {
        Self::Rows(Arc::new(function))
    }

    /// What the kernels take.
    pub fn kernel<F: Number>(&self) -> kernel::Activation<'_, F> {
        match self {
            Self::Linear => kernel::Activation::Linear,
            Self::Tanh => kernel::Activation::Tanh,
            Self::Sigmoid => kernel::Activation::Sigmoid,
            Self::HardSigmoid => kernel::Activation::HardSigmoid,
            Self::Relu => kernel::Activation::Relu,
            Self::Rows(function) => kernel::Activation::Custom(&**function),
        }
    }
}

/// Traces an elementwise activation and its derivative; if the kernels know it, it is computed by their code.
fn trace(subject: &str, activation: &Activation, known: Option<Known>) -> Result<RowFunction> {
    let builder = Builder::new(Mode::Training);
    let one = Shape::known(&[1]);
    let (x, d_y) = (builder.input("x", &one), builder.input("d_y", &one));
    let y = activation.apply(&builder, x)?;
    if builder.shape(y).len() != Some(1) {
        let text = format!("the activation \"{}\" changes the shape of its input", activation.name());
        return Err(Error::unsupported(subject, text));
    }
    let with_code = |formula: Formula| match known {
        Some(known) => Box::new(formula.computed_by(known)),
        None => Box::new(formula),
    };
    let forward = with_code(compile(subject, &builder.nodes(), &[x], y)?);
    let slope = builder.gradients(builder.sum_all(y)?, &[x])?[0];
    let d_x = match slope {
        Some(slope) => builder.mul(slope, d_y)?,
        None => builder.scale(d_y, 0.0)?,
    };
    let nodes = builder.nodes();
    let slope = slope.filter(|_| depends(&nodes, d_x, x, y));
    assert!(
        known.is_none() || slope.is_some(),
        "the slope of what the kernels know is computed from its argument"
    );
    let both = slope.map(|slope| compile_both(subject, &nodes, x, [y, slope])).transpose()?;
    let backward = compile(subject, &nodes, &[if both.is_some() { x } else { y }, d_y], d_x)?;
    Ok(RowFunction::Elementwise { forward, backward: with_code(backward), both: both.map(with_code) })
}

impl<F: Number> kernel::RowActivation<F> for RowFunction {
    fn forward(&self, x: &[F], y: &mut [F]) {
        match self {
            Self::Row(row) => F::apply_rows(*row, x.len(), x, y),
            Self::Elementwise { forward, .. } => F::apply(forward, x, y),
        }
    }

    fn backward(&self, x: &[F], y: &[F], d: &mut [F]) {
        match self {
            Self::Row(row) => F::apply_rows_gradient(*row, y.len(), y, d),
            Self::Elementwise { backward, both, .. } => {
                F::apply(backward, if both.is_some() { x } else { y }, d)
            }
        }
    }

    fn forward_rows(&self, width: usize, x: &[F], y: &mut [F]) {
        match self {
            Self::Row(row) => F::apply_rows(*row, width, x, y),
            Self::Elementwise { .. } => self.forward(x, y),
        }
    }

    fn backward_rows(&self, width: usize, x: &[F], y: &[F], d: &mut [F]) {
        match self {
            Self::Row(row) => F::apply_rows_gradient(*row, width, y, d),
            Self::Elementwise { .. } => self.backward(x, y, d),
        }
    }

    fn value_and_slope(&self, x: &[F], y: &mut [F], slope: &mut [F]) {
        match self {
            Self::Elementwise { both: Some(both), .. } => F::apply_both(both, x, y, slope),
            _ => {
                kernel::RowActivation::<F>::forward(self, x, y);
                slope.fill(F::one());
                kernel::RowActivation::<F>::backward(self, x, y, slope);
            }
        }
    }

    fn is_elementwise(&self) -> bool {
        matches!(self, Self::Elementwise { .. })
    }

    fn reads_x(&self) -> bool {
        matches!(self, Self::Elementwise { both: Some(_), .. })
    }
}
