//! Decisions on known series.

use super::Recipe;
use crate::forecast::layout::Layout;
use crate::forecast::{AIRLINE_PASSENGERS, Series, Settings, airline_passengers};

fn decide(series: &Series) -> Recipe {
    let settings = Settings::default();
    let layout = Layout::new(series.name(), series.values().len(), 12, &settings).unwrap();
    Recipe::decide(series, &layout, &settings)
}

fn undated(values: &[f64]) -> Series {
    let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
    Series::new("s", None, &values).unwrap()
}

#[test]
fn airline_totals_get_logarithms_and_a_year() {
    let recipe = decide(&airline_passengers().unwrap());
    assert!(recipe.logarithm);
    assert_eq!((recipe.season, recipe.baseline_season), (Some(12.0), Some(12)));
}

#[test]
fn season_is_found_without_dates_too() {
    assert_eq!(decide(&undated(&AIRLINE_PASSENGERS)).season, Some(12.0));
}

#[test]
fn decisions_do_not_look_into_the_tail() {
    let mut changed = AIRLINE_PASSENGERS;
    changed[108..].iter_mut().enumerate().for_each(|(row, value)| *value = 1.0 + (row % 5) as f64);
    assert_eq!(decide(&undated(&AIRLINE_PASSENGERS)), decide(&undated(&changed)));
}

#[test]
fn value_below_zero_anywhere_excludes_logarithms() {
    let mut changed = AIRLINE_PASSENGERS;
    changed[143] = -1.0;
    assert!(!decide(&undated(&changed)).logarithm);
}

#[test]
fn transform_and_restore_cancel() {
    let series = airline_passengers().unwrap();
    let recipe = decide(&series);
    let there = recipe.transform(&series).unwrap();
    assert!(
        there.iter().zip(series.values()).all(|(there, here)| (recipe.restore(*there) - here).abs() < 1e-9)
    );
}

#[test]
fn logarithm_of_new_data_at_zero_is_refused_by_its_place() {
    let recipe = decide(&airline_passengers().unwrap());
    let error = recipe.transform(&undated(&[1.0, 0.0, 2.0])).unwrap_err().to_string();
    assert_eq!(error, "s: expected values above 0 as the model was fitted on logarithms, got 0 at 2");
}
