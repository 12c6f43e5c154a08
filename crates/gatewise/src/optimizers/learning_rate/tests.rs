use serde_json::json;

use super::*;
use crate::optimizers::schedules::ExponentialDecay;

#[test]
fn a_number_is_the_same_in_every_step() {
    for rate in [LearningRate::from(0.25_f32), LearningRate::from(0.25_f64)] {
        assert_eq!([rate.at(0), rate.at(1000)], [0.25, 0.25]);
    }
}

#[test]
fn a_schedule_is_asked_for_each_step() {
    let rate = LearningRate::from(ExponentialDecay::new(1.0, 1, 0.5));
    assert_eq!([rate.at(0), rate.at(1), rate.at(2)], [1.0, 0.5, 0.25]);
}

#[test]
fn a_number_is_written_as_the_f32_that_keras_stores() {
    assert_eq!(Value::from(LearningRate::from(0.1)), json!(0.10000000149011612));
}

#[test]
fn learning_rates_must_be_above_zero_and_schedules_valid() {
    for bad in [0.0, -0.1, f64::NAN, f64::INFINITY] {
        assert!(LearningRate::from(bad).check("SGD").unwrap_err().is_argument());
    }
    assert!(LearningRate::from(ExponentialDecay::new(0.1, 0, 0.5)).check("SGD").unwrap_err().is_argument());
}

#[test]
fn anything_but_a_number_or_a_schedule_is_an_error() {
    for value in [json!(null), json!("0.1"), json!([0.1]), json!({"class_name": "Unknown", "config": {}})] {
        assert!(LearningRate::try_from(value).unwrap_err().is_argument());
    }
}
