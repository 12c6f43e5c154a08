//! The picture of a forecast: history, backtest, forecast with its bands, as SVG.

mod axis;
#[cfg(test)]
mod tests;

use anyhow::{Result, anyhow};
use gatewise::forecast::{Backtest, ForecastStep, Report, Series};
use gatewise::picture::style::{self, BAND_80, BAND_95, FORECAST, GRID, HISTORY, PAST_FORECAST, TEXT};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use crate::tables::decimals;
use axis::DateAxis;

const SIZE: (u32, u32) = (1200, 600);
/// Values of history shown at least, and at least this many forecasts long.
const LEAST_HISTORY: usize = 150;
const LEAST_HORIZONS: usize = 8;

/// About as many marks stand on the axis of values.
const VALUE_MARKS: u16 = 8;

/// The legend covers one part in so many of the width.
const LEGEND_SHARE: usize = 6;

type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<DateAxis<'a>, RangedCoordf64>>;

/// Draws the forecast in `report` after the last part of `series`.
pub fn draw(series: &Series, report: &Report) -> Result<String> {
    let mut svg = String::new();
    // Errors of the drawing library are not `Sync`, so their words are kept and not they.
    draw_into(&mut svg, series, report).map_err(|error| anyhow!("the picture cannot be drawn: {error}"))?;
    Ok(svg)
}

type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

fn draw_into(svg: &mut String, series: &Series, report: &Report) -> Drawn {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let area = titled(&area, report)?;
    let first = first_shown(series, report);
    let (bottom, top) = value_range(series, report, first);
    let axis = DateAxis::new(series, first, series.values().len() + report.forecast.len() - 1);
    let mut chart = ChartBuilder::on(&area)
        .margin_left(16)
        .margin_right(28)
        .margin_bottom(8)
        .x_label_area_size(34)
        .y_label_area_size(72)
        .build_cartesian_2d(axis, bottom..top)?;
    let digits = decimals_of_marks(top - bottom);
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .x_labels(axis::MOST_MARKS)
        .y_labels(VALUE_MARKS as usize)
        .y_desc(report.series.name.as_str())
        .y_label_formatter(&|value| format!("{value:.digits$}"))
        .label_style(("sans-serif", 15, &TEXT))
        .axis_desc_style(("sans-serif", 16, &TEXT))
        .draw()?;
    draw_bands(&mut chart, series, &report.forecast)?;
    draw_history(&mut chart, series, first)?;
    if let Some(backtest) = &report.backtest {
        draw_backtest(&mut chart, series, backtest, report.recipe.horizon, first)?;
    }
    draw_forecast(&mut chart, series, &report.forecast)?;
    chart
        .configure_series_labels()
        .position(legend_position(&series.values()[first..], bottom, top))
        .margin(14)
        .legend_area_size(28)
        .background_style(WHITE.mix(0.9))
        .border_style(GRID)
        .label_font(("sans-serif", 15, &TEXT))
        .draw()?;
    area.present()?;
    Ok(())
}

/// Writes the title and, below it, how good the forecast was in the backtest; what is left is returned.
fn titled<'a>(
    area: &DrawingArea<SVGBackend<'a>, plotters::coord::Shift>,
    report: &Report,
) -> std::result::Result<DrawingArea<SVGBackend<'a>, plotters::coord::Shift>, Box<dyn std::error::Error>> {
    let title = format!(
        "{}: forecast {} to {}",
        report.series.name,
        report.forecast.first().map_or("", |step| &step.date),
        report.forecast.last().map_or("", |step| &step.date)
    );
    area.draw(&Text::new(title, (20, 16), ("sans-serif", 24).into_font().color(&TEXT)))?;
    let below = subtitle(report);
    area.draw(&Text::new(below, (20, 48), ("sans-serif", 15).into_font().color(&TEXT.mix(0.75))))?;
    Ok(area.margin(76, 0, 0, 0))
}

fn subtitle(report: &Report) -> String {
    let Some(backtest) = &report.backtest else {
        return format!("LSTM, saved model; {} values of history", report.series.rows);
    };
    let (name, baseline) = backtest.best_baseline();
    let digits = decimals(backtest.lstm.mae);
    let held = backtest.coverage.iter().filter(|coverage| coverage.checked > 0).map(|coverage| {
        let share = 100.0 * coverage.inside as f64 / coverage.checked as f64;
        format!("; {} % interval held {share:.0} %", coverage.level)
    });
    format!(
        "LSTM, mean absolute error in {} backtest forecasts {:.digits$} ({name} forecast: {:.digits$}){}",
        backtest.origins,
        backtest.lstm.mae,
        baseline.mae,
        held.collect::<String>()
    )
}

/// The first place of history in the picture: the backtest and some values before it are always shown.
fn first_shown(series: &Series, report: &Report) -> usize {
    let tail = report.backtest.as_ref().map_or(0, |backtest| backtest.tail);
    let shown = LEAST_HISTORY.max(LEAST_HORIZONS * report.forecast.len()).max(tail + tail / 2);
    series.values().len().saturating_sub(shown)
}

