//! Which column holds the dates, which the values.

use anyhow::{Result, bail};
use gatewise::forecast::are_dates;

use super::cells::{Sheet, is_missing};

/// Names under which a column of plain years is taken for dates.
const YEAR_NAMES: [&str; 3] = ["year", "date", "time"];

/// The first column of which at least half are dates, so that a date that cannot be read is reported as such.
pub fn date_column(sheet: &Sheet) -> Option<usize> {
    (0..sheet.names.len()).find(|&column| {
        let named_for_years = YEAR_NAMES.contains(&sheet.names[column].to_ascii_lowercase().as_str());
        let is_date = |cell: &&str| are_dates(std::iter::once(*cell)) && (named_for_years || !is_year(cell));
        2 * sheet.column(column).filter(is_date).count() >= sheet.rows.len()
    })
}

/// The column called `wanted`, or the only one that holds numbers.
pub fn value_column(name: &str, sheet: &Sheet, dates: Option<usize>, wanted: Option<&str>) -> Result<usize> {
    if let Some(wanted) = wanted {
        return match sheet.names.iter().position(|column| column == wanted) {
            Some(column) => Ok(column),
            None => bail!("{name}: expected --column to be one of {}, got {wanted:?}", quoted(&sheet.names)),
        };
    }
    let numeric = (0..sheet.names.len()).filter(|&column| Some(column) != dates && is_numeric(sheet, column));
    let numeric: Vec<usize> = numeric.collect();
    match numeric[..] {
        [column] => Ok(column),
        [] => bail!("{name}: expected a column of numbers, got none among {}", quoted(&sheet.names)),
        _ => {
            let names: Vec<String> = numeric.iter().map(|&column| sheet.names[column].clone()).collect();
            bail!("{name}: {} columns hold numbers; name one: --column {}", names.len(), quoted_or(&names))
        }
    }
}

/// The numbers of a column, `None` where one is missing.
pub fn numbers(name: &str, sheet: &Sheet, column: usize) -> Result<Vec<Option<f64>>> {
    let mut numbers = Vec::with_capacity(sheet.rows.len());
    for (row, cell) in sheet.column(column).enumerate() {
        match sheet.number(cell) {
            Some(number) => numbers.push(Some(number)),
            None if is_missing(cell) => numbers.push(None),
            None => bail!(
                "{name}: row {}, column {:?}: expected a number, got {cell:?}; correct it, or leave it empty if unknown",
                sheet.first_row + row,
                sheet.names[column]
            ),
        }
    }
    Ok(numbers)
}

/// Whether at least half of the cells that are there are numbers, so that a stray word is reported as such.
fn is_numeric(sheet: &Sheet, column: usize) -> bool {
    let known = sheet.column(column).filter(|cell| !is_missing(cell)).count();
    let numbers = sheet.column(column).filter(|cell| sheet.number(cell).is_some()).count();
    numbers > 0 && 2 * numbers >= known
}

fn is_year(cell: &str) -> bool {
    cell.len() == 4 && cell.bytes().all(|byte| byte.is_ascii_digit())
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

fn quoted_or(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(" or ")
}
