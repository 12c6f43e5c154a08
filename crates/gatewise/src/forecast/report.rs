//! What a forecast tells: the series, the recipe, the backtest, the forecast itself.

use serde::Serialize;

use super::backtest::separate_origins;
use super::intervals::Coverage;
use super::metrics::Accuracy;
use super::recipe::Recipe;

/// Everything that a forecast found out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// What was forecast.
    pub series: SeriesSummary,
    /// How.
    pub recipe: Recipe,
    /// How well it would have done; `None` where a saved model forecast new data.
    pub backtest: Option<Backtest>,
    /// The forecast `[horizon]`.
    pub forecast: Vec<ForecastStep>,
}

/// A series in a few words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesSummary {
    /// What the series is called.
    pub name: String,
    /// Number of values.
    pub rows: usize,
    /// `monthly`, `daily` and so on; `None` without dates.
    pub frequency: Option<String>,
    /// The first date, or row number.
    pub first: String,
    /// The last date, or row number.
    pub last: String,
    /// What was changed to make the series whole, a sentence each.
    pub notes: Vec<String>,
}

/// One forecast value with its intervals, in the unit of the series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForecastStep {
    /// The date, or row number.
    pub date: String,
    /// The middle of what is expected (the median).
    pub forecast: f64,
    /// Lower end of the 80 % interval.
    pub lower_80: f64,
    /// Upper end of the 80 % interval.
    pub upper_80: f64,
    /// Lower end of the 95 % interval.
    pub lower_95: f64,
    /// Upper end of the 95 % interval.
    pub upper_95: f64,
}

/// How the method would have done on the last part of the series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Backtest {
    /// Values held out at the end of the series.
    pub tail: usize,
    /// Times the network was fitted anew, each time only on values before its origin.
    pub fits: usize,
    /// Forecasts of the whole horizon.
    pub origins: usize,
    /// How many of them share no value with each other.
    pub separate_origins: usize,
    /// Steps between the values that MASE compares, on the values before the tail.
    pub mase_lag: usize,
    /// The errors of the LSTM.
    pub lstm: Accuracy,
    /// The errors of repeating the last value.
    pub naive: Accuracy,
    /// The errors of repeating the last season; `None` where no season is known.
    pub seasonal_naive: Option<Accuracy>,
    /// How often the intervals held.
    pub coverage: Vec<Coverage>,
    /// Every forecast, oldest origin first.
    pub forecasts: Vec<BacktestForecast>,
}

/// A forecast of the backtest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BacktestForecast {
    /// Number of values known to it.
    pub origin: usize,
    /// The forecast `[horizon]` in the unit of the series.
    pub forecast: Vec<f64>,
}

impl Backtest {
    /// The forecasts that share no value with each other, from the latest back until there is none left.
    pub fn without_overlap(&self, horizon: usize) -> impl Iterator<Item = &BacktestForecast> {
        let origins: Vec<usize> = self.forecasts.iter().map(|forecast| forecast.origin).collect();
        separate_origins(&origins, horizon).into_iter().map(|place| &self.forecasts[place])
    }

    /// Whether the mean absolute error of the LSTM is below that of every baseline.
    pub fn beats_baselines(&self) -> bool {
        self.lstm.mae < self.best_baseline().1.mae
    }

    /// The name and the errors of the better baseline.
    pub fn best_baseline(&self) -> (&'static str, Accuracy) {
        match self.seasonal_naive {
            Some(seasonal) if seasonal.mae < self.naive.mae => ("seasonal naive", seasonal),
            _ => ("naive", self.naive),
        }
    }
}
