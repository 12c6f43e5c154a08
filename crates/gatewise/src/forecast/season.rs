//! Finding a season and taking it out: harmonic regression on the values around their moving average.
//!
//! Source: R. J. Hyndman and G. Athanasopoulos, *Forecasting: Principles and Practice*, 3rd edition, sections
//! 3.4 (moving averages), 4.3 (strength of a season) and 7.4 (Fourier series).

mod candidates;
mod least_squares;
#[cfg(test)]
mod tests;

pub(super) use candidates::periods_by_autocorrelation;
use least_squares::solve_normal_equations;
use serde::{Deserialize, Serialize};

/// Share of the variation around the moving average that a season has to explain to be taken out.
const LEAST_STRENGTH: f64 = 0.3;
/// Full seasons that must be there before one is believed.
const FEWEST_SEASONS: f64 = 3.0;
/// Most harmonics of a short season (monthly data: all there are).
const MOST_HARMONICS: usize = 6;
/// Most harmonics of a season longer than [`LONG_PERIOD`]; more would follow the noise.
const MOST_HARMONICS_OF_LONG: usize = 3;
const LONG_PERIOD: f64 = 100.0;

/// A repeating course: a sum of harmonics of one period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Season {
    /// Steps after which the course repeats; may be broken (a year has 365.25 days).
    period: f64,
    /// Factors of cosine and sine in turn, harmonic by harmonic.
    factors: Vec<f64>,
}

/// A period and how much of the variation around the moving average it explains, at most 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Strength {
    pub(super) period: f64,
    pub(super) share: f64,
}

/// The strongest season among `candidates` (steps), if one is strong enough to be taken out.
pub(super) fn strongest(values: &[f64], candidates: &[f64]) -> Option<Strength> {
    let strengths = candidates.iter().filter(|period| values.len() as f64 >= FEWEST_SEASONS * **period);
    let strengths = strengths.map(|&period| Strength { period, share: strength(values, period) });
    strengths
        .filter(|found| found.share >= LEAST_STRENGTH)
        .max_by(|a, b| a.share.total_cmp(&b.share).then(b.period.total_cmp(&a.period)))
}

impl Season {
    /// The season of `values` `[rows]`, whose first stands at step number `first_step`.
    pub(super) fn fit(values: &[f64], first_step: i64, period: f64) -> Self {
        let (offset, around) = around_moving_average(values, period);
        let first_step = first_step + offset as i64;
        let rows = (0..around.len()).map(|row| harmonics(first_step + row as i64, period));
        let factors = solve_normal_equations(rows, &around);
        Self { period, factors }
    }

    /// The part of the value at a step number that is due to the season.
    pub(super) fn at(&self, step: i64) -> f64 {
        harmonics(step, self.period).iter().zip(&self.factors).map(|(wave, factor)| wave * factor).sum()
    }
}

/// Cosines and sines of all harmonics of `period` at a step.
fn harmonics(step: i64, period: f64) -> Vec<f64> {
    let most = if period > LONG_PERIOD { MOST_HARMONICS_OF_LONG } else { MOST_HARMONICS };
    // The phase first, because the step number may be large and the angle must not lose its digits.
    let phase = libm::fmod(step as f64, period) / period;
    let mut waves = Vec::with_capacity(2 * most);
    for harmonic in (1..=most).take_while(|&harmonic| 2.0 * harmonic as f64 <= period) {
        let angle = std::f64::consts::TAU * harmonic as f64 * phase;
        waves.push(libm::cos(angle));
        // At two steps a wave the sine is 0 at every step.
        if 2.0 * (harmonic as f64) < period {
            waves.push(libm::sin(angle));
        }
    }
    waves
}

/// One minus the residual variance by the variance, each by its degrees of freedom (adjusted R²).
fn strength(values: &[f64], period: f64) -> f64 {
    let season = Season::fit(values, 0, period);
    let (offset, around) = around_moving_average(values, period);
    let count = around.len() as f64;
    let freedom = count - season.factors.len() as f64 - 1.0;
    let mean = around.iter().sum::<f64>() / count;
    let total: f64 = around.iter().map(|value| (value - mean) * (value - mean)).sum();
    let left = around.iter().enumerate().map(|(row, value)| value - season.at((row + offset) as i64));
    let left: f64 = left.map(|value| value * value).sum();
    if total > 0.0 && freedom > 0.0 { 1.0 - (left / freedom) / (total / (count - 1.0)) } else { 0.0 }
}

/// Values minus their centred moving average over one period, and the place of the first of them.
fn around_moving_average(values: &[f64], period: f64) -> (usize, Vec<f64>) {
    // 2 × m moving average for even m: half a weight at both ends, so that the mean stays centred.
    let width = period.round() as usize;
    let half = width / 2;
    let end_weight = if width.is_multiple_of(2) { 0.5 } else { 1.0 };
    let average = |place: usize| {
        let inner: f64 = values[place - half + 1..place + half].iter().sum();
        (inner + end_weight * (values[place - half] + values[place + half])) / width as f64
    };
    let around = (half..values.len().saturating_sub(half)).map(|place| values[place] - average(place));
    (half, around.collect())
}
