//! Many numbers in a few.

use ndarray::ArrayD;

/// What is kept of many numbers. All but the last is of the finite ones only; without any it is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct NumberSummary {
    /// The root of the sum of squares.
    pub norm: f64,
    /// The mean.
    pub mean: f64,
    /// The standard deviation, of the numbers as a whole population.
    pub std: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The share that is 0, from 0 to 1.
    pub zeros: f64,
    /// The share of all that is NaN or infinite, from 0 to 1.
    pub not_finite: f64,
}

impl NumberSummary {
    /// The summary of an array.
    pub fn new(array: &ArrayD<f32>) -> Self {
        let finite = || array.iter().filter(|x| x.is_finite()).map(|x| f64::from(*x));
        let count = finite().count();
        if count == 0 {
            let not_finite = if array.is_empty() { 0.0 } else { 1.0 };
            return Self { not_finite, ..Self::default() };
        }
        let share = |part: usize, of: usize| part as f64 / of as f64;
        let mean = finite().sum::<f64>() / count as f64;
        let variance = finite().map(|x| (x - mean).powi(2)).sum::<f64>() / count as f64;
        Self {
            norm: finite().map(|x| x * x).sum::<f64>().sqrt(),
            mean,
            std: variance.sqrt(),
            min: finite().fold(f64::INFINITY, f64::min),
            max: finite().fold(f64::NEG_INFINITY, f64::max),
            zeros: share(finite().filter(|x| *x == 0.0).count(), count),
            not_finite: share(array.len() - count, array.len()),
        }
    }
}

/// The norm of a change over the norm before it.
pub(super) fn ratio(before: &ArrayD<f32>, after: &ArrayD<f32>) -> f64 {
    let change = (after - before).mapv(|x| f64::from(x).powi(2)).sum().sqrt();
    let norm = before.mapv(|x| f64::from(x).powi(2)).sum().sqrt();
    if change == 0.0 { 0.0 } else { change / norm }
}
