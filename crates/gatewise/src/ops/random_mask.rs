//! Masks of dropout.

use super::{Differential, Operation};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::random::{self, RandomKey};
use crate::shape::Shape;

/// An array of 0 (with probability `rate`) and 1 / (1 − `rate`).
///
/// Every element is a function of (seed, stream, step, element) alone; seed and step are given to the run.
#[derive(Debug, Clone)]
pub(crate) struct RandomMask {
    /// Probability of a zero, at least 0 and below 1.
    pub rate: f32,
    pub shape: Shape,
    /// Tells apart the masks of one program.
    pub stream: u64,
    /// The layer's own seed, which replaces the model's.
    pub seed: Option<u64>,
}

/// Numbers drawn at a time.
const BLOCK: usize = 64;

impl Operation for RandomMask {
    fn name(&self) -> &'static str {
        "random_mask"
    }

    fn options(&self) -> String {
        format!("rate {}, stream {}", self.rate, self.stream)
    }

    fn output_shapes(&self, _inputs: &[&Shape]) -> Result<Vec<Shape>> {
        if !(0.0..1.0).contains(&self.rate) {
            let text = format!("expected a rate of at least 0 and below 1, got {}", self.rate);
            return Err(Error::argument("random_mask", text));
        }
        Ok(vec![self.shape.clone()])
    }

    fn gradient(&self, _at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Ok(Vec::new())
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        fill_in_blocks(run, self.stream, self.seed, |key, offset, masks| {
            random::dropout_mask_into(self.rate, key, offset, masks)
        })
    }
}

/// Fills the output with random numbers; `draw` is given a block and the position of its first element.
pub(super) fn fill_in_blocks<F: Number>(
    run: &mut Run<'_, F>,
    stream: u64,
    seed: Option<u64>,
    draw: impl Fn(RandomKey, u64, &mut [f32]) -> Result<()>,
) -> Result<()> {
    let run_key = run.key();
    let key = RandomKey { seed: seed.unwrap_or(run_key.seed), stream, step: run_key.step };
    let mut block = [0.0f32; BLOCK];
    for (index, out) in run.output(0).chunks_mut(BLOCK).enumerate() {
        let numbers = &mut block[..out.len()];
        draw(key, (index * BLOCK) as u64, numbers)?;
        out.iter_mut().zip(numbers).for_each(|(out, number)| *out = F::of(f64::from(*number)));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
