//! Checks for layers, losses and functions of your own: whether their gradients are right.
//!
//! Nobody writes a backward pass here, because gradients follow from the operations. What can still be wrong is a function
//! with a kink or a jump in the wrong place, a gradient that [`stop_gradient`](crate::Builder::stop_gradient) holds back, or a
//! weight that does not reach the output at all. [`GradientCheck`] compares every gradient with central differences, in
//! double precision and by the naive executor, and says which number of which tensor is wrong.
//!
//! ```
//! use gatewise::layers::LayerNormalization;
//! use gatewise::testing::GradientCheck;
//!
//! let report = GradientCheck::new().layer(&LayerNormalization::new(), &[&[2, 3, 4]])?;
//! assert!(report.is_right(), "{report}");
//! assert_eq!(report.tensors(), ["input 0", "layer_normalization/gamma", "layer_normalization/beta"]);
//! # Ok::<(), gatewise::Error>(())
//! ```
//!
//! A function whose gradient is wrong:
//!
//! ```
//! use gatewise::testing::{GradientCheck, numbers};
//!
//! // x², but one of the factors passes no gradient.
//! let report = GradientCheck::new().function(&[numbers(&[3])], |b, x| b.mul(x[0], b.stop_gradient(x[0])?))?;
//! let first = &report.wrong()[0];
//! assert_eq!((first.tensor.as_str(), &first.index[..]), ("input 0", &[0][..]));
//! assert!((first.expected - 2.0 * first.got).abs() < 1e-6);
//! # Ok::<(), gatewise::Error>(())
//! ```

use std::fmt::{self, Display, Formatter};

use ndarray::ArrayD;

use crate::builder::{Builder, Mode};
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::layers::{Layer, Tensor, eager_build};
use crate::losses::Loss;
use crate::shape::Shape;

mod differences;

#[cfg(test)]
pub(crate) use differences::slopes;
use differences::{Problem, Slopes};
pub(crate) use differences::{numbers_from, shape_of};

/// Different numbers between −1 and 1 in an array of these sizes, far from each other and from 0, where functions have kinks.
/// They are the same in every run.
pub fn numbers(shape: &[usize]) -> ArrayD<f64> {
    numbers_from(shape, 0)
}

/// Compares gradients with central differences. Arrays should be small: each of their elements takes four runs.
#[derive(Debug, Clone)]
pub struct GradientCheck {
    mode: Mode,
    tolerance: f64,
    seed: u64,
    without: Vec<usize>,
}

impl Default for GradientCheck {
    fn default() -> Self {
        Self::new()
    }
}

impl GradientCheck {
    /// A check in training, so that dropout is on (it draws the same masks in every run), with a tolerance of 1e-6.
    pub fn new() -> Self {
        Self { mode: Mode::Training, tolerance: 1e-6, seed: 0, without: Vec::new() }
    }

    /// What the function is checked in (default: training).
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// How far a gradient may be from the differences, relative to the largest gradient of its tensor, or to 0.001 if all
    /// are smaller (default 1e-6; the differences are good to about 1e-9).
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// The seed of the fresh weights of a layer that has none (default 0).
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Leaves out the gradient by the input of this position, such as tokens, which cannot be moved by a little.
    pub fn without_input(mut self, position: usize) -> Self {
        self.without.push(position);
        self
    }

    /// Checks a layer on [`numbers`] of these shapes, batch first: the gradients by all inputs and all weights of what it
    /// returns and adds to the loss.
    ///
    /// # Errors
    /// If the layer cannot take such inputs.
    pub fn layer(&self, layer: &dyn Layer, shapes: &[&[usize]]) -> Result<GradientReport> {
        let inputs: Vec<ArrayD<f64>> =
            shapes.iter().enumerate().map(|(position, shape)| numbers_from(shape, 100 * position)).collect();
        self.layer_on(layer, &inputs)
    }

    /// The same on these arrays.
    ///
    /// # Errors
    /// If the layer cannot take such inputs.
    pub fn layer_on(&self, layer: &dyn Layer, inputs: &[ArrayD<f64>]) -> Result<GradientReport> {
        let shapes: Vec<Shape> = inputs.iter().map(shape_of).collect();
        eager_build(layer, &shapes, self.seed)?;
        let mut problem = Problem::new(self.mode);
        let values = problem.enter(inputs, &self.without);
        for variable in layer.variables() {
            let value = problem.wanted(variable.path(), variable.value().mapv(f64::from));
            problem.builder.substitute(&variable, value);
        }
        let tensors: Vec<Tensor> = values.iter().copied().map(Tensor::new).collect();
        let outputs = layer.call(&problem.builder, &tensors)?;
        let outputs: Vec<Value> = outputs.iter().map(|output| output.value).collect();
        self.finish(problem, &outputs)
    }

