//! Forecasters that are written and read back.

use std::path::PathBuf;

use crate::forecast::{Forecaster, Observer, Series, Settings, airline_passengers};
use crate::{Result, Sequential, layers};

fn small() -> Forecaster {
    let settings = Settings { units: vec![3], epochs: 2, ..Settings::default() };
    Forecaster::fit(&airline_passengers().unwrap(), &settings, &Observer::silent()).unwrap().0
}

fn path(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("model.keras")
}

/// What loading gives after one part of the saved text was replaced.
fn load_changed(forecaster: &Forecaster, from: &str, to: &str) -> Result<Forecaster> {
    let folder = tempfile::tempdir().unwrap();
    forecaster.save(path(&folder)).unwrap();
    let (network, texts) = super::Network::load(&path(&folder)).unwrap();
    let text = &texts[super::KEY];
    assert!(text.contains(from), "{text}");
    network.save(&path(&folder), super::KEY, text.replace(from, to)).unwrap();
    Forecaster::load(path(&folder))
}

#[test]
fn loaded_forecaster_forecasts_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let forecaster = small();
    forecaster.save(path(&folder)).unwrap();
    let loaded = Forecaster::load(path(&folder)).unwrap();
    let series = airline_passengers().unwrap();
    assert_eq!(loaded.forecast(&series, None).unwrap(), forecaster.forecast(&series, None).unwrap());
    assert_eq!(loaded.recipe(), forecaster.recipe());
}

#[test]
fn new_data_keep_the_phase_of_the_season() {
    // Two years from May on: the forecast must rise to the following July, not to another month.
    let months: Vec<String> =
        (0..24).map(|i| format!("{}-{:02}", 1959 + (i + 4) / 12, 1 + (i + 4) % 12)).collect();
    let all = crate::forecast::AIRLINE_PASSENGERS;
    let values: Vec<Option<f64>> = all[112..136].iter().copied().map(Some).collect();
    let months = &months[..];
    let series = Series::new("later", Some(months), &values).unwrap();
    let report = small().forecast(&series, Some(12)).unwrap();
    let highest = report.forecast.iter().max_by(|a, b| a.forecast.total_cmp(&b.forecast)).unwrap();
    assert!(["1962-07", "1962-08", "1961-07", "1961-08"].contains(&highest.date.as_str()), "{highest:?}");
}

#[test]
fn parts_of_other_sizes_are_refused() {
    let forecaster = small();
    let cases = [
        ("\"version\":1", "\"version\":2", "expected version 1, got 2"),
        ("\"horizon\":12", "\"horizon\":11", "expected scaler horizon 11, got 12"),
        ("\"window\":12,\"input", "\"window\":9,\"input", "expected scaler window 12, got 9"),
        ("\"recipe\"", "\"receipt\"", "unknown field"),
    ];
    for (from, to, expected) in cases {
        let error = load_changed(&forecaster, from, to).unwrap_err();
        assert!(error.is_format() && error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn another_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = Sequential::new().with_seed(1);
    model.add(layers::Input::new([Some(3)])).unwrap();
    model.add(layers::Dense::new(1)).unwrap();
    model.save(path(&folder)).unwrap();
    let error = Forecaster::load(path(&folder)).unwrap_err().to_string();
    assert!(error.ends_with(
        "expected a saved forecast with \"gatewise.forecast\" in its metadata, got another model"
    ));
}

#[test]
fn file_that_is_not_there_is_an_error_with_its_path() {
    let error = Forecaster::load("not-there.keras").unwrap_err();
    assert!(error.is_io() && error.to_string().starts_with("not-there.keras: "), "{error}");
}

#[test]
fn series_that_does_not_suit_the_model_is_refused() {
    let values: Vec<Option<f64>> = (1..60).map(|row| Some(f64::from(row))).collect();
    let forecaster = small();
    let undated = Series::new("s", None, &values).unwrap();
    let error = forecaster.forecast(&undated, None).unwrap_err().to_string();
    assert_eq!(error, "s: expected monthly dates as in training, got no dates");
    let months: Vec<String> = (1..=10).map(|month| format!("1960-{month:02}")).collect();
    let short = Series::new("s", Some(&months), &values[..10]).unwrap();
    let error = forecaster.forecast(&short, None).unwrap_err().to_string();
    assert_eq!(error, "s: expected at least 12 rows, got 10");
    let error = forecaster.forecast(&airline_passengers().unwrap(), Some(13)).unwrap_err().to_string();
    assert_eq!(error, "forecast model: expected a horizon of 1 to 12 steps, got 13");
}
