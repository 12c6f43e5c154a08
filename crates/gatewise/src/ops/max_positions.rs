//! Where the largest number of each window is.

use super::window::Window;
use super::windows::laid_out;
use super::{Differential, Operation};
use crate::error::Result;
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// `x [batch, time, channels] → [batch, windows, size, channels]`: 1 at the first of the largest numbers of each window
/// and channel, 0 elsewhere. It has no gradient.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MaxPositions {
    pub window: Window,
}

impl Operation for MaxPositions {
    fn name(&self) -> &'static str {
        "max_positions"
    }

    fn options(&self) -> String {
        self.window.to_string()
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Ok(vec![laid_out("max_positions", &self.window, inputs[0])?])
    }

    fn gradient(&self, _at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Ok(vec![None])
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let [_, steps, channels] = *run.input_dims(0) else { unreachable!("the shape was checked") };
        let (inputs, outputs) = run.parts();
        outputs[0].fill(F::zero());
        if outputs[0].is_empty() {
            return Ok(());
        }
        let mut windows = outputs[0].chunks_exact_mut(self.window.size * channels);
        for sequence in inputs.get(0).chunks_exact(steps * channels) {
            for (index, window) in (0..self.window.count(steps)).zip(windows.by_ref()) {
                for channel in 0..channels {
                    let numbers = self.window.steps(index, steps).enumerate();
                    let numbers =
                        numbers.filter_map(|(slot, step)| Some((slot, sequence[step? * channels + channel])));
                    if let Some(slot) = first_largest(numbers) {
                        window[slot * channels + channel] = F::one();
                    }
                }
            }
        }
        Ok(())
    }
}

/// The place of the first of the largest numbers, or of the first NaN.
fn first_largest<F: Number>(numbers: impl Iterator<Item = (usize, F)>) -> Option<usize> {
    let first = numbers.reduce(|best, next| {
        let is_larger = next.1 > best.1 || next.1.is_nan() && !best.1.is_nan();
        if is_larger { next } else { best }
    });
    first.map(|(slot, _)| slot)
}

#[cfg(test)]
mod tests;
