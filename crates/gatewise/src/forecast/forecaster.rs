//! A fitted forecaster: what is saved, and what forecasts new data.

use super::fitted::Fitted;
use super::intervals::{Intervals, LEVELS};
use super::layout::Layout;
use super::progress::{FitProgress, Observer};
use super::recipe::Recipe;
use super::report::{Backtest, ForecastStep, Report, SeriesSummary};
use super::windows::MOST_WINDOWS;
use super::{Series, Settings, backtest};
use crate::{Error, Result};

/// A forecaster with all it needs: recipe, season, scaler, network, and the width of its intervals.
#[derive(Debug)]
pub struct Forecaster {
    pub(super) recipe: Recipe,
    pub(super) fitted: Fitted,
    pub(super) intervals: Intervals,
    /// The frequency of the series it was fitted on, in words; `None` without dates.
    pub(super) frequency: Option<String>,
}

impl Forecaster {
    /// Backtests on the tail of `series`, fits on all of it, and forecasts.
    ///
    /// # Errors
    /// When a setting is out of its range or the series is too short for the horizon and window.
    pub fn fit(series: &Series, settings: &Settings, observer: &Observer) -> Result<(Self, Report)> {
        settings.check()?;
        let rows = series.values().len();
        let horizon = settings.horizon.unwrap_or_else(|| usual_horizon(series));
        let layout = Layout::new(series.name(), rows, horizon, settings)?;
        let recipe = Recipe::decide(series, &layout, settings);
        recipe.in_words().into_iter().for_each(|sentence| observer.say(sentence));
        layout_in_words(&layout, rows).into_iter().for_each(|sentence| observer.say(sentence));
        let values = recipe.transform(series)?;
        let first_step = series.first_step();
        let forecasts = backtest::forecasts(&recipe, &layout, &values, first_step, observer)?;
        let (backtest, intervals) = backtest::assess(series, &recipe, &layout, &values, &forecasts)?;
        observer.say("last fit: on values up to the end of the series");
        let fits = layout.refits.len() + 1;
        let last_fit = FitProgress { number: fits, of: fits };
        let fitted = Fitted::train(&recipe, &values, first_step, last_fit, observer)?;
        let frequency = series.frequency().map(|frequency| frequency.to_string());
        let forecaster = Self { recipe, fitted, intervals, frequency };
        let report = forecaster.report(series, &values, horizon, Some(backtest))?;
        Ok((forecaster, report))
    }

    /// Forecasts the `horizon` steps after a series (those of the recipe for `None`) without any training.
    ///
    /// # Errors
    /// When the series is shorter than the window, has another frequency than the one the forecaster was
    /// fitted on, has values that its logarithm does not take, or `horizon` is 0 or longer than the recipe's.
    pub fn forecast(&self, series: &Series, horizon: Option<usize>) -> Result<Report> {
        let horizon = horizon.unwrap_or(self.recipe.horizon);
        self.check(series, horizon)?;
        self.report(series, &self.recipe.transform(series)?, horizon, None)
    }

    /// How the forecaster works.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    fn check(&self, series: &Series, horizon: usize) -> Result<()> {
        if horizon == 0 || horizon > self.recipe.horizon {
            let text = format!("expected a horizon of 1 to {} steps, got {horizon}", self.recipe.horizon);
            return Err(Error::argument("forecast model", text));
        }
        let frequency = series.frequency().map(|frequency| frequency.to_string());
        if frequency != self.frequency {
            let words = |frequency: &Option<String>| match frequency {
                Some(frequency) => format!("{frequency} dates"),
                None => "no dates".to_owned(),
            };
            let text =
                format!("expected {} as in training, got {}", words(&self.frequency), words(&frequency));
            return Err(Error::data(series.name(), text));
        }
        let (rows, window) = (series.values().len(), self.recipe.window);
        if rows < window {
            return Err(Error::data(series.name(), format!("expected at least {window} rows, got {rows}")));
        }
        Ok(())
    }

    fn report(
        &self,
        series: &Series,
        values: &[f64],
        horizon: usize,
        backtest: Option<Backtest>,
    ) -> Result<Report> {
        let forecast = self.fitted.forecast(values, series.first_step())?;
        let step = |place: usize| self.step(series.label(values.len() + place), place, forecast[place]);
        let summary = SeriesSummary {
            name: series.name().to_owned(),
            rows: values.len(),
            frequency: self.frequency.clone(),
            first: series.label(0),
            last: series.label(values.len() - 1),
            notes: series.notes().to_vec(),
        };
        let forecast = (0..horizon).map(step).collect();
        Ok(Report { series: summary, recipe: self.recipe.clone(), backtest, forecast })
    }

    fn step(&self, date: String, place: usize, forecast: f64) -> ForecastStep {
        const { assert!(LEVELS[0] == 80 && LEVELS[1] == 95) };
        let [inner, outer] = [0, 1].map(|level| self.intervals.half_widths[level][place]);
        ForecastStep {
            date,
            forecast: self.recipe.restore(forecast),
            lower_80: self.recipe.restore(forecast - inner),
            upper_80: self.recipe.restore(forecast + inner),
            lower_95: self.recipe.restore(forecast - outer),
            upper_95: self.recipe.restore(forecast + outer),
        }
    }
}

/// The usual horizon for the dates, a dozen steps without.
fn usual_horizon(series: &Series) -> usize {
    series.frequency().map_or(12, |frequency| frequency.usual_horizon())
}

fn layout_in_words(layout: &Layout, rows: usize) -> Vec<String> {
    let fitted = match layout.refits.len() {
        1 => "once, before them".to_owned(),
        fits => format!("anew {fits} times on the way"),
    };
    let (origins, horizon, tail) = (layout.origins.len(), layout.horizon, rows - layout.head);
    let backtest = format!(
        "backtest: {origins} forecasts of {horizon} steps over the last {tail} of {rows} values, network fitted {fitted}"
    );
    let windows = rows + 1 - layout.window - horizon;
    let bound = format!("long series: each fit uses the latest {MOST_WINDOWS} of up to {windows} windows");
    std::iter::once(backtest).chain((windows > MOST_WINDOWS).then_some(bound)).collect()
}
