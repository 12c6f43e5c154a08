//! `gatewise forecast`: read, fit, forecast, write, print.

mod files;

use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::{Context, Result};
use gatewise::forecast::{Backtest, Forecaster, Report, Series, Settings, airline_passengers};

use super::Answer;
use crate::args::ForecastArguments;
use crate::{console, picture, reader, tables};
use files::Files;

/// Runs the command. The answer is no when the LSTM did not beat the naive forecasts in the backtest.
pub fn run(arguments: &ForecastArguments) -> Result<Answer> {
    let series = read_series(arguments)?;
    describe(&series);
    let mut files = Files::in_folder(&arguments.out)?;
    let report = match &arguments.model {
        Some(model) => forecast_with(model, &series, arguments.horizon)?,
        None => fit(&series, arguments, &mut files)?,
    };
    files.write_table(&report)?;
    files.write_picture(&picture::draw(&series, &report)?)?;
    print_results(&report, &files, arguments.json)?;
    files.written().for_each(|path| console::say(&format!("wrote {}", path.display())));
    Ok(verdict(report.backtest.as_ref()))
}

fn read_series(arguments: &ForecastArguments) -> Result<Series> {
    match &arguments.series {
        Some(path) => reader::read_series(path, arguments.column.as_deref()),
        None => {
            console::say("no file given: the built-in monthly airline passengers, in thousands");
            Ok(airline_passengers()?)
        }
    }
}

fn describe(series: &Series) {
    let rows = series.values().len();
    let kind = series.frequency().map_or_else(|| "undated".to_owned(), |frequency| frequency.to_string());
    let (first, last) = (series.label(0), series.label(rows - 1));
    console::say(&format!("{}: {rows} {kind} values, {first} to {last}", series.name()));
    series.notes().iter().for_each(|note| console::say(&format!("note: {note}")));
}

fn fit(series: &Series, arguments: &ForecastArguments, files: &mut Files) -> Result<Report> {
    let bar = console::fit_bar();
    let fitted = Forecaster::fit(series, &settings(arguments), &console::observer(&bar));
    bar.finish_and_clear();
    let (forecaster, report) = fitted?;
    files.write_model(&forecaster)?;
    Ok(report)
}

fn forecast_with(model: &Path, series: &Series, horizon: Option<NonZeroUsize>) -> Result<Report> {
    let forecaster = Forecaster::load(model)?;
    console::say(&format!("model {}: no training", model.display()));
    if series.frequency().is_none() && forecaster.recipe().season.is_some() {
        console::say(
            "note: without dates, row 1 is taken to stand where row 1 stood in training in its season",
        );
    }
    Ok(forecaster.forecast(series, horizon.map(NonZeroUsize::get))?)
}

fn settings(arguments: &ForecastArguments) -> Settings {
    let default = Settings::default();
    let units = |units: &Vec<NonZeroUsize>| units.iter().map(|units| units.get()).collect();
    Settings {
        horizon: arguments.horizon.map(NonZeroUsize::get),
        window: arguments.window.map(NonZeroUsize::get),
        units: arguments.units.as_ref().map_or(default.units, units),
        epochs: arguments.epochs.map_or(default.epochs, NonZeroUsize::get),
        seed: arguments.seed.unwrap_or(default.seed),
    }
}

fn print_results(report: &Report, files: &Files, json: bool) -> Result<()> {
    let text = match json {
        true => as_json(report, files)?,
        false => tables::all(report),
    };
    console::print(&text)
}

/// The report, the paths of the files and the verdict in one object.
fn as_json(report: &Report, files: &Files) -> Result<String> {
    let mut object = serde_json::to_value(report).context("the report as JSON")?;
    object["beats_baselines"] = report.backtest.as_ref().map(Backtest::beats_baselines).into();
    object["files"] = files.written().map(|path| path.display().to_string()).collect();
    Ok(serde_json::to_string_pretty(&object)?)
}

fn verdict(backtest: Option<&Backtest>) -> Answer {
    let Some(backtest) = backtest else {
        return Answer::Done;
    };
    let (name, baseline) = backtest.best_baseline();
    let share = 100.0 * backtest.lstm.mae / baseline.mae;
    if backtest.beats_baselines() {
        console::say(&format!("the LSTM beat the {name} forecast: {share:.0} % of its mean absolute error"));
        Answer::Done
    } else {
        console::say(&format!(
            "the LSTM did not beat the {name} forecast ({share:.0} % of its mean absolute error): use that one"
        ));
        Answer::No
    }
}
