//! How often a series has a value: found from its dates, and continued.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::{SignedDuration, Span};

use crate::{Error, Result};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Fewest dates that tell a business calendar from a daily one that happens to be short.
const FEWEST_FOR_BUSINESS_DAYS: usize = 10;

/// The step from one value of a series to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// A whole number of months: 1 monthly, 3 quarterly, 12 yearly.
    Months {
        /// Months in a step, at least 1.
        every: i64,
        /// Whether every value stands on the last day of its month.
        month_end: bool,
    },
    /// Monday to Friday; a weekday without a row is a holiday, not a missing value.
    BusinessDaily,
    /// A fixed time: 86 400 daily, 3 600 hourly.
    Fixed {
        /// Seconds in a step, at least 1.
        seconds: i64,
    },
}

impl Frequency {
    /// Finds the step of dates in rising order.
    pub(super) fn detect(subject: &str, dates: &[DateTime]) -> Result<Self> {
        if dates.len() < 2 {
            return Err(Error::data(subject, format!("expected at least 2 dates, got {}", dates.len())));
        }
        let frequency = Self::months(dates).unwrap_or_else(|| Self::fixed(dates));
        match dates.windows(2).find(|pair| frequency.steps_between(pair[0], pair[1]).is_none()) {
            None => Ok(frequency),
            Some(pair) => {
                let text = format!(
                    "expected {frequency} dates with one regular step, got {} followed by {}",
                    pair[0], pair[1]
                );
                Err(Error::data(subject, text))
            }
        }
    }

    /// Months, when all dates stand on the same day of the month, or all on its last, and no two share one.
    fn months(dates: &[DateTime]) -> Option<Self> {
        let month_end = dates.iter().all(|date| date.date() == date.date().last_of_month());
        let same_day = dates.iter().all(|date| date.day() == dates[0].day());
        let same_time = dates.iter().all(|date| date.time() == dates[0].time());
        let months = dates.windows(2).map(|pair| month_number(pair[1]) - month_number(pair[0]));
        let every = most_common(months).filter(|&every| every > 0)?;
        (same_time && (month_end || same_day))
            .then_some(Self::Months { every, month_end: month_end && !same_day })
    }

    fn fixed(dates: &[DateTime]) -> Self {
        let seconds = dates.windows(2).map(|pair| seconds_between(pair[0], pair[1]));
        let seconds = most_common(seconds).unwrap_or(DAY);
        let weekdays_only = dates.iter().all(|date| is_business_day(date.date()));
        if seconds == DAY && weekdays_only && dates.len() >= FEWEST_FOR_BUSINESS_DAYS {
            return Self::BusinessDaily;
        }
        Self::Fixed { seconds }
    }

    /// Whole steps from one date to a later one; `None` where the later one is off the grid.
    fn steps_between(self, from: DateTime, to: DateTime) -> Option<usize> {
        let (distance, step) = match self {
            Self::Months { every, .. } => (month_number(to) - month_number(from), every),
            Self::BusinessDaily => return (from.time() == to.time()).then_some(1),
            Self::Fixed { seconds } => (seconds_between(from, to), seconds),
        };
        (distance % step == 0).then(|| usize::try_from(distance / step).ok()).flatten()
    }

    /// All dates of the grid from the first to the last, and the place of each given date on it.
    pub(super) fn fill(self, dates: &[DateTime]) -> (Vec<DateTime>, Vec<usize>) {
        let mut filled = vec![dates[0]];
        let mut places = vec![0];
        for pair in dates.windows(2) {
            let steps = self.steps_between(pair[0], pair[1]).unwrap_or(1);
            filled.extend((1..steps).map(|step| self.advance(pair[0], step)));
            filled.push(pair[1]);
            places.push(filled.len() - 1);
        }
        (filled, places)
    }

    /// The date `steps` after `from`; the last date that exists where the calendar ends (year 9999).
    pub(super) fn advance(self, from: DateTime, steps: usize) -> DateTime {
        let count = i64::try_from(steps).unwrap_or(i64::MAX);
        match self {
            Self::Months { every, month_end } => {
                let date = from.saturating_add(Span::new().months(i32_months(every.saturating_mul(count))));
                if month_end { date.date().last_of_month().to_datetime(date.time()) } else { date }
            }
            Self::BusinessDaily => business_days_after(from, steps),
            Self::Fixed { seconds } => {
                from.saturating_add(SignedDuration::from_secs(seconds.saturating_mul(count)))
            }
        }
    }

