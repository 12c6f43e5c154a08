//! What happens to gradients before the rule sees them: scaling, accumulation, clipping.

use super::OptimizerOptions;
use super::options::Clip;
use super::slot_table::{SlotTable, Variable};

/// Sums that run side by side, so that the additions of one need not wait for each other.
const LANES: usize = 8;

/// Gradients on their way to the rule.
///
/// Without any option they are passed on as they are; otherwise they are worked on in buffers of their own,
/// which with accumulation also carry the sums from step to step.
#[derive(Debug)]
pub(super) struct Gradients {
    scale: Option<f32>,
    steps: Option<u64>,
    clip: Option<Clip>,
    buffers: Option<SlotTable>,
}

impl Gradients {
    pub(super) fn new(options: &OptimizerOptions, variables: &[Variable]) -> Self {
        let scale = options.loss_scale_factor.map(|scale| scale as f32);
        let steps = options.gradient_accumulation_steps;
        let clip = options.clip();
        let is_plain = scale.is_none() && steps.is_none() && clip.is_none();
        let buffers = || SlotTable::zeros(variables, "gradient_accumulator");
        Self { scale, steps, clip, buffers: (!is_plain).then(buffers) }
    }

    /// Takes the gradients of call `iteration` of `apply`; returns whether this call updates the weights.
    pub(super) fn take(&mut self, iteration: u64, gradients: &[&[f32]]) -> bool {
        let is_update = self.steps.is_none_or(|steps| (iteration + 1).is_multiple_of(steps));
        let scale = self.scale.unwrap_or(1.0);
        let steps = self.steps.filter(|_| is_update).unwrap_or(1) as f32;
        if let Some(buffers) = &mut self.buffers {
            for (variable, gradient) in gradients.iter().enumerate() {
                let buffer = buffers.only(variable);
                if self.steps.is_none() {
                    buffer.fill(0.0);
                }
                let pairs = buffer.iter_mut().zip(*gradient);
                pairs.for_each(|(sum, gradient)| *sum = (gradient / scale + *sum) / steps);
            }
        }
        if is_update {
            self.clip(gradients.len());
        }
        is_update
    }

    /// The gradient of one weight as the rule shall see it; `given` is what [`take`](Self::take) was given.
    pub(super) fn ready<'a>(&'a mut self, variable: usize, given: &'a [f32]) -> &'a [f32] {
        match &mut self.buffers {
            Some(buffers) => buffers.only(variable),
            None => given,
        }
    }

    /// Starts the next sum after an update.
    pub(super) fn finish(&mut self, variables: usize) {
        if let (Some(buffers), Some(_)) = (&mut self.buffers, self.steps) {
            (0..variables).for_each(|variable| buffers.only(variable).fill(0.0));
        }
    }

    /// The accumulated gradients, if they are part of the optimizer's state.
    pub(super) fn accumulators(&self) -> Option<&SlotTable> {
        self.buffers.as_ref().filter(|_| self.steps.is_some())
    }

    /// The same, to be changed.
    pub(super) fn accumulators_mut(&mut self) -> Option<&mut SlotTable> {
        self.buffers.as_mut().filter(|_| self.steps.is_some())
    }

    fn clip(&mut self, variables: usize) {
        let (Some(clip), Some(buffers)) = (self.clip, &mut self.buffers) else {
            return;
        };
        let global = match clip {
            Clip::GlobalNorm(limit) => {
                let squares: f64 =
                    (0..variables).map(|variable| sum_of_squares(buffers.only(variable))).sum();
                global_factor(squares.sqrt() as f32, limit)
            }
            Clip::Norm(_) | Clip::Value(_) => 1.0,
        };
        for variable in 0..variables {
            let gradient = buffers.only(variable);
            match clip {
                Clip::Norm(limit) => clip_norm(gradient, limit),
                Clip::GlobalNorm(_) => gradient.iter_mut().for_each(|value| *value *= global),
                Clip::Value(limit) => {
                    gradient.iter_mut().for_each(|value| *value = value.clamp(-limit, limit))
                }
            }
        }
    }
}

/// g · limit / max(|g|, limit), in Keras's order.
fn clip_norm(gradient: &mut [f32], limit: f32) {
    let norm = sum_of_squares(gradient).sqrt() as f32;
    // Not `f32::max`, which would let the limit win over NaN.
    let divisor = if norm < limit { limit } else { norm };
    gradient.iter_mut().for_each(|value| *value = *value * limit / divisor);
}

/// limit · min(1/norm, 1/limit), or NaN if the norm is not finite, so that a failed step is seen.
fn global_factor(norm: f32, limit: f32) -> f32 {
    if norm.is_finite() { limit * (1.0 / norm).min(1.0 / limit) } else { f32::NAN }
}

/// Σ v², in f64 and in an order that depends on the length alone.
fn sum_of_squares(values: &[f32]) -> f64 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0_f64; LANES];
    for chunk in chunks {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(value) * f64::from(value);
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>()
}

#[cfg(test)]
mod tests;
