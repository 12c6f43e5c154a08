//! Learning rate schedules against values that Keras computed: the learning rates of the first 1000 steps.

#![allow(missing_docs)]

mod common;

use common::{Group, json};
use gatewise::optimizers::schedules;

/// Keras and this library round to single precision after the same operations, but their powers and cosines may differ in the
/// last bit, and one subtraction that follows can double that.
const TOLERANCE: f32 = 2.5e-7;

#[test]
fn every_schedule_gives_the_learning_rates_of_keras() {
    let group = Group::read("schedules");
    assert!(group.cases().count() >= 21);
    for case in group.cases() {
        let schedule = schedules::deserialize(&case.json["schedule"]).expect("it is Keras's");
        let rates = case.f32("learning_rates");
        assert_eq!(rates.len(), 1000);
        let largest = rates.iter().fold(0.0_f32, |largest, rate| largest.max(*rate));
        for (step, expected) in rates.iter().enumerate() {
            let got = schedule.at(step as u64);
            let allowed = TOLERANCE * largest;
            assert!(
                (got - expected).abs() <= allowed,
                "{} step {step}: {got}, expected {expected}",
                case.name()
            );
        }
    }
}

#[test]
fn configurations_of_schedules_are_those_of_keras_to_the_byte() {
    let group = Group::read("schedules");
    for case in group.cases() {
        let expected = &case.json["schedule"];
        let schedule = schedules::deserialize(expected).expect("it is Keras's");
        let got = schedules::serialize(&*schedule);
        json::assert_same(case.name(), &got, expected);
        assert_eq!(got.to_string(), expected.to_string());
    }
}
