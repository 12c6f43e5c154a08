//! Cross-entropies of logits with class numbers, which read only the chosen class beside the sum.

use rayon::prelude::*;

use super::gather::row_of;
use super::reduce::{larger, sum_of_halves};
use super::unary::Unary;
use super::{Differential, Operation, elements};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Dim, Shape};

/// `logits [..., classes], ids [...] → losses [...], errors [..., classes]`: ln Σ eˣ − x[id], and its derivative by the
/// logits, softmax(x) less 1 at the id, which is left out if nobody reads it.
#[derive(Debug, Clone)]
pub(crate) struct SparseCrossentropy {
    /// Who asks, for messages.
    pub subject: String,
}

/// Rows that one thread takes at a time.
const ROWS: usize = 16;

/// Logits below which waking a thread takes longer than they do.
const WORTH_A_THREAD: usize = 1 << 16;

/// The loss of a row of logits. `scratch` is as long; so is `errors`, where the derivative goes, if it is wanted.
fn row<F: Number>(x: &[F], class: usize, errors: Option<&mut [F]>, scratch: &mut [F]) -> F {
    let (shifted, exponentials) = scratch.split_at_mut(x.len());
    let largest = x.iter().copied().fold(F::neg_infinity(), larger);
    shifted.iter_mut().zip(x).for_each(|(shifted, x)| *shifted = *x - largest);
    F::map(Unary::Exp, shifted, exponentials);
    let sum = sum_of_halves(exponentials);
    if let Some(errors) = errors {
        errors.iter_mut().zip(&*exponentials).for_each(|(error, e)| *error = *e / sum);
        errors[class] = errors[class] - F::one();
    }
    sum.ln() - shifted[class]
}

/// The losses of some rows of logits, whose class numbers have been checked. `scratch` is twice as long as a row.
fn rows<F: Number>(x: &[F], ids: &[F], losses: &mut [F], errors: &mut [F], scratch: &mut [F]) {
    let width = scratch.len() / 2;
    let wants_errors = !errors.is_empty();
    let mut errors = errors.chunks_exact_mut(width);
    for ((x, id), loss) in x.chunks_exact(width).zip(ids).zip(losses) {
        let errors = wants_errors.then(|| errors.next().expect("a row of errors for each row of logits"));
        *loss = row(x, id.to_usize().expect("the class number was checked"), errors, scratch);
    }
}

impl Operation for SparseCrossentropy {
    fn name(&self) -> &'static str {
        "sparse_crossentropy"
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let (logits, ids) = (inputs[0], inputs[1]);
        let is_same = |(a, b): (&Dim, &Dim)| a.is_none() || b.is_none() || a == b;
        if logits.rank() != ids.rank() + 1 || !logits.dims().iter().zip(ids.dims()).all(is_same) {
            let text =
                format!("expected logits [..., classes] and class numbers [...], got {logits} and {ids}");
            return Err(Error::shape(&self.subject, text));
        }
        if logits.last() == Some(0) {
            return Err(Error::shape(&self.subject, format!("expected at least one class, got {logits}")));
        }
        Ok(vec![Shape::new(&logits.dims()[..ids.rank()]), logits.clone()])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let d = at.d_output();
        let by_logits = at.when_needed(0, |b| b.mul(at.outputs[1], b.expand_dims(d, b.shape(d).rank())?))?;
        Ok(vec![by_logits, None])
    }

    fn flops(&self, inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        /// Of an exponential, the sum and the division.
        const EACH: u64 = 16;
        EACH * elements(inputs[0]) as u64
    }

    fn workspace_len(&self, inputs: &[&[usize]]) -> usize {
        let width = inputs[0].last().copied().unwrap_or(1);
        2 * width * elements(inputs[1]).div_ceil(ROWS)
    }

    fn is_optional(&self, output: usize) -> bool {
        output == 1
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let width = run.input_dims(0).last().copied().unwrap_or(1);
        let (inputs, outputs, scratch) = run.parts_with_workspace();
        let (x, ids) = (inputs.get(0), inputs.get(1));
        for (position, id) in ids.iter().enumerate() {
            row_of(&self.subject, *id, position, width)?;
        }
        let (losses, errors) = outputs.split_at_mut(1);
        let (losses, errors) = (&mut *losses[0], &mut *errors[0]);
        if x.len() < WORTH_A_THREAD || errors.is_empty() {
            if !ids.is_empty() {
                rows(x, ids, losses, errors, &mut scratch[..2 * width]);
            }
            return Ok(());
        }
        let parts = x.par_chunks(ROWS * width).zip(ids.par_chunks(ROWS));
        let results = losses.par_chunks_mut(ROWS).zip(errors.par_chunks_mut(ROWS * width));
        let scratch = scratch.par_chunks_mut(2 * width);
        let all = parts.zip(results).zip(scratch);
        all.for_each(|(((x, ids), (losses, errors)), scratch)| rows(x, ids, losses, errors, scratch));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
