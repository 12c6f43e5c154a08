//! Windows of a series as the network sees them: courses relative to their last value, scaled.

#[cfg(test)]
mod tests;

use ndarray::{ArrayD, IxDyn};
use serde::{Deserialize, Serialize};

/// Most windows that a network is fitted on; of longer series the latest ones.
pub(super) const MOST_WINDOWS: usize = 3000;

/// Inputs and targets for a network.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Windows {
    /// Scaled courses `[windows, window, 1]`.
    pub(super) inputs: ArrayD<f32>,
    /// Scaled continuations `[windows, horizon]`.
    pub(super) targets: ArrayD<f32>,
}

/// Centres and scales of windows and of continuations, taken from the data before an origin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Scaler {
    window: usize,
    input_mean: f64,
    input_scale: f64,
    /// Mean continuation `[horizon]`: the drift, which the network then corrects.
    target_mean: Vec<f64>,
    target_scale: Vec<f64>,
}

impl Scaler {
    /// Fits the scaler on `values` `[rows]` and cuts its windows, the latest [`MOST_WINDOWS`] of them.
    pub(super) fn fit(values: &[f64], window: usize, horizon: usize) -> (Self, Windows) {
        let last_origin = values.len() - horizon;
        let first_origin = window.max((last_origin + 1).saturating_sub(MOST_WINDOWS));
        let origins = first_origin..=last_origin;
        let inputs: Vec<f64> = origins.clone().flat_map(|origin| course(values, origin, window)).collect();
        let (input_mean, input_scale) = mean_and_scale(&inputs);
        let (target_mean, target_scale) = (0..horizon)
            .map(|step| {
                let ahead = origins.clone().map(|origin| values[origin + step] - values[origin - 1]);
                mean_and_scale(&ahead.collect::<Vec<f64>>())
            })
            .unzip();
        let scaler = Self { window, input_mean, input_scale, target_mean, target_scale };
        let targets: Vec<f32> = origins.clone().flat_map(|origin| scaler.target(values, origin)).collect();
        let inputs: Vec<f32> = inputs.into_iter().map(|value| scaler.scaled_input(value)).collect();
        let count = origins.count();
        let windows = Windows {
            inputs: array(&[count, window, 1], inputs),
            targets: array(&[count, horizon], targets),
        };
        (scaler, windows)
    }

    /// The steps that the network sees.
    pub(super) fn window(&self) -> usize {
        self.window
    }

    /// The steps that the network forecasts.
    pub(super) fn horizon(&self) -> usize {
        self.target_mean.len()
    }

    /// The last window of `values` as a batch of one, `[1, window, 1]`.
    pub(super) fn last_window(&self, values: &[f64]) -> ArrayD<f32> {
        let course = course(values, values.len(), self.window);
        array(&[1, self.window, 1], course.map(|value| self.scaled_input(value)).collect())
    }

    /// The continuation of `values` that the network's `output` `[horizon]` stands for.
    pub(super) fn continuation(&self, values: &[f64], output: impl Iterator<Item = f32>) -> Vec<f64> {
        let last = values[values.len() - 1];
        let scales = self.target_mean.iter().zip(&self.target_scale);
        output.zip(scales).map(|(output, (mean, scale))| last + mean + scale * f64::from(output)).collect()
    }

    fn scaled_input(&self, value: f64) -> f32 {
        ((value - self.input_mean) / self.input_scale) as f32
    }

    fn target<'a>(&'a self, values: &'a [f64], origin: usize) -> impl Iterator<Item = f32> + 'a {
        let scales = self.target_mean.iter().zip(&self.target_scale);
        let ahead = values[origin..].iter().map(move |value| value - values[origin - 1]);
        ahead.zip(scales).map(|(value, (mean, scale))| ((value - mean) / scale) as f32)
    }
}

/// The `window` values before `origin`, relative to the last of them.
fn course(values: &[f64], origin: usize, window: usize) -> impl Iterator<Item = f64> + '_ {
    let last = values[origin - 1];
    values[origin - window..origin].iter().map(move |value| value - last)
}

/// Mean and standard deviation; a deviation of 0 becomes 1, so that a constant is only centred.
fn mean_and_scale(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    let scale = libm::sqrt(variance);
    (mean, if scale > 0.0 { scale } else { 1.0 })
}

fn array(shape: &[usize], values: Vec<f32>) -> ArrayD<f32> {
    ArrayD::from_shape_vec(IxDyn(shape), values).expect("the values were counted by the shape")
}
