//! The program from outside: what it prints, what it writes, how it exits.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A network small enough for a test.
const SMALL: [&str; 4] = ["--units", "3", "--epochs", "2"];

fn gatewise(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gatewise")).args(arguments).current_dir(folder).output().unwrap()
}

fn small_forecast(folder: &Path, arguments: &[&str]) -> Output {
    gatewise(folder, &[&["forecast"], arguments, &SMALL[..]].concat())
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn write_csv(folder: &Path, line: impl Fn(usize) -> String) {
    let rows: String = (0..80).map(|row| line(row) + "\n").collect();
    std::fs::write(folder.join("series.csv"), format!("date,value\n{rows}")).unwrap();
}

fn month(row: usize) -> String {
    format!("{}-{:02}-01", 2000 + row / 12, 1 + row % 12)
}

/// A walk without a pattern, the same at every run.
fn wandering(row: usize) -> f64 {
    (0..=row).map(|step| ((step * step * 7919 + step * 104_729) % 1009) as f64 / 1009.0 - 0.5).sum()
}

#[test]
fn model_table_and_picture_are_written() {
    let folder = folder();
    let output = small_forecast(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let table = std::fs::read_to_string(folder.path().join("forecast/forecast.csv")).unwrap();
    assert_eq!(table.lines().next(), Some("date,forecast,lower_80,upper_80,lower_95,upper_95"));
    assert_eq!(table.lines().count(), 13);
    let picture = std::fs::read_to_string(folder.path().join("forecast/forecast.svg")).unwrap();
    assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
    assert!(folder.path().join("forecast/model.keras").exists());
}

#[test]
fn results_are_on_standard_output_and_all_else_on_standard_error() {
    let folder = folder();
    let output = small_forecast(folder.path(), &["--out", "there/below"]);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    for word in ["MAE", "RMSE", "MASE", "LSTM", "seasonal naive", "80 % interval: held", "1961-12"] {
        assert!(out.contains(word), "{word:?} is not in {out}");
    }
    assert!(err.contains("144 monthly values") && err.contains("wrote there/below/forecast.svg"), "{err}");
    assert!(!out.contains("wrote") && !out.contains('\u{1b}') && !err.contains('\u{1b}'));
}

#[test]
fn json_can_be_read_by_programs() {
    let folder = folder();
    let output = small_forecast(folder.path(), &["--json", "--horizon", "6"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["forecast"].as_array().unwrap().len(), 6);
    assert_eq!(report["files"].as_array().unwrap().len(), 3);
    assert_eq!(report["beats_baselines"], true);
    assert!(report["backtest"]["lstm"]["mae"].as_f64().unwrap() > 0.0);
    assert_eq!(report["recipe"]["season"], 12.0);
}

#[test]
fn same_seed_prints_the_same_and_another_does_not() {
    let folder = folder();
    let [one, again, other] =
        ["1", "1", "2"].map(|seed| small_forecast(folder.path(), &["--json", "--seed", seed]).stdout);
    assert!(one == again && one != other);
}

#[test]
fn saved_model_forecasts_the_same_without_training() {
    let folder = folder();
    write_csv(folder.path(), |row| format!("{},{}", month(row), 100 + row + 10 * (row % 12)));
    let first = small_forecast(folder.path(), &["series.csv", "--out", "first"]);
    let model = ["forecast", "series.csv", "--model", "first/model.keras", "--out", "second"];
    let second = gatewise(folder.path(), &model);
    assert_eq!(second.status.code(), Some(0), "{}", text(&second.stderr));
    let table = |name: &str| std::fs::read(folder.path().join(name).join("forecast.csv")).unwrap();
    assert!(table("first") == table("second") && first.status.code().is_some());
    assert!(text(&second.stderr).contains("no training"));
    assert!(!folder.path().join("second/model.keras").exists());
}

#[test]
fn losing_against_the_naive_forecast_exits_with_one() {
    let folder = folder();
    write_csv(folder.path(), |row| {
        format!("{},{}", month(row), if row < 60 { wandering(row) } else { row as f64 % 2.0 * 1e-6 })
    });
    let output = small_forecast(folder.path(), &["series.csv"]);
    let err = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(err.contains("the LSTM did not beat the") && err.contains("use that one"), "{err}");
    assert!(folder.path().join("forecast/forecast.csv").exists());
}

#[test]
fn mistakes_are_one_sentence_and_exit_with_two() {
    let folder = folder();
    write_csv(folder.path(), |row| format!("{},{row}", month(row)));
    std::fs::write(folder.path().join("short.csv"), "date,value\n2020-01-01,1\n2020-01-02,2\n").unwrap();
    std::fs::write(folder.path().join("text.csv"), "date,value\n2020-01-01,1\n2020-01-02,two\n").unwrap();
    std::fs::write(folder.path().join("folder"), "a file").unwrap();
    let cases: [(&[&str], &str); 7] = [
        (&["none.csv"], "error: none.csv: cannot read: "),
        (&["short.csv"], "error: value: expected at least "),
        (&["text.csv"], "error: text.csv: row 3, column \"value\": expected a number, got \"two\""),
        (
            &["series.csv", "--column", "x"],
            "error: series.csv: expected --column to be one of \"date\", \"value\"",
        ),
        (&["series.csv", "--window", "70"], "error: value: expected at least "),
        (&["series.csv", "--out", "folder"], "error: folder: cannot make this folder: "),
        (&["series.csv", "--horizon", "1000"], "error: value: expected at least "),
    ];
    for (arguments, expected) in cases {
        let output = small_forecast(folder.path(), arguments);
        let err = text(&output.stderr);
        let last = err.lines().last().unwrap();
        assert!(last.starts_with(expected), "{err}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{err}");
    }
}

#[test]
fn arguments_that_belong_to_the_model_are_refused_with_it() {
    let folder = folder();
    let output = gatewise(folder.path(), &["forecast", "a.csv", "--model", "m.safetensors", "--units", "3"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot be used with"));
}

#[test]
fn help_begins_with_examples() {
    let output = gatewise(folder().path(), &["forecast", "--help"]);
    assert!(text(&output.stdout).starts_with("Examples:\n  gatewise forecast"));
    assert_eq!(output.status.code(), Some(0));
}
