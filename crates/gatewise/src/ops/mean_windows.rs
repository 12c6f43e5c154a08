//! The mean of each window of a sequence: average pooling.

use super::window::Window;
use super::windows::{known_steps, summed_up};
use super::{Differential, Operation, elements};
use crate::error::Result;
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// `x [batch, time, channels] → [batch, windows, channels]`: the mean over the steps of a window that lie on the
/// sequence; padding counts for nothing, as in TensorFlow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MeanWindows {
    pub window: Window,
}

impl Operation for MeanWindows {
    fn name(&self) -> &'static str {
        "mean_windows"
    }

    fn options(&self) -> String {
        self.window.to_string()
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Ok(vec![summed_up("mean_windows", &self.window, inputs[0])?])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let steps = known_steps("mean_windows", &at.builder.shape(at.inputs[0]))?;
        Ok(vec![Some(at.builder.spread_windows(at.d_output(), self.window, steps)?)])
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
        outputs[0].fill(F::zero());
        let mut rows = outputs[0].chunks_exact_mut(channels);
        for sequence in inputs.get(0).chunks_exact(steps * channels) {
            for (index, mean) in (0..self.window.count(steps)).zip(rows.by_ref()) {
                let mut count = 0;
                for step in self.window.steps(index, steps).flatten() {
                    let row = &sequence[step * channels..][..channels];
                    mean.iter_mut().zip(row).for_each(|(sum, x)| *sum = *sum + *x);
                    count += 1;
                }
                mean.iter_mut().for_each(|sum| *sum = *sum / F::of(f64::from(count)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
