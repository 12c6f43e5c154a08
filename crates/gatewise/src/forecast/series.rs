//! A series to forecast: values at a regular step, checked, without holes.

#[cfg(test)]
mod tests;

use super::calendar::{Calendar, Frequency};
use crate::{Error, Result};

/// Largest share of missing values that is filled in; above it the series is refused.
const LARGEST_MISSING_SHARE: f64 = 0.1;

/// A named series with its dates, and what was done to it to make it whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    name: String,
    values: Vec<f64>,
    calendar: Option<Calendar>,
    notes: Vec<String>,
}

impl Series {
    /// A series from texts of dates `[rows]` and values `[rows]`, `None` where a value is missing.
    ///
    /// Rows out of order are sorted by date, dates left out are put in, and missing values between two known
    /// ones are interpolated linearly, up to a tenth of the series; [`Series::notes`] tells of each. Missing
    /// values at either end are left off. `name` opens every message about the series.
    ///
    /// # Errors
    /// When dates and values differ in number, a date cannot be read or comes twice, the dates have no
    /// regular step, a value is infinite, too many are missing, or all are equal.
    pub fn new(name: &str, dates: Option<&[String]>, values: &[Option<f64>]) -> Result<Self> {
        check_values(name, dates, values)?;
        let mut notes = Vec::new();
        let (calendar, values) = match dates {
            Some(dates) => lay_on_calendar(name, dates, values, &mut notes)?,
            None => (None, values.to_vec()),
        };
        let known = known_range(name, &values)?;
        if known.len() < values.len() {
            notes.push(format!(
                "{} missing at the ends: left off",
                count(values.len() - known.len(), "value")
            ));
        }
        let calendar = calendar.map(|calendar| calendar.slice(known.clone()));
        let values = interpolate(name, &values[known], &mut notes)?;
        if values.iter().all(|value| *value == values[0]) {
            let text = format!("expected values that vary, got {} in every row", values[0]);
            return Err(Error::data(name, text));
        }
        Ok(Self { name: name.to_owned(), values, calendar, notes })
    }

    /// What the series is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The values `[rows]`, all finite.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The dates; `None` for a series without them.
    pub fn calendar(&self) -> Option<&Calendar> {
        self.calendar.as_ref()
    }

    /// How often the series has a value; `None` without dates.
    pub fn frequency(&self) -> Option<Frequency> {
        self.calendar.as_ref().map(Calendar::frequency)
    }

    /// What was changed to make the series whole, a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The date at place `index` from 0, beyond the end too; the number of the row from 1 without dates.
    pub fn label(&self, index: usize) -> String {
        match &self.calendar {
            Some(calendar) => calendar.label(index),
            None => (index + 1).to_string(),
        }
    }

    /// The step number of the first value, for the phase of seasons; 0 without dates.
    pub(super) fn first_step(&self) -> i64 {
        self.calendar.as_ref().map_or(0, Calendar::first_step)
    }
}

fn check_values(name: &str, dates: Option<&[String]>, values: &[Option<f64>]) -> Result<()> {
    if let Some(dates) = dates.filter(|dates| dates.len() != values.len()) {
        let text = format!("expected as many dates as values, got {} and {}", dates.len(), values.len());
        return Err(Error::data(name, text));
    }
    if let Some(row) = values.iter().position(|value| value.is_some_and(|value| !value.is_finite())) {
        return Err(Error::data(
            name,
            format!(
                "data row {}: expected a finite number, got {}",
                row + 1,
                values[row].unwrap_or(f64::NAN)
            ),
        ));
    }
    Ok(())
}

type Laid = (Option<Calendar>, Vec<Option<f64>>);

fn lay_on_calendar(
    name: &str,
    dates: &[String],
    values: &[Option<f64>],
    notes: &mut Vec<String>,
) -> Result<Laid> {
    let read = Calendar::read(name, dates)?;
    if read.sorted {
        notes.push("the rows were not in order of date: sorted".to_owned());
    }
    let left_out = read.rows.iter().filter(|row| row.is_none()).count();
    if left_out > 0 {
        notes.push(format!("{} left out: put in as missing", count(left_out, "date")));
    }
    let values = read.rows.iter().map(|row| row.and_then(|row| values[row])).collect();
    debug_assert_eq!(read.calendar.len(), read.rows.len());
    Ok((Some(read.calendar), values))
}

/// From the first known value to the last.
fn known_range(name: &str, values: &[Option<f64>]) -> Result<std::ops::Range<usize>> {
    let first = values.iter().position(Option::is_some);
    let last = values.iter().rposition(Option::is_some);
    match first.zip(last) {
        Some((first, last)) => Ok(first..last + 1),
        None => Err(Error::data(name, format!("expected numbers, got {} rows without one", values.len()))),
    }
}

/// Fills holes on the straight line between their neighbours. The first and the last value must be known.
fn interpolate(name: &str, values: &[Option<f64>], notes: &mut Vec<String>) -> Result<Vec<f64>> {
    let missing = values.iter().filter(|value| value.is_none()).count();
    if missing as f64 > LARGEST_MISSING_SHARE * values.len() as f64 {
        let text = format!(
            "expected at most {:.0} % of the values missing, got {missing} of {}; fill them in first",
            100.0 * LARGEST_MISSING_SHARE,
            values.len()
        );
        return Err(Error::data(name, text));
    }
    if missing > 0 {
        notes.push(format!("{} missing: interpolated linearly", count(missing, "value")));
    }
    let mut filled: Vec<f64> = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let Some(value) = *value else { continue };
        let hole = index - filled.len();
        let before = filled.last().copied().unwrap_or(value);
        let step = (value - before) / (hole + 1) as f64;
        filled.extend((1..=hole).map(|place| before + step * place as f64));
        filled.push(value);
    }
    Ok(filled)
}

/// `1 value`, `2 values`.
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
