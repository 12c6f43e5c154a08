//! The product of two arrays over all axes but their last: how weights get their gradients.

use gatewise_kernels::matmul;

use super::{Differential, Operation, elements};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// `c[i, j] = Σ a[..., i] · b[..., j]` over all leading axes: `a [..., m], b [..., n] → [m, n]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contract;

impl Contract {
    /// The sizes for the kernels.
    pub fn product(&self, a: &[usize], b: &[usize]) -> matmul::Product {
        let (m, n) = (a[a.len() - 1], b[b.len() - 1]);
        let k = elements(&a[..a.len() - 1]);
        matmul::Product { m, k, n, a_transposed: true, b_transposed: false, accumulate: false }
    }
}

impl Operation for Contract {
    fn name(&self) -> &'static str {
        "contract"
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let (a, b) = (inputs[0], inputs[1]);
        let leading_equal = a.rank() == b.rank()
            && a.rank() > 0
            && a.dims()[..a.rank() - 1]
                .iter()
                .zip(b.dims())
                .all(|(a, b)| a.is_none() || b.is_none() || a == b);
        if !leading_equal {
            let text = format!("expected two arrays with equal leading axes, got {a} and {b}");
            return Err(Error::shape("contract", text));
        }
        Ok(vec![Shape::new([a.last(), b.last()])])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let (x, y, d) = (at.inputs[0], at.inputs[1], at.d_output());
        Ok(vec![
            at.when_needed(0, |b| b.matmul_with(y, d, true))?,
            at.when_needed(1, |b| b.matmul_with(x, d, false))?,
        ])
    }

    fn flops(&self, inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        2 * (elements(inputs[0]) * inputs[1].last().copied().unwrap_or(1)) as u64
    }

    fn workspace_len(&self, inputs: &[&[usize]]) -> usize {
        matmul::workspace_len(&self.product(inputs[0], inputs[1]))
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let product = self.product(run.input_dims(0), run.input_dims(1));
        let (inputs, outputs) = run.parts();
        matmul::reference::matmul(&product, inputs.get(0), inputs.get(1), None, &mut outputs[0]);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
