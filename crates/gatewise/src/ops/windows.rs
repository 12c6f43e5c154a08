//! The windows of a sequence, each laid out in full: what a convolution multiplies with its kernel.

use super::window::{Padding, Window};
use super::{Differential, Operation};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Dim, Shape};

/// `x [batch, time, channels] → [batch, windows, size, channels]`, zeros where a window reaches beyond the sequence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Windows {
    pub window: Window,
}

/// The number of windows, if the number of steps is known.
///
/// # Errors
/// If the sequence is too short for a window.
pub(crate) fn known_count(subject: &str, window: &Window, steps: Dim) -> Result<Dim> {
    let Some(steps) = steps else { return Ok(None) };
    if window.padding == Padding::Valid && steps < window.reach() {
        let text = format!("expected at least {} steps for a window, got {steps}", window.reach());
        return Err(Error::shape(subject, text));
    }
    Ok(Some(window.count(steps)))
}

impl Operation for Windows {
    fn name(&self) -> &'static str {
        "windows"
    }

    fn options(&self) -> String {
        let Window { size, stride, dilation, padding } = self.window;
        format!("size {size}, stride {stride}, dilation {dilation}, padding {}", padding.name())
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let [batch, steps, channels] = inputs[0].dims() else {
            let text = format!("expected an array [batch, time, channels], got {}", inputs[0]);
            return Err(Error::shape("windows", text));
        };
        let count = known_count("windows", &self.window, *steps)?;
        Ok(vec![Shape::new([*batch, count, Some(self.window.size), *channels])])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let steps = at.builder.shape(at.inputs[0]).dim(1);
        let steps = steps.ok_or_else(|| Error::shape("windows", "expected a known size for its gradient"))?;
        Ok(vec![Some(at.builder.sum_windows(at.d_output(), self.window, steps)?)])
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        0
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let [_, steps, channels] = *run.input_dims(0) else { unreachable!("the shape was checked") };
        let row = steps * channels;
        let (inputs, outputs) = run.parts();
        if outputs[0].is_empty() {
            return Ok(());
        }
        let mut slots = outputs[0].chunks_exact_mut(channels);
        for sequence in inputs.get(0).chunks_exact(row) {
            for index in 0..self.window.count(steps) {
                // The slots are asked last, so that none is lost where a window ends.
                for (step, slot) in self.window.steps(index, steps).zip(slots.by_ref()) {
                    match step {
                        Some(step) => slot.copy_from_slice(&sequence[step * channels..][..channels]),
                        None => slot.fill(F::zero()),
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
