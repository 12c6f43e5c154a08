//! The windows of a sequence, each laid out in full: what a convolution multiplies with its kernel.

use super::window::{Padding, Window};
use super::{Differential, Operation};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// `x [batch, time, channels] → [batch, windows, size, channels]`, zeros where a window reaches beyond the sequence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Windows {
    pub window: Window,
}

/// The shape of the windows of `[batch, time, channels]`, each laid out in full: `[batch, windows, size, channels]`.
///
/// # Errors
/// If there is another number of axes, or the sequence is too short for a window.
pub(crate) fn laid_out(subject: &str, window: &Window, input: &Shape) -> Result<Shape> {
    let [batch, steps, channels] = *input.dims() else {
        let text = format!("expected an array [batch, time, channels], got {input}");
        return Err(Error::shape(subject, text));
    };
    let is_short = |steps: usize| window.padding == Padding::Valid && steps < window.reach();
    if let Some(steps) = steps.filter(|steps| is_short(*steps)) {
        let text = format!("expected at least {} steps for a window, got {steps}", window.reach());
        return Err(Error::shape(subject, text));
    }
    let count = steps.map(|steps| window.count(steps));
    Ok(Shape::new([batch, count, Some(window.size), channels]))
}

/// The shape with a number for each window: `[batch, windows, channels]`.
///
/// # Errors
/// As of [`laid_out`].
pub(crate) fn summed_up(subject: &str, window: &Window, input: &Shape) -> Result<Shape> {
    let laid_out = laid_out(subject, window, input)?;
    Ok(Shape::new([laid_out.dim(0), laid_out.dim(1), laid_out.dim(3)]))
}

/// The number of steps, which gradients need.
///
/// # Errors
/// If it is not known.
pub(crate) fn known_steps(subject: &str, input: &Shape) -> Result<usize> {
    input.dim(1).ok_or_else(|| Error::shape(subject, "expected a known size for its gradient"))
}

impl Operation for Windows {
    fn name(&self) -> &'static str {
        "windows"
    }

    fn options(&self) -> String {
        self.window.to_string()
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Ok(vec![laid_out("windows", &self.window, inputs[0])?])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let steps = known_steps("windows", &at.builder.shape(at.inputs[0]))?;
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
