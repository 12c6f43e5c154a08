//! Series that are mended, and series that are refused.

use super::Series;

fn texts(dates: &[&str]) -> Vec<String> {
    dates.iter().map(|date| (*date).to_owned()).collect()
}

fn days(values: &[(&str, Option<f64>)]) -> crate::Result<Series> {
    let dates: Vec<String> = values.iter().map(|(date, _)| (*date).to_owned()).collect();
    let values: Vec<Option<f64>> = values.iter().map(|(_, value)| *value).collect();
    Series::new("s", Some(&dates), &values)
}

fn message(result: crate::Result<Series>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn whole_series_is_taken_as_it_is() {
    let series =
        days(&[("2020-01-01", Some(1.0)), ("2020-01-02", Some(2.0)), ("2020-01-03", Some(4.0))]).unwrap();
    assert_eq!(series.values(), [1.0, 2.0, 4.0]);
    assert!(series.notes().is_empty());
    assert_eq!(series.label(2), "2020-01-03");
    assert_eq!(series.label(3), "2020-01-04");
}

#[test]
fn rows_out_of_order_are_sorted_visibly() {
    let series =
        days(&[("2020-01-03", Some(4.0)), ("2020-01-01", Some(1.0)), ("2020-01-02", Some(2.0))]).unwrap();
    assert_eq!(series.values(), [1.0, 2.0, 4.0]);
    assert_eq!(series.notes(), ["the rows were not in order of date: sorted"]);
}

#[test]
fn date_left_out_is_interpolated_visibly() {
    let dates: Vec<String> =
        (1..=20).filter(|day| *day != 5).map(|day| format!("2020-06-{day:02}")).collect();
    let values: Vec<Option<f64>> =
        (1..=20).filter(|day| *day != 5).map(|day| Some(f64::from(day * day))).collect();
    let series = Series::new("s", Some(&dates), &values).unwrap();
    assert_eq!(series.values()[4], 26.0);
    let notes = ["1 date left out: put in as missing", "1 value missing: interpolated linearly"];
    assert_eq!(series.notes(), notes);
}

#[test]
fn hole_of_two_is_filled_on_the_line() {
    let mut values: Vec<Option<f64>> = (0..30).map(|row| Some(f64::from(row % 7))).collect();
    (values[8], values[9]) = (None, None);
    let series = Series::new("s", None, &values).unwrap();
    assert_eq!(series.values()[7..11], [0.0, 1.0, 2.0, 3.0]);
}

#[test]
fn missing_values_at_the_ends_are_left_off_with_their_dates() {
    let rows =
        [("2020-01-01", None), ("2020-01-02", Some(2.0)), ("2020-01-03", Some(4.0)), ("2020-01-04", None)];
    let series = days(&rows).unwrap();
    assert_eq!(series.values(), [2.0, 4.0]);
    assert_eq!(series.label(0), "2020-01-02");
    assert_eq!(series.label(2), "2020-01-04");
    assert_eq!(series.notes(), ["2 values missing at the ends: left off"]);
}

#[test]
fn too_many_missing_values_are_refused() {
    let values: Vec<Option<f64>> = (0..21).map(|row| (row % 4 == 0).then_some(f64::from(row))).collect();
    let expected = "s: expected at most 10 % of the values missing, got 15 of 21; fill them in first";
    assert_eq!(message(Series::new("s", None, &values)), expected);
}

#[test]
fn date_that_comes_twice_is_refused_by_its_rows() {
    let rows = [("2020-01-01", Some(1.0)), ("2020-01-02", Some(2.0)), ("2020-01-01", Some(3.0))];
    let expected =
        "s: expected each date once, got 2020-01-01 in data rows 1 and 3; sum or average them first";
    assert_eq!(message(days(&rows)), expected);
}

#[test]
fn constant_series_is_refused() {
    let expected = "s: expected values that vary, got 5 in every row";
    assert_eq!(message(Series::new("s", None, &[Some(5.0); 50])), expected);
}

#[test]
fn infinite_value_is_refused_by_its_row() {
    let expected = "s: data row 2: expected a finite number, got inf";
    assert_eq!(message(Series::new("s", None, &[Some(1.0), Some(f64::INFINITY)])), expected);
}

#[test]
fn series_without_any_number_is_refused() {
    assert_eq!(message(Series::new("s", None, &[None, None])), "s: expected numbers, got 2 rows without one");
    assert_eq!(message(Series::new("s", None, &[])), "s: expected numbers, got 0 rows without one");
}

#[test]
fn dates_and_values_of_different_number_are_refused() {
    let dates = texts(&["2020-01-01"]);
    let expected = "s: expected as many dates as values, got 1 and 2";
    assert_eq!(message(Series::new("s", Some(&dates), &[Some(1.0), Some(2.0)])), expected);
}

#[test]
fn places_of_undated_series_are_counted_from_one() {
    let series = Series::new("s", None, &[Some(1.0), Some(2.0)]).unwrap();
    assert_eq!((series.label(0), series.label(2)), ("1".to_owned(), "3".to_owned()));
}
