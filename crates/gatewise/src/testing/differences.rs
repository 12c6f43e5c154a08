//! Slopes by central differences, and the gradients to compare them with.

use ndarray::{ArrayD, IxDyn};

use crate::builder::{Builder, Mode};
use crate::compiled::Compiled;
use crate::error::Result;
use crate::executor::RunKey;
use crate::graph::Value;
use crate::shape::Shape;

/// Distance between the points of the differences. The error of the formula grows with its fourth power and that of
/// rounding with its inverse.
const STEP: f64 = 1e-3;

/// Different numbers between −1 and 1, far from each other and from 0; another `start` gives others.
pub(crate) fn numbers_from(dims: &[usize], start: usize) -> ArrayD<f64> {
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
    let number = |index: usize| 2.0 * ((start + index + 1) as f64 * GOLDEN).fract() - 1.0;
    let numbers = (0..dims.iter().product()).map(number).collect();
    ArrayD::from_shape_vec(IxDyn(dims), numbers).expect("as many numbers as the sizes say")
}

/// Known sizes of an array.
pub(crate) fn shape_of<F>(array: &ArrayD<F>) -> Shape {
    Shape::known(array.shape())
}

/// The five-point central differences of `value` by each element of array `input`.
pub(crate) fn slopes<E>(
    arrays: &mut [ArrayD<f64>],
    input: usize,
    value: impl Fn(&[ArrayD<f64>]) -> Result<f64, E>,
) -> Result<Vec<f64>, E> {
    let mut slopes = Vec::new();
    for index in 0..arrays[input].len() {
        let at = *arrays[input].iter().nth(index).expect("an element");
        let mut moved = |steps: f64| {
            *arrays[input].iter_mut().nth(index).expect("an element") = at + steps * STEP;
            value(arrays)
        };
        let (near, far) = (moved(1.0)? - moved(-1.0)?, moved(2.0)? - moved(-2.0)?);
        *arrays[input].iter_mut().nth(index).expect("an element") = at;
        slopes.push((8.0 * near - far) / (12.0 * STEP));
    }
    Ok(slopes)
}

/// The gradient by one array and the slopes that it should be.
pub(crate) struct Slopes {
    pub name: String,
    pub dims: Vec<usize>,
    /// The gradient, row-major; `None` if nothing depends on the array.
    pub got: Option<Vec<f64>>,
    pub expected: Vec<f64>,
}

/// A function under test: its builder and the arrays that it is given.
pub(crate) struct Problem {
    pub builder: Builder,
    arrays: Vec<ArrayD<f64>>,
    /// Arrays that gradients are wanted by: their names, values and positions.
    wanted: Vec<(String, Value, usize)>,
}

impl Problem {
    pub fn new(mode: Mode) -> Self {
        Self { builder: Builder::new(mode), arrays: Vec::new(), wanted: Vec::new() }
    }

    /// An array that no gradient is wanted by.
    pub fn fixed(&mut self, name: &str, array: ArrayD<f64>) -> Value {
        let value = self.builder.input(name, &shape_of(&array));
        self.arrays.push(array);
        value
    }

    /// An array that the gradient is wanted by.
    pub fn wanted(&mut self, name: &str, array: ArrayD<f64>) -> Value {
        let value = self.fixed(name, array);
        self.wanted.push((name.to_owned(), value, self.arrays.len() - 1));
        value
    }

    /// Arrays `input 0`, `input 1`, …; gradients are wanted by all but those `without`.
    pub fn enter(&mut self, inputs: &[ArrayD<f64>], without: &[usize]) -> Vec<Value> {
        let mut values = Vec::new();
        for (position, input) in inputs.iter().enumerate() {
            let name = format!("input {position}");
            values.push(match without.contains(&position) {
                true => self.fixed(&name, input.clone()),
                false => self.wanted(&name, input.clone()),
            });
        }
        values
    }

    /// Gradients and slopes of the sum of the outputs, each element weighted with another number so that a gradient which
    /// reaches the wrong element is seen, and of what was added to the loss.
    pub fn solve(mut self, outputs: &[Value]) -> Result<Vec<Slopes>> {
        let mut terms = self.builder.losses();
        for (position, output) in outputs.iter().enumerate() {
            let shape = self.builder.shape(*output);
            let dims = shape.to_known().unwrap_or_default();
            let weights = self.fixed("weights", numbers_from(&dims, 1000 * (position + 1)));
            terms.push(self.builder.sum_all(self.builder.mul(*output, weights)?)?);
        }
        let b = &self.builder;
        let mut loss = b.scalar(0.0)?;
        for term in terms {
            loss = b.add(loss, b.reshape(term, &Shape::scalar())?)?;
        }
        let by: Vec<Value> = self.wanted.iter().map(|(_, value, _)| *value).collect();
        let gradients = b.gradients(loss, &by)?;
        let compiled = Compiled::new(b, &[loss])?;
        let value = |arrays: &[ArrayD<f64>]| Ok(run(&compiled, arrays)?.remove(0).sum());
        let mut solved = Vec::new();
        for ((name, _, position), gradient) in self.wanted.iter().zip(gradients) {
            let got = gradient.map(|gradient| b.evaluate_reference(&[gradient], &self.arrays)).transpose()?;
            solved.push(Slopes {
                name: name.clone(),
                dims: self.arrays[*position].shape().to_vec(),
                got: got.map(|arrays| arrays[0].iter().copied().collect()),
                expected: slopes(&mut self.arrays, *position, value)?,
            });
        }
        Ok(solved)
    }
}

/// Runs a program by the naive executor on arrays for its inputs.
fn run(compiled: &Compiled, arrays: &[ArrayD<f64>]) -> Result<Vec<ArrayD<f64>>> {
    let data: Vec<Vec<f64>> = arrays.iter().map(|array| array.iter().copied().collect()).collect();
    let data: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
    compiled.run_reference(&data, RunKey::default())
}

#[cfg(test)]
mod tests;