/// From the lowest to the highest value shown, with some air.
fn value_range(series: &Series, report: &Report, first: usize) -> (f64, f64) {
    let history = series.values()[first..].iter().copied();
    let ends = report.forecast.iter().flat_map(|step| [step.lower_95, step.upper_95]);
    let past = report.backtest.iter().flat_map(|backtest| &backtest.forecasts);
    let past = past.flat_map(|forecast| forecast.forecast.iter().copied());
    let (low, high) = history
        .chain(ends)
        .chain(past)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let air = 0.05 * (high - low);
    // A series that is never below 0 gets no axis below 0.
    let bottom = if low >= 0.0 { (low - air).max(0.0) } else { low - air };
    (bottom, high + air)
}

/// The left corner that the oldest values shown are farther from.
fn legend_position(shown: &[f64], bottom: f64, top: f64) -> SeriesLabelPosition {
    let beside = &shown[..shown.len().div_ceil(LEGEND_SHARE)];
    let room_above = top - beside.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let room_below = beside.iter().copied().fold(f64::INFINITY, f64::min) - bottom;
    if room_above >= room_below { SeriesLabelPosition::UpperLeft } else { SeriesLabelPosition::LowerLeft }
}

/// Decimals that tell the marks of an axis apart that spans `range`.
fn decimals_of_marks(range: f64) -> usize {
    let step = range / f64::from(VALUE_MARKS);
    // Marks stand on multiples of 1, 2 or 5 of a power of ten not above the step.
    (0..12).find(|&digits| step * 10_f64.powi(digits) >= 1.0).map_or(12, |digits| digits as usize)
}

fn draw_history(chart: &mut Chart<'_>, series: &Series, first: usize) -> Drawn {
    let points = series.values()[first..].iter().zip(first..).map(|(&value, place)| (place as f64, value));
    let style = HISTORY.stroke_width(2);
    chart.draw_series(LineSeries::new(points, style))?.label("history").legend(style::line_key(style));
    Ok(())
}

/// Draws those forecasts of the backtest that do not overlap, each from the last value it knew.
fn draw_backtest(
    chart: &mut Chart<'_>,
    series: &Series,
    backtest: &Backtest,
    horizon: usize,
    first: usize,
) -> Drawn {
    let style = PAST_FORECAST.stroke_width(2);
    let mut labelled = false;
    for past in backtest.without_overlap(horizon).filter(|past| past.origin > first) {
        let known = series.values()[past.origin - 1];
        let values = std::iter::once(known).chain(past.forecast.iter().copied());
        let points = values.zip(past.origin - 1..).map(|(value, place)| (place as f64, value));
        let drawn = chart.draw_series(DashedLineSeries::new(points, 6, 4, style))?;
        if !labelled {
            drawn.label("backtest").legend(style::dashed_key(style));
            labelled = true;
        }
    }
    Ok(())
}

fn draw_bands(chart: &mut Chart<'_>, series: &Series, forecast: &[ForecastStep]) -> Drawn {
    let ends_95: Vec<(f64, f64)> = forecast.iter().map(|step| (step.lower_95, step.upper_95)).collect();
    let ends_80: Vec<(f64, f64)> = forecast.iter().map(|step| (step.lower_80, step.upper_80)).collect();
    for (ends, color, label) in [(ends_95, BAND_95, "95 % interval"), (ends_80, BAND_80, "80 % interval")] {
        let band = Polygon::new(outline(series, &ends), color.filled());
        chart.draw_series(std::iter::once(band))?.label(label).legend(style::band_key(color));
    }
    Ok(())
}

/// The outline of a band that opens at the last known value.
fn outline(series: &Series, ends: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let (last, begin) = last_point(series);
    let place = |step: usize| last + 1.0 + step as f64;
    let upper = ends.iter().enumerate().map(|(step, ends)| (place(step), ends.1));
    let lower = ends.iter().enumerate().rev().map(|(step, ends)| (place(step), ends.0));
    std::iter::once((last, begin)).chain(upper).chain(lower).collect()
}

fn draw_forecast(chart: &mut Chart<'_>, series: &Series, forecast: &[ForecastStep]) -> Drawn {
    let (last, begin) = last_point(series);
    let steps = forecast.iter().zip(1..).map(|(step, ahead)| (last + f64::from(ahead), step.forecast));
    let style = FORECAST.stroke_width(3);
    let points = std::iter::once((last, begin)).chain(steps);
    chart.draw_series(LineSeries::new(points, style))?.label("forecast").legend(style::line_key(style));
    Ok(())
}

fn last_point(series: &Series) -> (f64, f64) {
    let last = series.values().len() - 1;
    (last as f64, series.values()[last])
}