    /// Checks a function on these arrays: the gradients by each of them.
    ///
    /// # Errors
    /// If the function fails.
    pub fn function(
        &self,
        inputs: &[ArrayD<f64>],
        function: impl FnOnce(&Builder, &[Value]) -> Result<Value>,
    ) -> Result<GradientReport> {
        let mut problem = Problem::new(self.mode);
        let values = problem.enter(inputs, &self.without);
        let output = function(&problem.builder, &values)?;
        self.finish(problem, &[output])
    }

    /// Checks a loss: its gradient by the predictions.
    ///
    /// # Errors
    /// If the arrays do not fit the loss.
    pub fn loss(
        &self,
        loss: impl Into<Loss>,
        y_true: &ArrayD<f64>,
        y_pred: &ArrayD<f64>,
    ) -> Result<GradientReport> {
        let mut problem = Problem::new(self.mode);
        let y_true = problem.fixed("y_true", y_true.clone());
        let y_pred = problem.wanted("y_pred", y_pred.clone());
        let value = loss.into().reduce(&problem.builder, y_true, y_pred, None, None)?;
        self.finish(problem, &[value])
    }

    fn finish(&self, problem: Problem, outputs: &[Value]) -> Result<GradientReport> {
        let mut report = GradientReport { tensors: Vec::new(), elements: 0, wrong: Vec::new() };
        for Slopes { name, dims, got, expected } in problem.solve(outputs)? {
            report.elements += expected.len();
            let largest = expected.iter().fold(1e-3, |largest: f64, slope| largest.max(slope.abs()));
            let zeros = || vec![0.0; expected.len()];
            for (position, (got, expected)) in
                got.unwrap_or_else(zeros).into_iter().zip(&expected).enumerate()
            {
                let difference = (got - expected).abs();
                if difference.is_nan() || difference > self.tolerance * largest {
                    let index = index_of(position, &dims);
                    report.wrong.push(WrongGradient {
                        tensor: name.clone(),
                        index,
                        expected: *expected,
                        got,
                    });
                }
            }
            report.tensors.push(name);
        }
        Ok(report)
    }
}

/// The index of an element in an array of these sizes, row-major.
fn index_of(mut position: usize, dims: &[usize]) -> Vec<usize> {
    let mut index = vec![0; dims.len()];
    for (axis, size) in dims.iter().enumerate().rev() {
        index[axis] = position % size;
        position /= size;
    }
    index
}

/// One number of a gradient that is not the slope.
#[derive(Debug, Clone, PartialEq)]
pub struct WrongGradient {
    /// The path of a weight, or `input 0`, `input 1`, ….
    pub tensor: String,
    /// Which element of the tensor.
    pub index: Vec<usize>,
    /// The slope by central differences.
    pub expected: f64,
    /// The gradient; 0 if none reaches the tensor.
    pub got: f64,
}

impl Display for WrongGradient {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { tensor, index, expected, got } = self;
        write!(f, "{tensor}: expected the gradient {expected} at {index:?}, got {got}")
    }
}

/// What a check has found. Its `Display` form says what was compared and lists the first wrong numbers.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a report says whether the gradients are right"]
pub struct GradientReport {
    tensors: Vec<String>,
    elements: usize,
    wrong: Vec<WrongGradient>,
}

/// Wrong numbers that a report lists.
const LISTED: usize = 10;

impl GradientReport {
    /// Whether every gradient is that of the differences.
    pub fn is_right(&self) -> bool {
        self.wrong.is_empty()
    }

    /// The wrong numbers, tensor by tensor.
    pub fn wrong(&self) -> &[WrongGradient] {
        &self.wrong
    }

    /// The tensors whose gradients were compared: inputs, then weights.
    pub fn tensors(&self) -> &[String] {
        &self.tensors
    }

    /// The report as a result, for `?`.
    ///
    /// # Errors
    /// If a gradient is wrong; the message names the first.
    pub fn into_result(self) -> Result<()> {
        match self.wrong.first() {
            None => Ok(()),
            Some(wrong) => Err(Error::data("gradient check", wrong)),
        }
    }
}

impl Display for GradientReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (elements, tensors) = (self.elements, self.tensors.join(", "));
        if self.is_right() {
            return write!(f, "all {elements} gradients are right: {tensors}");
        }
        write!(f, "{} of {elements} gradients are wrong, in {tensors}", self.wrong.len())?;
        for wrong in self.wrong.iter().take(LISTED) {
            write!(f, "\n  {wrong}")?;
        }
        match self.wrong.len().checked_sub(LISTED) {
            Some(more) if more > 0 => write!(f, "\n  and {more} more"),
            _ => Ok(()),
        }
    }
}
