//! Dates read, frequencies found, dates continued.

use super::{Calendar, Frequency, are_dates};

fn texts(dates: &[&str]) -> Vec<String> {
    dates.iter().map(|date| (*date).to_owned()).collect()
}

fn calendar(dates: &[&str]) -> Calendar {
    Calendar::read("s", &texts(dates)).unwrap().calendar
}

fn message(dates: &[&str]) -> String {
    Calendar::read("s", &texts(dates)).unwrap_err().to_string()
}

#[test]
fn frequencies_are_named_and_continued() {
    let cases: [(&[&str], &str, &str); 11] = [
        (&["1960-10", "1960-11", "1960-12"], "monthly", "1961-01"),
        (&["1960-11-30", "1960-12-31", "1961-01-31"], "monthly", "1961-02-28"),
        (&["2020-01-15", "2020-02-15", "2020-03-15"], "monthly", "2020-04-15"),
        (&["2020Q2", "2020Q3", "2020Q4"], "quarterly", "2021-01"),
        (&["2019", "2020", "2021"], "yearly", "2022-01"),
        (&["2020-02-27", "2020-02-28", "2020-02-29"], "daily", "2020-03-01"),
        (&["2020-01-06", "2020-01-13", "2020-01-20"], "weekly", "2020-01-27"),
        (&["2020-01-01 22:00", "2020-01-01 23:00"], "hourly", "2020-01-02 00:00"),
        (&["2020-01-01T23:30:00Z", "2020-01-01T23:45:00Z"], "15-minute", "2020-01-02 00:00"),
        (&["30.11.2020", "1.12.2020"], "daily", "2020-12-02"),
        (&["12/30/2020", "12/31/2020"], "daily", "2021-01-01"),
    ];
    for (dates, frequency, next) in cases {
        let calendar = calendar(dates);
        assert_eq!(calendar.frequency().to_string(), frequency, "{dates:?}");
        assert_eq!(calendar.label(dates.len()), next, "{dates:?}");
    }
}

#[test]
fn business_days_skip_weekends_and_do_not_miss_holidays() {
    // The 25th of December 2020 was a Friday and is not there.
    let days = ["15", "16", "17", "18", "21", "22", "23", "24", "28", "29", "30", "31"];
    let dates: Vec<String> = days.iter().map(|day| format!("2020-12-{day}")).collect();
    let read = Calendar::read("s", &dates).unwrap();
    assert_eq!(read.calendar.frequency(), Frequency::BusinessDaily);
    assert_eq!(read.rows.len(), 12);
    assert_eq!(read.calendar.label(12), "2021-01-01");
    assert_eq!(read.calendar.label(13), "2021-01-04");
}

#[test]
fn month_that_is_left_out_gets_its_place() {
    let read = Calendar::read("s", &texts(&["2020-01", "2020-02", "2020-04", "2020-05"])).unwrap();
    assert_eq!(read.rows, [Some(0), Some(1), None, Some(2), Some(3)]);
    assert_eq!(read.calendar.label(2), "2020-03");
}

#[test]
fn thirty_first_day_survives_short_months() {
    let calendar = calendar(&["2020-10-31", "2020-11-30", "2020-12-31"]);
    let next: Vec<String> = (3..6).map(|place| calendar.label(place)).collect();
    assert_eq!(next, ["2021-01-31", "2021-02-28", "2021-03-31"]);
}

#[test]
fn step_numbers_agree_between_series_that_begin_apart() {
    let early = calendar(&["2020-01", "2020-02", "2020-03"]);
    let late = calendar(&["2021-03", "2021-04"]);
    assert_eq!(late.first_step() - early.first_step(), 14);
    let monday = Frequency::BusinessDaily.step_number("2024-01-01T00:00".parse().unwrap());
    let next_monday = Frequency::BusinessDaily.step_number("2024-01-08T00:00".parse().unwrap());
    assert_eq!((next_monday - monday, monday.rem_euclid(5)), (5, 0));
}

#[test]
fn text_among_dates_is_refused_by_its_row() {
    let expected = "s: data row 2: expected a date such as 1960-12-31, got \"soon\"";
    assert_eq!(message(&["2020-01-01", "soon", "2020-01-03"]), expected);
}

#[test]
fn day_and_month_that_may_be_exchanged_are_refused() {
    let expected = "s: expected dates with one meaning, got \"01/02/2020\", which can be day/month/year or \
                    month/day/year; write them as 1960-12-31";
    assert_eq!(message(&["01/02/2020", "01/03/2020"]), expected);
}

#[test]
fn dates_without_a_regular_step_are_refused() {
    let error = message(&["2020-01-01", "2020-01-03", "2020-01-05", "2020-01-06", "2020-01-08"]);
    assert!(
        error.contains("with one regular step, got 2020-01-05T00:00:00 followed by 2020-01-06"),
        "{error}"
    );
}

#[test]
fn single_date_has_no_step() {
    assert_eq!(message(&["2020-01-01"]), "s: expected at least 2 dates, got 1");
}

#[test]
fn columns_of_dates_are_told_from_others() {
    assert!(are_dates(["2020-01-01", "2020-01-02"].into_iter()));
    assert!(!are_dates(["2020-01-01", "x"].into_iter()));
    assert!(!are_dates(["2020-02-30"].into_iter()));
    assert!(!are_dates(["12.5"].into_iter()));
    assert!(!are_dates(std::iter::empty()));
}

#[test]
fn forecasts_beyond_the_calendar_stop_at_its_end() {
    let frequency = Frequency::Months { every: 12, month_end: false };
    assert_eq!(frequency.advance("9998-01-01T00:00".parse().unwrap(), usize::MAX).year(), 9999);
}
