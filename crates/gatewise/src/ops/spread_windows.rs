//! A number for each window spread evenly over its steps: the gradient of
//! [`MeanWindows`](super::mean_windows::MeanWindows).

use super::window::Window;
use super::{Differential, Operation, elements};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// `x [batch, windows, channels] → [batch, time, channels]`: each step of a window that lies on the sequence is given
/// an equal share of the window's number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpreadWindows {
    pub window: Window,
    /// The size of the axis of time.
    pub steps: usize,
}

impl Operation for SpreadWindows {
    fn name(&self) -> &'static str {
        "spread_windows"
    }

    fn options(&self) -> String {
        self.window.to_string()
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let count = self.window.count(self.steps);
        match *inputs[0].dims() {
            [batch, windows, channels] if windows.is_none_or(|windows| windows == count) => {
                Ok(vec![Shape::new([batch, Some(self.steps), channels])])
            }
            _ => {
                let text = format!("expected an array [batch, {count}, channels], got {}", inputs[0]);
                Err(Error::shape("spread_windows", text))
            }
        }
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Ok(vec![Some(at.builder.mean_windows(at.d_output(), self.window)?)])
    }

    fn flops(&self, inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        (elements(inputs[0]) * self.window.size) as u64
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let (steps, channels) = (self.steps, run.input_dims(0)[2]);
        let (inputs, outputs) = run.parts();
        outputs[0].fill(F::zero());
        if outputs[0].is_empty() {
            return Ok(());
        }
        let mut rows = inputs.get(0).chunks_exact(channels);
        for sequence in outputs[0].chunks_exact_mut(steps * channels) {
            for (index, row) in (0..self.window.count(steps)).zip(rows.by_ref()) {
                let share = F::one() / F::of(self.window.steps(index, steps).flatten().count() as f64);
                for step in self.window.steps(index, steps).flatten() {
                    let sums = &mut sequence[step * channels..][..channels];
                    sums.iter_mut().zip(row).for_each(|(sum, x)| *sum = *sum + *x * share);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
