//! The axis of dates: places of a series, marked where a year, month, day or hour begins.

#[cfg(test)]
mod tests;

use std::ops::Range;

use gatewise::forecast::Series;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

/// Most marks on the axis.
pub const MOST_MARKS: usize = 14;

/// A part of a date whose change makes a mark, where its number is a multiple of `every`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rule {
    part: Part,
    every: i64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Hour,
    Day,
    Month,
    Year,
    /// The place itself, for series without dates.
    Place,
}

/// From fine to coarse; of those that give few enough marks the one with the most is taken.
const DATE_RULES: [Rule; 16] = [
    Rule { part: Part::Hour, every: 1 },
    Rule { part: Part::Hour, every: 6 },
    Rule { part: Part::Day, every: 1 },
    Rule { part: Part::Day, every: 2 },
    Rule { part: Part::Day, every: 7 },
    Rule { part: Part::Month, every: 1 },
    Rule { part: Part::Month, every: 2 },
    Rule { part: Part::Month, every: 3 },
    Rule { part: Part::Month, every: 6 },
    Rule { part: Part::Year, every: 1 },
    Rule { part: Part::Year, every: 2 },
    Rule { part: Part::Year, every: 5 },
    Rule { part: Part::Year, every: 10 },
    Rule { part: Part::Year, every: 20 },
    Rule { part: Part::Year, every: 50 },
    Rule { part: Part::Year, every: 100 },
];

/// The horizontal axis from one place of a series to another, both included.
pub struct DateAxis<'a> {
    series: &'a Series,
    first: usize,
    last: usize,
    rule: Rule,
}

impl<'a> DateAxis<'a> {
    /// An axis over the places `first..=last`, which may go beyond the end of the series.
    pub fn new(series: &'a Series, first: usize, last: usize) -> Self {
        let axis = |rule| Self { series, first, last, rule };
        if series.calendar().is_none() {
            return axis(Rule { part: Part::Place, every: round_step((last - first).div_ceil(MOST_MARKS)) });
        }
        let marks = |rule: &Rule| axis(*rule).marks().len();
        let fitting = DATE_RULES.iter().rev().filter(|rule| marks(rule) <= MOST_MARKS);
        axis(fitting.max_by_key(|rule| marks(rule)).copied().unwrap_or(DATE_RULES[DATE_RULES.len() - 1]))
    }

    /// The places with a mark: where the part of the date differs from that at the place before.
    fn marks(&self) -> Vec<usize> {
        let starts = |place: &usize| {
            let number = self.part(*place);
            number % self.rule.every == 0 && (*place == 0 || self.part(*place - 1) != number)
        };
        let mut marks: Vec<usize> = (self.first..=self.last).filter(starts).collect();
        // Every second day, say, stands close to the first of the next month: that one keeps its mark.
        let next: Vec<usize> = marks.iter().skip(1).copied().chain([usize::MAX]).collect();
        let room = (self.last - self.first) / (MOST_MARKS + 4);
        let mut next = next.into_iter();
        marks.retain(|mark| next.next().is_some_and(|next| next - mark > room));
        marks
    }

    fn part(&self, place: usize) -> i64 {
        let Some(calendar) = self.series.calendar() else {
            return place as i64 + 1;
        };
        let (year, month, day, hour) = calendar.fields(place);
        let (year, month, day, hour) = (i64::from(year), i64::from(month), i64::from(day), i64::from(hour));
        match self.rule.part {
            Part::Year => year,
            Part::Month => 12 * year + month - 1,
            // Marks on the 1st, 8th, 15th, 22nd: weeks that begin anew with the month keep the labels round.
            Part::Day => day - 1 - if self.rule.every == 7 && day > 28 { 1 } else { 0 },
            Part::Hour => hour,
            Part::Place => place as i64 + 1,
        }
    }

    fn label(&self, place: usize) -> String {
        let Some(calendar) = self.series.calendar() else {
            return (place + 1).to_string();
        };
        let (year, month, day, hour) = calendar.fields(place);
        match self.rule.part {
            Part::Year => year.to_string(),
            Part::Month => format!("{year}-{month:02}"),
            Part::Day => format!("{year}-{month:02}-{day:02}"),
            Part::Hour => format!("{month:02}-{day:02} {hour:02}:00"),
            Part::Place => (place + 1).to_string(),
        }
    }
}

impl Ranged for DateAxis<'_> {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.first as f64) / (self.last - self.first).max(1) as f64;
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.marks().into_iter().map(|place| place as f64).collect()
    }

    fn range(&self) -> Range<f64> {
        self.first as f64..self.last as f64
    }
}

impl ValueFormatter<f64> for DateAxis<'_> {
    fn format_ext(&self, value: &f64) -> String {
        self.label(*value as usize)
    }
}

/// The smallest of 1, 2, 5, 10, 20, 50 and so on that is at least `step`.
fn round_step(step: usize) -> i64 {
    let tens = std::iter::successors(Some(1_i64), |power| power.checked_mul(10));
    let mut round = tens.flat_map(|power| [power, 2 * power, 5 * power]);
    round.find(|round| *round >= step as i64).unwrap_or(1)
}
