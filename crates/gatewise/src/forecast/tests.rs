//! The whole job, with a network small enough for a test.

use std::sync::{Arc, Mutex};

use super::{Forecaster, Observer, Progress, Settings, airline_passengers};

fn small() -> Settings {
    Settings { units: vec![4, 3], epochs: 3, ..Settings::default() }
}

#[test]
fn report_tells_of_every_step() {
    let (forecaster, report) =
        Forecaster::fit(&airline_passengers().unwrap(), &small(), &Observer::silent()).unwrap();
    assert_eq!(forecaster.recipe().units, [4, 3]);
    let dates: Vec<&str> = report.forecast.iter().map(|step| step.date.as_str()).collect();
    assert_eq!((dates[0], dates[11], dates.len()), ("1961-01", "1961-12", 12));
    for step in &report.forecast {
        let rising = [step.lower_95, step.lower_80, step.forecast, step.upper_80, step.upper_95];
        assert!(rising.is_sorted() && rising[0] > 0.0, "{step:?}");
    }
    let backtest = report.backtest.unwrap();
    assert_eq!((backtest.tail, backtest.origins, backtest.separate_origins, backtest.fits), (36, 25, 3, 5));
    assert_eq!(backtest.forecasts.len(), 25);
    assert!(backtest.coverage.iter().all(|coverage| coverage.checked == 300));
}

#[test]
fn baselines_are_those_of_the_series_and_not_of_the_network() {
    let series = airline_passengers().unwrap();
    let [one, other] = [1, 2].map(|seed| {
        let settings = Settings { seed, ..small() };
        Forecaster::fit(&series, &settings, &Observer::silent()).unwrap().1.backtest.unwrap()
    });
    assert_eq!((one.naive, one.seasonal_naive), (other.naive, other.seasonal_naive));
    assert_ne!(one.lstm, other.lstm);
}

#[test]
fn same_seed_gives_the_same_bits() {
    let series = airline_passengers().unwrap();
    let [one, other] = [(), ()].map(|()| Forecaster::fit(&series, &small(), &Observer::silent()).unwrap().1);
    assert_eq!(one, other);
}

#[test]
fn progress_goes_from_the_first_fit_to_the_end_of_the_last() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let receive = {
        let seen = Arc::clone(&seen);
        move |progress: &Progress| {
            if let Progress::Epoch { fit, done, .. } = progress {
                seen.lock().unwrap().push(fit.number as f64 - 1.0 + done);
            }
        }
    };
    Forecaster::fit(&airline_passengers().unwrap(), &small(), &Observer::new(receive)).unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen.is_sorted() && seen[0] > 0.0, "{seen:?}");
    assert_eq!(seen.last(), Some(&6.0));
}

#[test]
fn settings_out_of_range_are_refused() {
    let series = airline_passengers().unwrap();
    let message =
        |settings| Forecaster::fit(&series, &settings, &Observer::silent()).unwrap_err().to_string();
    let none = Settings { units: vec![], ..small() };
    assert_eq!(message(none), "units: expected at least one layer of at least 1 unit, got []");
    let zero = Settings { units: vec![4, 0], ..small() };
    assert_eq!(message(zero), "units: expected at least one layer of at least 1 unit, got [4, 0]");
    assert_eq!(message(Settings { epochs: 0, ..small() }), "epochs: expected at least 1, got 0");
}
