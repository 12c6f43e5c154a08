//! Marks that stand where a year, month, day or hour begins.

use gatewise::forecast::Series;

use super::{DateAxis, MOST_MARKS, round_step};

fn series(dates: &[String]) -> Series {
    let values: Vec<Option<f64>> = (0..dates.len()).map(|row| Some(row as f64)).collect();
    Series::new("s", Some(dates), &values).unwrap()
}

fn labels(axis: &DateAxis<'_>) -> Vec<String> {
    axis.marks().into_iter().map(|place| axis.label(place)).collect()
}

#[test]
fn months_over_years_are_marked_where_a_year_begins() {
    let dates: Vec<String> = (0..60).map(|i| format!("{}-{:02}", 2001 + i / 12, 1 + i % 12)).collect();
    let series = series(&dates);
    let axis = DateAxis::new(&series, 20, 71);
    let halves = ["2003-01", "2003-07", "2004-01", "2004-07", "2005-01", "2005-07", "2006-01", "2006-07"];
    assert_eq!(labels(&axis), halves);
}

#[test]
fn hours_over_days_are_marked_where_a_day_begins() {
    let dates: Vec<String> = (0..96).map(|i| format!("2020-03-{:02} {:02}:00", 1 + i / 24, i % 24)).collect();
    let series = series(&dates);
    let axis = DateAxis::new(&series, 1, 240);
    assert_eq!(axis.label(axis.marks()[0]), "2020-03-02");
    assert!(axis.marks().iter().all(|place| place % 24 == 0));
}

#[test]
fn marks_are_few_but_not_too_few_for_any_span() {
    let dates: Vec<String> = (1..=28).map(|day| format!("2020-02-{day:02}")).collect();
    let series = series(&dates);
    for last in [5, 20, 100, 500, 3000, 20_000] {
        let marks = DateAxis::new(&series, 0, last).marks().len();
        assert!((2..=MOST_MARKS).contains(&marks), "{marks} marks on {last} days");
    }
}

#[test]
fn places_without_dates_are_marked_at_round_numbers() {
    let values: Vec<Option<f64>> = (0..100).map(|row| Some(f64::from(row))).collect();
    let series = Series::new("s", None, &values).unwrap();
    let axis = DateAxis::new(&series, 0, 99);
    assert_eq!(labels(&axis), ["10", "20", "30", "40", "50", "60", "70", "80", "90", "100"]);
}

#[test]
fn round_steps_are_one_two_or_five_times_a_power_of_ten() {
    assert_eq!([0, 1, 2, 3, 6, 11, 21, 51].map(round_step), [1, 1, 2, 5, 10, 20, 50, 100]);
}
