//! The product of an array with a matrix, over the array's last axis.

use gatewise_kernels::matmul;

use super::{Differential, Operation, elements};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Dim, Shape};

/// `a [..., k] · b [k, n] (+ bias [n]) → [..., n]`, or with `b [n, k]` where `b_transposed`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MatMul {
    pub b_transposed: bool,
}

impl MatMul {
    /// The sizes for the kernels.
    pub fn product(&self, a: &[usize], b: &[usize]) -> matmul::Product {
        let (k, n) = if self.b_transposed { (b[1], b[0]) } else { (b[0], b[1]) };
        let m = elements(&a[..a.len() - 1]);
        matmul::Product { m, k, n, a_transposed: false, b_transposed: self.b_transposed, accumulate: false }
    }
}

/// Checks that a bias has one number a column, because the kernels do not broadcast it.
fn check_bias(bias: &Shape, n: Dim) -> Result<()> {
    let fits = bias.rank() == 1 && (bias.last().is_none() || n.is_none() || bias.last() == n);
    if fits {
        return Ok(());
    }
    Err(Error::shape("matmul", format!("expected a bias {}, got {bias}", Shape::new([n]))))
}

impl Operation for MatMul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn options(&self) -> String {
        if self.b_transposed { "b_transposed".into() } else { String::new() }
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let (a, b) = (inputs[0], inputs[1]);
        let mismatch = || {
            let form = if self.b_transposed { "[n, k]" } else { "[k, n]" };
            Error::shape("matmul", format!("expected [..., k] and {form} with equal k, got {a} and {b}"))
        };
        if a.rank() == 0 || b.rank() != 2 {
            return Err(mismatch());
        }
        let (k, n) = if self.b_transposed { (b.dim(1), b.dim(0)) } else { (b.dim(0), b.dim(1)) };
        if a.last().is_some() && k.is_some() && a.last() != k {
            return Err(mismatch());
        }
        if let Some(bias) = inputs.get(2) {
            check_bias(bias, n)?;
        }
        Ok(vec![a.with_last(n)])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let (x, w, d) = (at.inputs[0], at.inputs[1], at.d_output());
        let mut gradients = vec![
            at.when_needed(0, |b| b.matmul_with(d, w, !self.b_transposed))?,
            at.when_needed(1, |b| if self.b_transposed { b.contract(d, x) } else { b.contract(x, d) })?,
        ];
        if let Some(bias) = at.inputs.get(2) {
            gradients.push(at.when_needed(2, |b| b.sum_to(d, &b.shape(*bias)))?);
        }
        Ok(gradients)
    }

    fn flops(&self, inputs: &[&[usize]], outputs: &[&[usize]]) -> u64 {
        2 * (elements(outputs[0]) * inputs[0].last().copied().unwrap_or(1)) as u64
    }

    fn workspace_len(&self, inputs: &[&[usize]]) -> usize {
        matmul::workspace_len(&self.product(inputs[0], inputs[1]))
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let product = self.product(run.input_dims(0), run.input_dims(1));
        let (inputs, outputs) = run.parts();
        matmul::reference::matmul(
            &product,
            inputs.get(0),
            inputs.get(1),
            inputs.optional(2),
            &mut outputs[0],
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests;
