//! The forecasts that need no model, which a model has to beat.

#[cfg(test)]
mod tests;

/// The last value, `horizon` times.
pub(super) fn naive(history: &[f64], horizon: usize) -> Vec<f64> {
    vec![history[history.len() - 1]; horizon]
}

/// The last season of `period` values, again and again for `horizon` steps.
pub(super) fn seasonal_naive(history: &[f64], period: usize, horizon: usize) -> Vec<f64> {
    let season = &history[history.len() - period..];
    season.iter().copied().cycle().take(horizon).collect()
}
