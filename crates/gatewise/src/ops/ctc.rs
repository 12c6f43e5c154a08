//! Connectionist temporal classification: the probability that a sequence of logits spells a shorter sequence of labels.
//!
//! A. Graves, S. Fernández, F. Gomez, J. Schmidhuber, "Connectionist Temporal Classification: Labelling Unsegmented
//! Sequence Data with Recurrent Neural Networks", ICML 2006, <https://www.cs.toronto.edu/~graves/icml_2006.pdf>.

use rayon::prelude::*;

use super::{Differential, Operation, elements};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Dim, Shape};

mod lattice;

/// `logits [batch, time, classes], labels [batch, length], mask [batch, time]? → losses [batch], errors [batch, time,
/// classes]`: −ln p(labels), and its derivative by the logits, which is left out if nobody reads it.
///
/// Class 0 is the blank; a 0 after the last label pads. Steps whose mask is 0 are passed over. The sums over paths are in
/// double precision, because a logarithm of some hundreds leaves single precision too few digits for its exponential.
#[derive(Debug, Clone)]
pub(crate) struct Ctc {
    /// Who asks, for messages.
    pub subject: String,
}

/// Sums over paths below which waking a thread takes longer than they do.
const WORTH_A_THREAD: usize = 1 << 12;

impl Ctc {
    /// The labels of a sample without what pads them.
    fn labels<F: Number>(&self, sample: usize, row: &[F], classes: usize) -> Result<Vec<usize>> {
        let class = |label: &F| {
            let class = label.to_usize().filter(|class| *class < classes && F::of(*class as f64) == *label);
            class.ok_or_else(|| {
                let text = format!(
                    "expected labels from 1 to {} for {classes} classes, of which 0 is the blank, got {} in sample \
                     {sample}",
                    classes.saturating_sub(1),
                    label.to_f64().unwrap_or(f64::NAN)
                );
                Error::data(&self.subject, text)
            })
        };
        let mut labels: Vec<usize> = row.iter().map(class).collect::<Result<_>>()?;
        let len = labels.iter().rposition(|label| *label != 0).map_or(0, |last| last + 1);
        labels.truncate(len);
        if labels.contains(&0) {
            let text = format!(
                "expected 0, the blank, only after the last label, where it pads, got {labels:?} in sample {sample}"
            );
            return Err(Error::data(&self.subject, text));
        }
        Ok(labels)
    }

    /// Reports labels that no path through so many steps spells: equal neighbours need a blank between them.
    fn check_steps(&self, sample: usize, labels: &[usize], steps: usize) -> Result<()> {
        let repeats = labels.windows(2).filter(|pair| pair[0] == pair[1]).count();
        let needed = labels.len() + repeats;
        if steps >= needed {
            return Ok(());
        }
        let text = format!(
            "expected at least {needed} time steps for {} labels, {repeats} of which repeat the one before, got {steps} \
             in sample {sample}",
            labels.len()
        );
        Err(Error::data(&self.subject, text))
    }
}

impl Operation for Ctc {
    fn name(&self) -> &'static str {
        "ctc"
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let (logits, labels) = (inputs[0], inputs[1]);
        let agree = |a: Dim, b: Dim| a.is_none() || b.is_none() || a == b;
        if logits.rank() != 3 {
            let text = format!("expected logits [batch, time, classes], got {logits}");
            return Err(Error::shape(&self.subject, text));
        }
        if labels.rank() != 2 || !agree(labels.dim(0), logits.dim(0)) {
            let expected = Shape::new([logits.dim(0)]);
            let text = format!("expected labels [batch, length] for a batch of {expected}, got {labels}");
            return Err(Error::shape(&self.subject, text));
        }
        if let Some(mask) = inputs.get(2) {
            let fits = mask.rank() == 2 && (0..2).all(|axis| agree(mask.dim(axis), logits.dim(axis)));
            if !fits {
                let expected = Shape::new(&logits.dims()[..2]);
                return Err(Error::shape(&self.subject, format!("expected a mask {expected}, got {mask}")));
            }
        }
        Ok(vec![Shape::new([logits.dim(0)]), logits.clone()])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let d = at.d_output();
        let batch = at.builder.shape(d).dim(0);
        let by_logits = at.when_needed(0, |b| {
            b.mul(at.outputs[1], b.reshape(d, &Shape::new([batch, Some(1), Some(1)]))?)
        })?;
        Ok(at.inputs.iter().enumerate().map(|(index, _)| by_logits.filter(|_| index == 0)).collect())
    }

    fn flops(&self, inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        /// Of the exponentials and logarithms of a sum over paths, forwards and backwards.
        const EACH: u64 = 100;
        let states = 2 * inputs[1][1] + 1;
        EACH * (elements(&inputs[0][..2]) * states) as u64 + 16 * elements(inputs[0]) as u64
    }

    fn is_optional(&self, output: usize) -> bool {
        output == 1
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let [batch, steps, classes] = [0, 1, 2].map(|axis| run.input_dims(0)[axis]);
        let length = run.input_dims(1)[1];
        let (inputs, outputs) = run.parts();
        let (logits, labels, mask) = (inputs.get(0), inputs.get(1), inputs.optional(2));
        let mut samples = Vec::with_capacity(batch);
        for sample in 0..batch {
            let labels = self.labels(sample, &labels[sample * length..][..length], classes)?;
            let counts = |step: &usize| mask.is_none_or(|mask| mask[sample * steps + *step] != F::zero());
            let steps: Vec<usize> = (0..steps).filter(counts).collect();
            self.check_steps(sample, &labels, steps.len())?;
            samples.push((labels, steps));
        }
        let (losses, errors) = outputs.split_at_mut(1);
        let size = steps * classes;
        let errors: Vec<Option<&mut [F]>> = match errors[0].is_empty() {
            true => (0..batch).map(|_| None).collect(),
            false => errors[0].chunks_exact_mut(size).map(Some).collect(),
        };
        let spell = |sample: usize, loss: &mut F, errors: Option<&mut [F]>| {
            let (labels, steps) = &samples[sample];
            *loss = lattice::spell(&logits[sample * size..][..size], classes, labels, steps, errors);
        };
        if batch * steps * (2 * length + 1) < WORTH_A_THREAD {
            let results = losses[0].iter_mut().zip(errors).enumerate();
            results.for_each(|(sample, (loss, errors))| spell(sample, loss, errors));
        } else {
            let results = losses[0].par_iter_mut().zip(errors).enumerate();
            results.for_each(|(sample, (loss, errors))| spell(sample, loss, errors));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
