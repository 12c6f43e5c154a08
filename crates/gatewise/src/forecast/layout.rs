//! Where the backtest stands in the series: its tail, its origins and where the network is fitted anew.

#[cfg(test)]
mod tests;

use super::Settings;
use crate::{Error, Result};

/// Fewest windows that a network is fitted on.
const FEWEST_WINDOWS: usize = 16;
/// Shortest window that still shows a course.
const SHORTEST_WINDOW: usize = 4;
/// Most origins in a backtest; more of them overlap so much that they say little new.
const MOST_ORIGINS: usize = 25;
/// The tail is as long as this many horizons, where the series is long enough.
const MOST_HORIZONS_IN_TAIL: usize = 10;
/// A series has to be this many horizons long for each horizon of its tail.
const HORIZONS_PER_TAIL_HORIZON: usize = 4;
/// Fits in the backtest of a short series.
const MOST_REFITS: usize = 5;
/// Up to this many windows the network is fitted several times in the backtest, beyond it once.
const MOST_WINDOWS_FOR_REFITS: usize = 500;
/// Residuals that the outer interval needs: with n of them, ⌈0.95 (n + 1)⌉ ≤ n (split conformal).
const FEWEST_RESIDUALS: usize = 19;

/// The places of a backtest in a series of `rows` values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// Steps in one forecast.
    pub(super) horizon: usize,
    /// Steps that the network sees.
    pub(super) window: usize,
    /// First place of the held-out tail, the first origin as well.
    pub(super) head: usize,
    /// Numbers of values known to each forecast of the backtest, rising.
    pub(super) origins: Vec<usize>,
    /// The origins at which the network is fitted anew, rising.
    pub(super) refits: Vec<usize>,
}

impl Layout {
    /// The layout for a series of `rows` values that looks `horizon` steps ahead.
    pub(super) fn new(name: &str, rows: usize, horizon: usize, settings: &Settings) -> Result<Self> {
        if horizon == 0 {
            return Err(Error::argument(name, "expected a horizon of at least 1 step, got 0"));
        }
        if let Some(window) = settings.window.filter(|window| *window < SHORTEST_WINDOW) {
            let text = format!("expected a window of at least {SHORTEST_WINDOW} steps, got {window}");
            return Err(Error::argument(name, text));
        }
        Self::fit_in(rows, horizon, settings.window)
            .ok_or_else(|| too_few(name, rows, horizon, settings.window))
    }

    /// The layout, or `None` where the series is too short for it.
    fn fit_in(rows: usize, horizon: usize, window: Option<usize>) -> Option<Self> {
        let horizons = (rows / (HORIZONS_PER_TAIL_HORIZON * horizon)).clamp(2, MOST_HORIZONS_IN_TAIL);
        let tail = (horizons * horizon).max(horizon + MOST_ORIGINS - 1).min(2 * rows / 5);
        let head = rows - tail;
        let longest_window = (head + 1).checked_sub(horizon + FEWEST_WINDOWS)?;
        let window = window.unwrap_or_else(|| usual_window(horizon).min(longest_window));
        let span = tail.checked_sub(horizon)?;
        let count = MOST_ORIGINS.min(span + 1);
        let residuals = count * horizon;
        if window < SHORTEST_WINDOW || window > longest_window || residuals < FEWEST_RESIDUALS {
            return None;
        }
        let origins: Vec<usize> = (0..count).map(|index| head + index * span / (count - 1).max(1)).collect();
        let windows = head + 1 - horizon - window;
        let refit_count = if windows <= MOST_WINDOWS_FOR_REFITS { MOST_REFITS.min(count) } else { 1 };
        let refits = (0..refit_count).map(|index| origins[index * count / refit_count]).collect();
        Some(Self { horizon, window, head, origins, refits })
    }

    /// The origins that are forecast by the network fitted at the `index`-th refit.
    pub(super) fn origins_of_refit(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let from = self.refits[index];
        let until = self.refits.get(index + 1).copied().unwrap_or(usize::MAX);
        self.origins.iter().copied().filter(move |&origin| origin >= from && origin < until)
    }
}

/// As long as the forecast looks ahead, a year of months at least.
fn usual_window(horizon: usize) -> usize {
    horizon.max(12)
}

fn too_few(name: &str, rows: usize, horizon: usize, window: Option<usize>) -> Error {
    let enough = |rows: &usize| Layout::fit_in(*rows, horizon, window).is_some();
    let ceiling = 20 * (horizon + window.unwrap_or(0) + MOST_ORIGINS + FEWEST_WINDOWS);
    let needed = (rows..ceiling).find(enough).unwrap_or(ceiling);
    let seen = window.map_or(String::new(), |window| format!(" from a window of {window}"));
    let remedy = if window.is_some() { "a shorter window or horizon" } else { "a shorter horizon" };
    let text = format!(
        "expected at least {needed} rows to forecast {horizon} steps{seen}, got {rows}; give more rows or {remedy}"
    );
    Error::data(name, text)
}
