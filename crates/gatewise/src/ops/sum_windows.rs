//! The sum of windows where they lie on a sequence: the gradient of [`Windows`](super::windows::Windows).

use super::window::Window;
use super::{Differential, Operation};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// `x [batch, windows, size, channels] → [batch, time, channels]`: each step is the sum of what the windows hold for it;
/// what they hold beyond the sequence is lost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SumWindows {
    pub window: Window,
    /// The size of the axis of time.
    pub steps: usize,
}

impl Operation for SumWindows {
    fn name(&self) -> &'static str {
        "sum_windows"
    }

    fn options(&self) -> String {
        self.window.to_string()
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let count = self.window.count(self.steps);
        let size = self.window.size;
        match *inputs[0].dims() {
            [batch, windows, found, channels]
                if windows.is_none_or(|windows| windows == count) && found == Some(size) =>
            {
                Ok(vec![Shape::new([batch, Some(self.steps), channels])])
            }
            _ => {
                let text = format!("expected an array [batch, {count}, {size}, channels], got {}", inputs[0]);
                Err(Error::shape("sum_windows", text))
            }
        }
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Ok(vec![Some(at.builder.windows(at.d_output(), self.window)?)])
    }

    fn flops(&self, inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        super::elements(inputs[0]) as u64
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let (steps, channels) = (self.steps, run.input_dims(0)[3]);
        let (inputs, outputs) = run.parts();
        outputs[0].fill(F::zero());
        if outputs[0].is_empty() {
            return Ok(());
        }
        let mut slots = inputs.get(0).chunks_exact(channels);
        for sequence in outputs[0].chunks_exact_mut(steps * channels) {
            for index in 0..self.window.count(steps) {
                // The slots are asked last, so that none is lost where a window ends.
                for (step, slot) in self.window.steps(index, steps).zip(slots.by_ref()) {
                    let Some(step) = step else { continue };
                    let row = &mut sequence[step * channels..][..channels];
                    row.iter_mut().zip(slot).for_each(|(sum, x)| *sum = *sum + *x);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
