//! Forecasts of a series with an LSTM, checked against simple methods on values that are held out.
//!
//! [`Forecaster::fit`] does the whole job. The way of the values: logarithm where the spread grows with the
//! level, a strong season taken out by harmonic regression, windows relative to their last value, scaled;
//! a stacked LSTM then gives all steps of the horizon at once, as a correction to the mean continuation, and
//! the way back is taken. Every decision and every scale comes from values before the backtest or the
//! origin at hand, so the errors of the [`Backtest`] are those of real forecasts.
//!
//! ```
//! use gatewise::forecast::{Forecaster, Observer, Settings, airline_passengers};
//!
//! let series = airline_passengers()?;
//! // Small and short for a quick example; the default forecasts better.
//! let settings = Settings { horizon: Some(6), units: vec![4], epochs: 3, ..Settings::default() };
//! let (forecaster, report) = Forecaster::fit(&series, &settings, &Observer::silent())?;
//! assert_eq!(report.forecast[0].date, "1961-01");
//!
//! let again = forecaster.forecast(&series, None)?;
//! assert_eq!(again.forecast, report.forecast);
//! # Ok::<(), gatewise::Error>(())
//! ```

mod airline;
mod backtest;
mod baselines;
mod calendar;
mod fitted;
mod forecaster;
mod intervals;
mod layout;
mod logarithm;
mod metrics;
mod network;
mod progress;
mod recipe;
mod report;
mod saved;
mod schedule;
mod season;
mod series;
mod settings;
#[cfg(test)]
mod tests;
mod windows;

pub use airline::{AIRLINE_PASSENGERS, airline_passengers};
pub use calendar::{Calendar, Frequency, are_dates};
pub use forecaster::Forecaster;
pub use intervals::{Coverage, LEVELS};
pub use metrics::Accuracy;
pub use progress::{FitProgress, Observer, Progress};
pub use recipe::Recipe;
pub use report::{Backtest, BacktestForecast, ForecastStep, Report, SeriesSummary};
pub use series::Series;
pub use settings::Settings;
