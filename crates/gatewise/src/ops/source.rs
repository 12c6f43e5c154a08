//! Values that come from outside a program or are fixed in it: inputs and constants.

use super::{Differential, Operation};
use crate::error::Result;
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// An array that the caller binds before a run: data, weights, recurrent state.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    /// What it is, for a printed program: `x`, `lstm/kernel`.
    pub name: String,
    pub shape: Shape,
    /// The position among the program's bindings.
    pub binding: usize,
}

impl Operation for Input {
    fn name(&self) -> &'static str {
        "input"
    }

    fn options(&self) -> String {
        self.name.clone()
    }

    fn output_shapes(&self, _inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Ok(vec![self.shape.clone()])
    }

    fn gradient(&self, _at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Ok(Vec::new())
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        0
    }

    fn run<F: Number>(&self, _run: &mut Run<'_, F>) -> Result<()> {
        unreachable!("inputs are bound, not run")
    }
}

/// An array filled with one number.
#[derive(Debug, Clone)]
pub(crate) struct Constant {
    pub value: f64,
    pub shape: Shape,
}

impl Operation for Constant {
    fn name(&self) -> &'static str {
        "constant"
    }

    fn options(&self) -> String {
        self.value.to_string()
    }

    fn output_shapes(&self, _inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Ok(vec![self.shape.clone()])
    }

    fn gradient(&self, _at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Ok(Vec::new())
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        0
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        run.output(0).fill(F::of(self.value));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
