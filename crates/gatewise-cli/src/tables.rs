//! The tables on standard output.

#[cfg(test)]
mod tests;

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use gatewise::forecast::{Accuracy, Backtest, Report};

/// All tables of a report, one below the other.
pub fn all(report: &Report) -> String {
    let mut parts = Vec::new();
    if let Some(backtest) = &report.backtest {
        parts.push(backtest_title(backtest, report.recipe.horizon));
        parts.push(accuracy(backtest).to_string());
        parts.push(coverage(backtest));
    }
    parts.push(format!("\nForecast of {}", report.series.name));
    parts.push(forecast(report).to_string());
    parts.join("\n")
}

/// A number near zero, such as `6.0e-8`.
pub fn small(number: impl Into<f64>) -> String {
    let number = number.into();
    if number == 0.0 { "0".to_owned() } else { format!("{number:.1e}") }
}

/// The largest difference in each output of a model.
pub fn differences(differences: &[(String, f32)]) -> String {
    let mut table = table(["output", "max|diff|"]);
    for (name, difference) in differences {
        table.add_row([name.clone(), small(*difference)]);
    }
    table.to_string()
}

/// Decimals that show about four digits of numbers of this size.
pub fn decimals(size: f64) -> usize {
    match size.abs() {
        size if size >= 1000.0 => 0,
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        size if size >= 1.0 => 3,
        _ => 5,
    }
}

fn backtest_title(backtest: &Backtest, horizon: usize) -> String {
    format!(
        "Backtest on the last {} values: {} forecasts of {horizon} steps ({} without overlap)",
        backtest.tail, backtest.origins, backtest.separate_origins
    )
}

fn accuracy(backtest: &Backtest) -> Table {
    let mut table = table(["method", "MAE", "RMSE", "MASE"]);
    let mut add = |name: &str, accuracy: &Accuracy| {
        let digits = decimals(accuracy.mae);
        let mase = accuracy.mase.map_or_else(|| "–".to_owned(), |mase| format!("{mase:.3}"));
        let (mae, rmse) = (accuracy.mae, accuracy.rmse);
        table.add_row([name.to_owned(), format!("{mae:.digits$}"), format!("{rmse:.digits$}"), mase]);
    };
    add("LSTM", &backtest.lstm);
    if let Some(seasonal_naive) = &backtest.seasonal_naive {
        add("seasonal naive", seasonal_naive);
    }
    add("naive", &backtest.naive);
    table
}

/// How often the intervals held, a line each.
fn coverage(backtest: &Backtest) -> String {
    let line = |coverage: &gatewise::forecast::Coverage| match coverage.checked {
        0 => format!("{} % interval: not checked, the backtest is too short", coverage.level),
        checked => format!(
            "{} % interval: held {} of {checked} backtest values ({:.0} %), each checked without its neighbours",
            coverage.level,
            coverage.inside,
            100.0 * coverage.inside as f64 / checked as f64
        ),
    };
    backtest.coverage.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn forecast(report: &Report) -> Table {
    let mut table = table(["date", "forecast", "80 % from", "80 % to", "95 % from", "95 % to"]);
    let size = report.forecast.iter().map(|step| step.forecast.abs()).fold(0.0, f64::max);
    let digits = decimals(size);
    for step in &report.forecast {
        let numbers = [step.forecast, step.lower_80, step.upper_80, step.lower_95, step.upper_95];
        let cells = numbers.iter().map(|number| format!("{number:.digits$}"));
        table.add_row(std::iter::once(step.date.clone()).chain(cells));
    }
    table
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let style = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
    let mut table = Table::new();
    table.load_style(style).set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
