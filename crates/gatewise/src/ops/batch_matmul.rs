//! Products of many pairs of matrices.

use gatewise_kernels::matmul;

use super::{Differential, Operation, elements};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Dim, Shape};

/// `a [..., m, k] · b [..., k, n] → [..., m, n]` for every index of the leading axes, which are equal; with `a
/// [..., k, m]` where `a_transposed` and `b [..., n, k]` where `b_transposed`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BatchMatMul {
    pub a_transposed: bool,
    pub b_transposed: bool,
}

/// The two last sizes, of the matrix as it enters the product.
fn matrix<T: Copy>(dims: &[T], transposed: bool) -> (T, T) {
    let (rows, columns) = (dims[dims.len() - 2], dims[dims.len() - 1]);
    if transposed { (columns, rows) } else { (rows, columns) }
}

impl BatchMatMul {
    /// The sizes of one product for the kernels.
    fn product(&self, a: &[usize], b: &[usize]) -> matmul::Product {
        let (m, k) = matrix(a, self.a_transposed);
        let (_, n) = matrix(b, self.b_transposed);
        let (a_transposed, b_transposed) = (self.a_transposed, self.b_transposed);
        matmul::Product { m, k, n, a_transposed, b_transposed, accumulate: false }
    }

    fn mismatch(&self, a: &Shape, b: &Shape) -> Error {
        let left = if self.a_transposed { "[..., k, m]" } else { "[..., m, k]" };
        let right = if self.b_transposed { "[..., n, k]" } else { "[..., k, n]" };
        let text = format!("expected {left} and {right} with equal k and leading axes, got {a} and {b}");
        Error::shape("batch_matmul", text)
    }

    /// Runs `multiply` for each pair of matrices.
    fn each<F: Number>(
        &self,
        run: &mut Run<'_, F>,
        multiply: impl Fn(&matmul::Product, &[F], &[F], &mut [F], &mut [F]),
    ) {
        let product = self.product(run.input_dims(0), run.input_dims(1));
        let matmul::Product { m, k, n, .. } = product;
        let (inputs, outputs, workspace) = run.parts_with_workspace();
        if m * n == 0 {
            return;
        }
        for (index, out) in outputs[0].chunks_exact_mut(m * n).enumerate() {
            let a = &inputs.get(0)[index * m * k..(index + 1) * m * k];
            let b = &inputs.get(1)[index * k * n..(index + 1) * k * n];
            multiply(&product, a, b, out, workspace);
        }
    }

    /// The products by the fast kernels.
    pub fn run_fast(&self, run: &mut Run<'_, f32>) {
        self.each(run, |product, a, b, out, workspace| matmul::matmul(product, a, b, None, out, workspace));
    }
}

impl Operation for BatchMatMul {
    fn name(&self) -> &'static str {
        "batch_matmul"
    }

    fn options(&self) -> String {
        let named = [(self.a_transposed, "a_transposed"), (self.b_transposed, "b_transposed")];
        named.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect::<Vec<_>>().join(", ")
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let (a, b) = (inputs[0], inputs[1]);
        let agree = |a: Dim, b: Dim| a.is_none() || b.is_none() || a == b;
        if a.rank() < 2 || a.rank() != b.rank() {
            return Err(self.mismatch(a, b));
        }
        let (m, k) = matrix(a.dims(), self.a_transposed);
        let (other_k, n) = matrix(b.dims(), self.b_transposed);
        let leading = a.rank() - 2;
        let mut pairs = a.dims()[..leading].iter().zip(b.dims());
        if !agree(k, other_k) || !pairs.all(|(a, b)| agree(*a, *b)) {
            return Err(self.mismatch(a, b));
        }
        let mut dims: Vec<Dim> = a.dims()[..leading].iter().zip(b.dims()).map(|(a, b)| a.or(*b)).collect();
        dims.extend([m, n]);
        Ok(vec![Shape::new(dims)])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let Self { a_transposed, b_transposed } = *self;
        let (x, y, d) = (at.inputs[0], at.inputs[1], at.d_output());
        let product = |a_transposed, b_transposed| Self { a_transposed, b_transposed };
        // With A and B as they enter the product: dA = d · Bᵀ and dB = Aᵀ · d, transposed where the input was.
        Ok(vec![
            at.when_needed(0, |b| match a_transposed {
                false => b.batch_product(product(false, !b_transposed), d, y),
                true => b.batch_product(product(b_transposed, true), y, d),
            })?,
            at.when_needed(1, |b| match b_transposed {
                false => b.batch_product(product(!a_transposed, false), x, d),
                true => b.batch_product(product(true, a_transposed), d, x),
            })?,
        ])
    }

    fn flops(&self, inputs: &[&[usize]], outputs: &[&[usize]]) -> u64 {
        let (_, k) = matrix(inputs[0], self.a_transposed);
        2 * (elements(outputs[0]) * k) as u64
    }

    fn workspace_len(&self, inputs: &[&[usize]]) -> usize {
        matmul::workspace_len(&self.product(inputs[0], inputs[1]))
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        self.each(run, |product, a, b, out, _| matmul::reference::matmul(product, a, b, None, out));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
