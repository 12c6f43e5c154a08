//! Prediction intervals from the errors of a backtest, and how often they would have held.
//!
//! Split conformal prediction: V. Vovk, A. Gammerman, G. Shafer, *Algorithmic Learning in a Random World*,
//! 2005. The absolute residuals of all steps are put on one scale by the typical residual of their step, so
//! that a few origins yield enough of them. The promise is exact for exchangeable residuals; those of a
//! series are not quite, hence the check by [`coverage`].

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

/// The intervals that are made, in percent.
pub const LEVELS: [u32; 2] = [80, 95];

/// The distance from the forecast to the ends of its intervals, in the transformed unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Intervals {
    /// Half widths `[level of LEVELS][step]`.
    pub(super) half_widths: Vec<Vec<f64>>,
}

/// How often an interval held in the backtest, calibrated without the forecasts it was checked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The share that should hold, in percent.
    pub level: u32,
    /// Values inside their interval.
    pub inside: usize,
    /// Values checked; 0 where the backtest is too short for a check.
    pub checked: usize,
}

impl Intervals {
    /// The intervals of residuals `[origin][step]`; `None` where they are too few for the widest level.
    pub(super) fn calibrate(residuals: &[&[f64]]) -> Option<Self> {
        let scale = step_scale(residuals);
        let scores = residuals.iter().flat_map(|of_origin| of_origin.iter().zip(&scale));
        let mut scores: Vec<f64> = scores.map(|(residual, scale)| score(*residual, *scale)).collect();
        scores.sort_by(f64::total_cmp);
        let half_widths = LEVELS.iter().map(|&level| {
            let factor = conformal_quantile(&scores, level)?;
            Some(scale.iter().map(|scale| factor * scale).collect())
        });
        Some(Self { half_widths: half_widths.collect::<Option<_>>()? })
    }
}

/// Checks each origin with the intervals of only those origins that share no forecast value with it.
pub(super) fn coverage(origins: &[usize], residuals: &[Vec<f64>]) -> Vec<Coverage> {
    let mut counts = LEVELS.map(|level| Coverage { level, inside: 0, checked: 0 });
    for (place, own) in residuals.iter().enumerate() {
        let apart = |other: usize| origins[other].abs_diff(origins[place]) >= own.len();
        let others: Vec<&[f64]> = (0..origins.len())
            .filter(|&other| apart(other))
            .map(|other| residuals[other].as_slice())
            .collect();
        let Some(intervals) = Intervals::calibrate(&others) else {
            continue;
        };
        for (count, half_width) in counts.iter_mut().zip(&intervals.half_widths) {
            count.inside += own.iter().zip(half_width).filter(|(own, half)| own.abs() <= **half).count();
            count.checked += own.len();
        }
    }
    counts.to_vec()
}

/// The mean absolute residual of each step, made to never fall with the step: the farther, the less is known.
fn step_scale(residuals: &[&[f64]]) -> Vec<f64> {
    let steps = residuals.first().map_or(0, |of_origin| of_origin.len());
    let mean = |step: usize| residuals.iter().map(|r| r[step].abs()).sum::<f64>() / residuals.len() as f64;
    non_decreasing((0..steps).map(mean))
}

/// The closest sequence in least squares that never falls (pooling adjacent violators).
fn non_decreasing(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for value in values {
        let mut block = (value, 1);
        while let Some(&(mean, size)) = blocks.last().filter(|(mean, _)| *mean > block.0) {
            let total = size + block.1;
            block = ((mean * size as f64 + block.0 * block.1 as f64) / total as f64, total);
            blocks.pop();
        }
        blocks.push(block);
    }
    blocks.into_iter().flat_map(|(mean, size)| std::iter::repeat_n(mean, size)).collect()
}

fn score(residual: f64, scale: f64) -> f64 {
    if scale > 0.0 { residual.abs() / scale } else { 0.0 }
}

/// The ⌈level (n + 1)⌉-th smallest of n sorted scores; `None` where that is beyond the last.
fn conformal_quantile(sorted: &[f64], level: u32) -> Option<f64> {
    let rank = (level as usize * (sorted.len() + 1)).div_ceil(100);
    sorted.get(rank - 1).copied()
}
