//! Periods worth trying where no dates suggest any.

/// Longest lag tried, in steps.
const LONGEST_LAG: usize = 400;
/// Values looked at, the latest ones: enough for the longest lag, and a bound on the work.
const MOST_VALUES: usize = 20_000;
/// Seasons that must be there.
const FEWEST_SEASONS: usize = 3;
/// A peak this close to the highest one counts as high, and the shortest such period is meant.
const NEARLY_HIGHEST: f64 = 0.9;

/// The period (steps) at the first high peak of the autocorrelation of `values` around their line.
pub(in crate::forecast) fn periods_by_autocorrelation(values: &[f64]) -> Vec<f64> {
    let around = around_line(&values[values.len().saturating_sub(MOST_VALUES)..]);
    let longest = LONGEST_LAG.min(around.len() / FEWEST_SEASONS);
    let correlations: Vec<f64> = (0..=longest + 1).map(|lag| autocovariance(&around, lag)).collect();
    let is_peak = |lag: &usize| {
        let [before, here, after] = [correlations[lag - 1], correlations[*lag], correlations[lag + 1]];
        here > 0.0 && here >= before && here > after
    };
    let peaks: Vec<usize> = (2..=longest).filter(is_peak).collect();
    let highest = peaks.iter().map(|&lag| correlations[lag]).fold(0.0, f64::max);
    let first = peaks.into_iter().find(|&lag| correlations[lag] >= NEARLY_HIGHEST * highest);
    first.map(|lag| lag as f64).into_iter().collect()
}

/// Values minus their least-squares line.
fn around_line(values: &[f64]) -> Vec<f64> {
    let count = values.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let mean = values.iter().sum::<f64>() / count;
    let offsets = || (0..values.len()).map(|place| place as f64 - middle);
    let spread: f64 = offsets().map(|offset| offset * offset).sum();
    let slope = offsets().zip(values).map(|(offset, value)| offset * value).sum::<f64>() / spread.max(1.0);
    offsets().zip(values).map(|(offset, value)| value - mean - slope * offset).collect()
}

/// The mean product of values `lag` steps apart; unlike the usual estimate it does not shrink with the lag.
fn autocovariance(values: &[f64], lag: usize) -> f64 {
    let later = values.get(lag..).unwrap_or_default();
    values.iter().zip(later).map(|(a, b)| a * b).sum::<f64>() / later.len().max(1) as f64
}
