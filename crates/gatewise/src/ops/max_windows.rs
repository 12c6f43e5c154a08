//! The largest number of each window of a sequence: max pooling.

use super::reduce::larger;
use super::window::Window;
use super::windows::{known_steps, summed_up};
use super::{Differential, Operation, elements};
use crate::error::Result;
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// `x [batch, time, channels] → [batch, windows, channels]`: the largest number of a window for each channel, NaN if it
/// holds one; padding is smaller than everything. At a tie the gradient goes to the first, as in TensorFlow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MaxWindows {
    pub window: Window,
}

impl Operation for MaxWindows {
    fn name(&self) -> &'static str {
        "max_windows"
    }

    fn options(&self) -> String {
        self.window.to_string()
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Ok(vec![summed_up("max_windows", &self.window, inputs[0])?])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let b = at.builder;
        let steps = known_steps("max_windows", &b.shape(at.inputs[0]))?;
        let positions = b.max_positions(at.inputs[0], self.window)?;
        let spread = b.mul(positions, b.expand_dims(at.d_output(), 2)?)?;
        Ok(vec![Some(b.sum_windows(spread, self.window, steps)?)])
    }

    fn flops(&self, _inputs: &[&[usize]], outputs: &[&[usize]]) -> u64 {
        (elements(outputs[0]) * self.window.size) as u64
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let [_, steps, channels] = *run.input_dims(0) else { unreachable!("the shape was checked") };
        let (inputs, outputs) = run.parts();
        if outputs[0].is_empty() {
            return Ok(());
        }
        outputs[0].fill(F::neg_infinity());
        let mut rows = outputs[0].chunks_exact_mut(channels);
        for sequence in inputs.get(0).chunks_exact(steps * channels) {
            for (index, largest) in (0..self.window.count(steps)).zip(rows.by_ref()) {
                for step in self.window.steps(index, steps).flatten() {
                    let row = &sequence[step * channels..][..channels];
                    largest.iter_mut().zip(row).for_each(|(largest, x)| *largest = larger(*largest, *x));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
