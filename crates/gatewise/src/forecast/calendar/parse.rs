//! Text to dates, one notation for a whole column.

use jiff::civil::{Date, DateTime, Time};

use crate::{Error, Result};

/// A notation: its name for messages and its reading of one cell.
struct Notation {
    name: &'static str,
    read: fn(&str) -> Option<DateTime>,
}

const NOTATIONS: [Notation; 7] = [
    Notation { name: "year-month-day", read: year_first },
    Notation { name: "year", read: |text| at_midnight(four_digits(text)?, 1, 1) },
    Notation { name: "year and month", read: year_and_month },
    Notation { name: "year and quarter", read: year_and_quarter },
    Notation { name: "day.month.year", read: |text| numbers(text, '.').and_then(day_first) },
    Notation { name: "day/month/year", read: |text| numbers(text, '/').and_then(day_first) },
    Notation { name: "month/day/year", read: |text| numbers(text, '/').and_then(month_first) },
];

/// Whether every text is a date in one common notation (an empty list is none).
pub fn are_dates<'a>(mut texts: impl Iterator<Item = &'a str> + Clone) -> bool {
    texts.clone().next().is_some()
        && NOTATIONS.iter().any(|notation| texts.clone().all(|text| (notation.read)(text.trim()).is_some()))
        && texts.all(|text| !text.trim().is_empty())
}

/// Reads a column in the one notation that fits all its cells.
pub(super) fn parse_column(subject: &str, texts: &[String]) -> Result<Vec<DateTime>> {
    let mut found: Vec<(&'static str, Vec<DateTime>)> = Vec::new();
    for notation in &NOTATIONS {
        let dates: Option<Vec<DateTime>> = texts.iter().map(|text| (notation.read)(text.trim())).collect();
        found.extend(dates.map(|dates| (notation.name, dates)));
    }
    match found.len() {
        0 => Err(not_a_date(subject, texts)),
        1 => Ok(found.swap_remove(0).1),
        _ if found.iter().all(|(_, dates)| *dates == found[0].1) => Ok(found.swap_remove(0).1),
        _ => {
            let text = format!(
                "expected dates with one meaning, got {:?}, which can be {} or {}; write them as 1960-12-31",
                texts[0], found[0].0, found[1].0
            );
            Err(Error::data(subject, text))
        }
    }
}

/// Names the first row that the notation of most rows cannot read.
fn not_a_date(subject: &str, texts: &[String]) -> Error {
    let readable =
        |notation: &&Notation| texts.iter().filter(|t| (notation.read)(t.trim()).is_some()).count();
    let best = NOTATIONS.iter().rev().max_by_key(readable).unwrap_or(&NOTATIONS[0]);
    let row = texts.iter().position(|text| (best.read)(text.trim()).is_none()).unwrap_or(0);
    Error::data(
        subject,
        format!("data row {}: expected a date such as 1960-12-31, got {:?}", row + 1, texts[row]),
    )
}

/// `1960-12-31`, `1960/12/31`, `1960-12-31 23:00`, `1960-12-31T23:00:00`, a final `Z` allowed.
fn year_first(text: &str) -> Option<DateTime> {
    let text = text.strip_suffix('Z').unwrap_or(text).replace('/', "-");
    if text.len() < "1960-12-31".len() {
        return None;
    }
    text.parse::<DateTime>().ok()
}

/// `1960-12`, `1960/12` and `1960M12`.
fn year_and_month(text: &str) -> Option<DateTime> {
    let (year, month) = text.split_once(['-', '/', 'M', 'm'])?;
    at_midnight(four_digits(year)?, small(month)?, 1)
}

/// `1960Q4` and `1960-Q4`: the first day of the quarter.
fn year_and_quarter(text: &str) -> Option<DateTime> {
    let (year, quarter) = text.split_once(['Q', 'q'])?;
    let quarter = small(quarter).filter(|quarter| (1..=4).contains(quarter))?;
    at_midnight(four_digits(year.trim_end_matches(['-', ' ']))?, 3 * quarter - 2, 1)
}

/// Three whole numbers with one separator, the last of them a year of four digits.
fn numbers(text: &str, separator: char) -> Option<(i8, i8, i16)> {
    let mut parts = text.split(separator);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    parts.next().is_none().then_some((small(first)?, small(second)?, four_digits(year)?))
}

fn day_first((day, month, year): (i8, i8, i16)) -> Option<DateTime> {
    at_midnight(year, month, day)
}

fn month_first((month, day, year): (i8, i8, i16)) -> Option<DateTime> {
    at_midnight(year, month, day)
}

fn at_midnight(year: i16, month: i8, day: i8) -> Option<DateTime> {
    Some(DateTime::from_parts(Date::new(year, month, day).ok()?, Time::midnight()))
}

fn four_digits(text: &str) -> Option<i16> {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn small(text: &str) -> Option<i8> {
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
