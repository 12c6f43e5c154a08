//! The dates of a series: read from text, their frequency, and the dates that follow.

mod frequency;
mod parse;
#[cfg(test)]
mod tests;

pub use frequency::Frequency;
use jiff::civil::{DateTime, Time};
pub use parse::are_dates;

use crate::{Error, Result};

/// The dates of a series in order, and the frequency with which they go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    dates: Vec<DateTime>,
    frequency: Frequency,
}

/// What reading a column of dates gave, before the values are laid on it.
#[derive(Debug)]
pub(super) struct ReadDates {
    pub(super) calendar: Calendar,
    /// For each place of the calendar the row it came from; `None` where the file has no row for that date.
    pub(super) rows: Vec<Option<usize>>,
    /// Whether the rows had to be put in order.
    pub(super) sorted: bool,
}

impl Calendar {
    /// Reads dates, puts them in order, and finds their frequency and the dates that are left out.
    pub(super) fn read(subject: &str, texts: &[String]) -> Result<ReadDates> {
        let dates = parse::parse_column(subject, texts)?;
        let mut order: Vec<usize> = (0..dates.len()).collect();
        order.sort_by_key(|&row| dates[row]);
        let sorted = order.windows(2).any(|pair| pair[0] > pair[1]);
        if let Some(pair) = order.windows(2).find(|pair| dates[pair[0]] == dates[pair[1]]) {
            let text = format!(
                "expected each date once, got {} in data rows {} and {}; sum or average them first",
                texts[pair[0]],
                pair[0] + 1,
                pair[1] + 1
            );
            return Err(Error::data(subject, text));
        }
        let ordered: Vec<DateTime> = order.iter().map(|&row| dates[row]).collect();
        let frequency = Frequency::detect(subject, &ordered)?;
        let (dates, places) = frequency.fill(&ordered);
        let mut rows = vec![None; dates.len()];
        for (&place, &row) in places.iter().zip(&order) {
            rows[place] = Some(row);
        }
        Ok(ReadDates { calendar: Self { dates, frequency }, rows, sorted })
    }

    /// How often the series has a value.
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// The number of dates in the history.
    pub(super) fn len(&self) -> usize {
        self.dates.len()
    }

    /// Only the dates of a part of the history.
    pub(super) fn slice(&self, range: std::ops::Range<usize>) -> Self {
        Self { dates: self.dates[range].to_vec(), frequency: self.frequency }
    }

    /// The date at place `index`, counted from 0; beyond the history the dates go on with the frequency.
    pub fn label(&self, index: usize) -> String {
        let date = self.date(index);
        if self.frequency.is_monthly_or_slower() && !self.frequency.is_month_end() && date.day() == 1 {
            return date.strftime("%Y-%m").to_string();
        }
        let midnight = date.time() == Time::midnight();
        if midnight && !self.frequency.is_below_a_day() {
            return date.date().to_string();
        }
        date.strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// Year, month (1–12), day (1–31) and hour (0–23) at place `index`, for the marks of an axis.
    pub fn fields(&self, index: usize) -> (i16, i8, i8, i8) {
        let date = self.date(index);
        (date.year(), date.month(), date.day(), date.hour())
    }

    /// The place of the first value in a count of steps that is the same for every series of this frequency,
    /// so that a season keeps its phase from one file to the next.
    pub(super) fn first_step(&self) -> i64 {
        self.frequency.step_number(self.dates[0])
    }

    fn date(&self, index: usize) -> DateTime {
        match self.dates.get(index) {
            Some(date) => *date,
            None => self.frequency.advance(self.dates[self.dates.len() - 1], index + 1 - self.dates.len()),
        }
    }
}
