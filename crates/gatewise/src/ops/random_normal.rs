//! Normal random numbers.

use super::random_mask::fill_in_blocks;
use super::{Differential, Operation};
use crate::error::Result;
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::random;
use crate::shape::Shape;

/// An array of normal numbers of mean 0 and deviation 1.
///
/// Every element is a function of (seed, stream, step, element) alone; seed and step are given to the run.
#[derive(Debug, Clone)]
pub(crate) struct RandomNormal {
    pub shape: Shape,
    /// Tells apart the random arrays of one program.
    pub stream: u64,
    /// The layer's own seed, which replaces the model's.
    pub seed: Option<u64>,
}

impl Operation for RandomNormal {
    fn name(&self) -> &'static str {
        "random_normal"
    }

    fn options(&self) -> String {
        format!("stream {}", self.stream)
    }

    fn output_shapes(&self, _inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Ok(vec![self.shape.clone()])
    }

    fn gradient(&self, _at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Ok(Vec::new())
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        fill_in_blocks(run, self.stream, self.seed, |key, offset, numbers| {
            random::normal_into(key, offset, numbers);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests;
