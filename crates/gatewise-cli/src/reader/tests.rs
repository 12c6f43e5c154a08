//! Files as people have them, and the sentences on those that cannot be read.

use super::parse_series;

fn rows(line: impl Fn(usize) -> String) -> String {
    (0..12).map(|row| line(row) + "\n").collect()
}

fn values(text: &str) -> Vec<f64> {
    parse_series("f.csv", text.as_bytes(), None).unwrap().values().to_vec()
}

fn message(text: &str, column: Option<&str>) -> String {
    format!("{:#}", parse_series("f.csv", text.as_bytes(), column).unwrap_err())
}

fn counted() -> Vec<f64> {
    (0..12).map(|row| row as f64 + 0.5).collect()
}

#[test]
fn separators_quotes_and_marks_of_spreadsheets_are_understood() {
    let plain = rows(|row| format!("2020-{:02}-01,{}.5", row + 1, row));
    let texts = [
        plain.clone(),
        format!("date,value\n{plain}"),
        format!("\u{feff}date,value\r\n{}", plain.replace('\n', "\r\n")),
        rows(|row| format!("2020-{:02}-01;{},5", row + 1, row)),
        rows(|row| format!("2020-{:02}-01\t{}.5", row + 1, row)),
        rows(|row| format!("\"2020-{:02}-01\",\"{}.5\"", row + 1, row)),
        rows(|row| format!(" 2020-{:02}-01 , {}.5 ", row + 1, row)),
        rows(|row| format!("{row}.5")),
    ];
    for text in texts {
        assert_eq!(values(&text), counted(), "{text}");
    }
}

#[test]
fn dates_are_found_in_any_column() {
    let text = format!("value,month,place\n{}", rows(|row| format!("{row}.5,2020-{:02},here", row + 1)));
    let series = parse_series("f.csv", text.as_bytes(), None).unwrap();
    assert_eq!((series.name(), series.label(12).as_str()), ("value", "2021-01"));
}

#[test]
fn plain_years_are_dates_under_the_name_of_years_only() {
    let text = |name: &str| format!("{name},value\n{}", rows(|row| format!("{},{row}.5", 2000 + row)));
    let series = parse_series("f.csv", text("Year").as_bytes(), None).unwrap();
    assert_eq!(series.frequency().unwrap().to_string(), "yearly");
    let expected = "f.csv: 2 columns hold numbers; name one: --column \"code\" or \"value\"";
    assert_eq!(message(&text("code"), None), expected);
}

#[test]
fn one_of_several_columns_is_taken_by_name() {
    let text = format!("date,open,close\n{}", rows(|row| format!("2020-01-{:02},9,{row}.5", row + 1)));
    assert_eq!(
        message(&text, None),
        "f.csv: 2 columns hold numbers; name one: --column \"open\" or \"close\""
    );
    let series = parse_series("f.csv", text.as_bytes(), Some("close")).unwrap();
    assert_eq!((series.name(), series.values()), ("close", &counted()[..]));
    let expected = "f.csv: expected --column to be one of \"date\", \"open\", \"close\", got \"clse\"";
    assert_eq!(message(&text, Some("clse")), expected);
}

#[test]
fn words_for_missing_values_are_interpolated() {
    for word in ["", "NA", "n/a", "NaN", "null", "-"] {
        let cell = |row: usize| {
            if row == 5 { word.to_owned() } else { format!("{row}.5") }
        };
        let text = format!("date,value\n{}", rows(|row| format!("2020-01-{:02},{}", row + 1, cell(row))));
        let series = parse_series("f.csv", text.as_bytes(), None).unwrap();
        assert_eq!(series.values(), counted());
        assert_eq!(series.notes(), ["1 value missing: interpolated linearly"]);
    }
}

#[test]
fn text_in_a_column_of_numbers_is_refused_by_its_row_in_the_file() {
    let cell = |row: usize| {
        if row == 5 { "?0.2".to_owned() } else { format!("{row}.5") }
    };
    let text = format!("date,value\n{}", rows(|row| format!("2020-01-{:02},{}", row + 1, cell(row))));
    let expected = "f.csv: row 7, column \"value\": expected a number, got \"?0.2\"; correct it, or leave it \
                    empty if unknown";
    assert_eq!(message(&text, None), expected);
}

#[test]
fn date_that_cannot_be_read_is_refused_and_not_left_out() {
    let day = |row: usize| {
        if row == 5 { "soon".to_owned() } else { format!("2020-01-{:02}", row + 1) }
    };
    let text = format!("date,value\n{}", rows(|row| format!("{},{row}.5", day(row))));
    let expected = "f.csv: value: data row 6: expected a date such as 1960-12-31, got \"soon\"";
    assert_eq!(message(&text, None), expected);
}

#[test]
fn files_without_numbers_or_rows_are_refused() {
    assert_eq!(message("", None), "f.csv: expected rows, got an empty file");
    assert_eq!(message("date,value\n", None), "f.csv: expected rows of data, got only a header");
    let words = format!("date,value\n{}", rows(|row| format!("2020-01-{:02},word", row + 1)));
    assert_eq!(
        message(&words, None),
        "f.csv: expected a column of numbers, got none among \"date\", \"value\""
    );
}

#[test]
fn rows_of_different_length_are_refused() {
    assert_eq!(message("a,b\n1,2\n3\n", None), "f.csv: row 3: expected 2 cells as in row 1, got 1");
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    let error = parse_series("f.csv", &[b'a', 0xFF, b'\n'], None).unwrap_err().to_string();
    assert_eq!(error, "f.csv: expected text in UTF-8, got other bytes; save it as UTF-8");
}

#[test]
fn what_is_wrong_with_the_series_is_told_with_the_file() {
    let same = rows(|row| format!("2020-01-{:02},5", row + 1));
    assert_eq!(message(&same, None), "f.csv: column 2: expected values that vary, got 5 in every row");
    let twice = rows(|row| format!("2020-01-{:02},{row}", row / 2 + 1));
    assert!(message(&twice, None).starts_with("f.csv: column 2: expected each date once, got 2020-01-01"));
}
