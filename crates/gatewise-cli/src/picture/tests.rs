//! What must be in a picture.

use gatewise::forecast::{Forecaster, Observer, Settings, airline_passengers};

use super::{decimals_of_marks, draw};

#[test]
fn picture_holds_title_legend_years_and_bands() {
    let series = airline_passengers().unwrap();
    let settings = Settings { units: vec![2], epochs: 1, ..Settings::default() };
    let (forecaster, report) = Forecaster::fit(&series, &settings, &Observer::silent()).unwrap();
    let svg = draw(&series, &report).unwrap();
    let title = "airline passengers: forecast 1961-01 to 1961-12";
    let words =
        [title, "history", "backtest", "forecast", "80 % interval", "95 % interval", "1950", "1961", "600"];
    for word in words {
        assert!(svg.contains(word), "{word:?} is not in the picture");
    }
    assert_eq!(svg.matches("<polygon").count(), 2);
    let without_backtest = draw(&series, &forecaster.forecast(&series, None).unwrap()).unwrap();
    assert!(!without_backtest.contains("backtest") && without_backtest.contains("saved model"));
}

#[test]
fn marks_have_as_many_decimals_as_tell_them_apart() {
    assert_eq!([600.0, 8.0, 4.0, 0.1].map(decimals_of_marks), [0, 0, 1, 2]);
}