    /// Steps from a fixed date in the past: equal dates have equal numbers in every series.
    pub(super) fn step_number(self, date: DateTime) -> i64 {
        let origin = Date::constant(1970, 1, 5).to_datetime(jiff::civil::Time::midnight());
        match self {
            Self::Months { every, .. } => month_number(date).div_euclid(every),
            // The origin is a Monday, so weeks of five days begin on multiples of five.
            Self::BusinessDaily => {
                let days = seconds_between(origin, date).div_euclid(DAY);
                days.div_euclid(7) * 5 + days.rem_euclid(7).min(4)
            }
            Self::Fixed { seconds } => seconds_between(origin, date).div_euclid(seconds),
        }
    }

    /// Lengths of the seasons that series of this frequency usually have, in steps, the most usual first.
    pub(in crate::forecast) fn usual_periods(self) -> Vec<f64> {
        const DAYS_PER_YEAR: f64 = 365.25;
        match self {
            Self::Months { every, .. } if every < 12 && 12 % every == 0 => vec![12.0 / every as f64],
            Self::Months { .. } => Vec::new(),
            Self::BusinessDaily => vec![5.0, 261.0],
            Self::Fixed { seconds } if seconds == 7 * DAY => vec![DAYS_PER_YEAR / 7.0],
            Self::Fixed { seconds } if seconds == DAY => vec![7.0, DAYS_PER_YEAR],
            Self::Fixed { seconds } if seconds < DAY && DAY % seconds == 0 => {
                let per_day = (DAY / seconds) as f64;
                vec![per_day, 7.0 * per_day]
            }
            Self::Fixed { .. } => Vec::new(),
        }
    }

    /// How far ahead a forecast of this frequency usually looks, in steps.
    pub(in crate::forecast) fn usual_horizon(self) -> usize {
        match self {
            Self::Months { every, .. } if every >= 12 => 5,
            Self::Months { every: 3, .. } => 8,
            Self::Months { .. } => 12,
            Self::BusinessDaily => 10,
            Self::Fixed { seconds } if seconds == 7 * DAY => 13,
            Self::Fixed { seconds } if seconds == DAY => 14,
            Self::Fixed { .. } => 24,
        }
    }

    pub(super) fn is_monthly_or_slower(self) -> bool {
        matches!(self, Self::Months { .. })
    }

    pub(super) fn is_month_end(self) -> bool {
        matches!(self, Self::Months { month_end: true, .. })
    }

    pub(super) fn is_below_a_day(self) -> bool {
        matches!(self, Self::Fixed { seconds } if seconds % DAY != 0)
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Months { every: 1, .. } => out.write_str("monthly"),
            Self::Months { every: 3, .. } => out.write_str("quarterly"),
            Self::Months { every: 12, .. } => out.write_str("yearly"),
            Self::Months { every, .. } => write!(out, "{every}-monthly"),
            Self::BusinessDaily => out.write_str("business-daily"),
            Self::Fixed { seconds } if seconds == 7 * DAY => out.write_str("weekly"),
            Self::Fixed { seconds } if seconds == DAY => out.write_str("daily"),
            Self::Fixed { seconds } if seconds == HOUR => out.write_str("hourly"),
            Self::Fixed { seconds } if seconds % DAY == 0 => write!(out, "{}-daily", seconds / DAY),
            Self::Fixed { seconds } if seconds % MINUTE == 0 => write!(out, "{}-minute", seconds / MINUTE),
            Self::Fixed { seconds } => write!(out, "{seconds}-second"),
        }
    }
}

/// The value that occurs most often, the smallest of those where several do.
fn most_common(values: impl Iterator<Item = i64>) -> Option<i64> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_insert(0_usize) += 1;
    }
    counts.into_iter().rev().max_by_key(|&(_, count)| count).map(|(value, _)| value)
}

fn month_number(date: DateTime) -> i64 {
    12 * i64::from(date.year()) + i64::from(date.month()) - 1
}

fn seconds_between(from: DateTime, to: DateTime) -> i64 {
    to.duration_since(from).as_secs()
}

fn is_business_day(date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn business_days_after(from: DateTime, steps: usize) -> DateTime {
    let mut date = from;
    for _ in 0..steps {
        date = date.saturating_add(Span::new().days(1));
        while !is_business_day(date.date()) && date.date() != Date::MAX {
            date = date.saturating_add(Span::new().days(1));
        }
    }
    date
}

fn i32_months(months: i64) -> i32 {
    // Twelve thousand years: beyond every date, within what a span holds.
    i32::try_from(months.min(12 * 12_000)).unwrap_or(i32::MAX)
}
