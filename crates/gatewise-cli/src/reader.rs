//! A CSV to a series: finds separator, header, and the columns of dates and of numbers.

pub mod cells;
mod columns;
#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{Context, Result};
use gatewise::forecast::Series;

use cells::Sheet;

/// Reads the series in a file; `column` names the numbers where there is a choice.
pub fn read_series(path: &Path, column: Option<&str>) -> Result<Series> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).with_context(|| format!("{name}: cannot read"))?;
    parse_series(&name, &bytes, column)
}

/// Reads the series in the bytes of a file called `name`.
fn parse_series(name: &str, bytes: &[u8], column: Option<&str>) -> Result<Series> {
    let sheet = Sheet::parse(name, cells::text(name, bytes)?)?;
    let dates = columns::date_column(&sheet);
    let values = columns::value_column(name, &sheet, dates, column)?;
    let numbers = columns::numbers(name, &sheet, values)?;
    let dates: Option<Vec<String>> = dates.map(|dates| sheet.column(dates).map(str::to_owned).collect());
    let label = match sheet.names.len() {
        1 => name.to_owned(),
        _ => sheet.names[values].clone(),
    };
    Series::new(&label, dates.as_deref(), &numbers).with_context(|| name.to_owned())
}
