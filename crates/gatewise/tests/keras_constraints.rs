//! Constrained weights against values that Keras computed.

#![allow(missing_docs)]

mod common;

use common::{Group, assert_close, json, widen};
use gatewise::constraints;

/// Keras computes in single precision, so its own values are this far from the truth.
const TOLERANCE: f64 = 1e-5;

#[test]
fn constrained_weights_are_those_of_keras() {
    let group = Group::read("constraints");
    let (mut count, mut changed) = (0, 0);
    for case in group.cases() {
        let constraint = constraints::deserialize(&case.json["constraint"]).expect("it is Keras's");
        let mut weights = case.f32("x");
        constraint.apply(&mut weights.view_mut()).unwrap();
        assert_close(case.name(), &widen(&weights), &case.f64("y"), TOLERANCE);
        count += 1;
        changed += usize::from(weights != case.f32("x"));
    }
    assert!(count >= 18, "only {count} cases");
    assert!(changed >= 16, "only {changed} cases change the weights");
}

#[test]
fn configurations_of_constraints_are_those_of_keras() {
    for case in Group::read("constraints").cases() {
        let expected = &case.json["constraint"];
        let constraint = constraints::deserialize(expected).expect("it is Keras's");
        json::assert_same(case.name(), &constraints::serialize(&*constraint), expected);
    }
}
