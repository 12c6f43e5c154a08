//! What is decided about a series before anything is fitted: logarithm, season, window.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::layout::Layout;
use super::{Series, Settings, logarithm, season};
use crate::{Error, Result};

/// Longest usual season that the length of a block for the logarithm test is taken from, in steps.
const LONGEST_BLOCK: f64 = 60.0;
/// Part of a series that is one block where no season is usual.
const BLOCKS_WITHOUT_SEASON: usize = 20;

/// The decisions about a series, made on the values before the backtest alone.
///
/// One fact is taken from the whole series: whether every value is above 0, without which there are no
/// logarithms at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Steps in one forecast.
    pub horizon: usize,
    /// Steps that the network sees.
    pub window: usize,
    /// Whether the network works on logarithms, because the spread grows with the level.
    pub logarithm: bool,
    /// Steps in a season that is taken out before the network and put back after it; `None` where there is
    /// no season strong enough. May be broken: a year has 365.25 days.
    pub season: Option<f64>,
    /// Steps in the season of the seasonal naive forecast: the one above, or the usual one for the dates.
    pub baseline_season: Option<usize>,
    /// Units of the LSTM layers, first to last.
    pub units: Vec<usize>,
    /// Most passes over the training data in one fit.
    pub epochs: usize,
    /// Seed of the weights and of the order of the training data.
    pub seed: u64,
}

impl Recipe {
    /// Decides on the part of the series before the backtest.
    pub(super) fn decide(series: &Series, layout: &Layout, settings: &Settings) -> Self {
        let head = &series.values()[..layout.head];
        let usual = series.frequency().map(|frequency| frequency.usual_periods());
        let block = usual.iter().flatten().find(|period| **period <= LONGEST_BLOCK);
        let block = block.map_or(head.len() / BLOCKS_WITHOUT_SEASON, |period| period.round() as usize);
        let all_positive = series.values().iter().all(|value| *value > 0.0);
        let logarithm = all_positive && logarithm::spread_grows_with_level(head, block);
        let transformed: Vec<f64> = head.iter().map(|value| transform(logarithm, *value)).collect();
        let candidates = usual.unwrap_or_else(|| season::periods_by_autocorrelation(&transformed));
        let season = season::strongest(&transformed, &candidates).map(|found| found.period);
        let baseline_season = season.or(candidates.first().copied()).map(|period| period.round() as usize);
        Self {
            horizon: layout.horizon,
            window: layout.window,
            logarithm,
            season,
            baseline_season: baseline_season.filter(|period| (2..head.len()).contains(period)),
            units: settings.units.clone(),
            epochs: settings.epochs,
            seed: settings.seed,
        }
    }

    /// Values `[rows]` in the unit that the network works on.
    ///
    /// # Errors
    /// When logarithms are needed and a value is not above 0.
    pub(super) fn transform(&self, series: &Series) -> Result<Vec<f64>> {
        let refused = |value: &f64| self.logarithm && *value <= 0.0;
        if let Some(place) = series.values().iter().position(refused) {
            let text = format!(
                "expected values above 0 as the model was fitted on logarithms, got {} at {}",
                series.values()[place],
                series.label(place)
            );
            return Err(Error::data(series.name(), text));
        }
        Ok(series.values().iter().map(|value| transform(self.logarithm, *value)).collect())
    }

    /// A transformed value in the unit of the series. The middle of a forecast stays its middle (the median).
    pub(super) fn restore(&self, value: f64) -> f64 {
        if self.logarithm { libm::exp(value) } else { value }
    }

    /// The decisions in words, a sentence each.
    pub fn in_words(&self) -> Vec<String> {
        let logarithm = if self.logarithm {
            "the spread grows with the level: the network works on logarithms"
        } else {
            "no logarithms: the spread does not grow with the level, or not all values are above 0"
        };
        let season = match self.season {
            Some(period) => format!("a season of {period} steps is taken out before the network"),
            None => "no strong season: none is taken out".to_owned(),
        };
        let units: Vec<String> = self.units.iter().map(ToString::to_string).collect();
        let network = format!(
            "LSTM of {} units, {} steps in, {} steps out",
            units.join(" and "),
            self.window,
            self.horizon
        );
        vec![logarithm.to_owned(), season, network]
    }
}

fn transform(logarithm: bool, value: f64) -> f64 {
    if logarithm { libm::log(value) } else { value }
}
