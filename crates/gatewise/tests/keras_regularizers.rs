//! Penalties and their gradients against values that Keras computed.

#![allow(missing_docs)]

mod common;

use common::{Group, assert_close, json, widen};
use gatewise::{Builder, Mode, Shape, regularizers};

/// Keras computes in single precision, so its own values are this far from the truth.
const TOLERANCE: f64 = 1e-5;

#[test]
fn penalties_and_their_gradients_are_those_of_keras() {
    let group = Group::read("regularizers");
    let mut count = 0;
    for case in group.cases() {
        let regularizer = regularizers::deserialize(&case.json["regularizer"]).expect("it is Keras's");
        let b = Builder::new(Mode::Training);
        let x = b.input("x", &Shape::known(case.f64("x").shape()));
        let value = regularizer.penalty(&b, x).unwrap();
        // A penalty with factors of 0 does not depend on x.
        let zeros = || b.constant(0.0, &b.shape(x)).unwrap();
        let d_x = b.gradients(value, &[x]).unwrap()[0].unwrap_or_else(zeros);
        let fast = b.evaluate(&[value, d_x], &[case.f32("x")]).unwrap();
        let oracle = b.evaluate_reference(&[value, d_x], &[case.f64("x")]).unwrap();
        for ((name, fast), oracle) in ["value", "d_x"].iter().zip(fast).zip(oracle) {
            let what = format!("{}/{name}", case.name());
            assert_close(&what, &widen(&fast), &case.f64(name), TOLERANCE);
            assert_close(&format!("{what} by the oracle"), &oracle, &case.f64(name), TOLERANCE);
        }
        count += 1;
    }
    assert!(count >= 14, "only {count} cases");
}

#[test]
fn configurations_of_regularizers_are_those_of_keras() {
    for case in Group::read("regularizers").cases() {
        let expected = &case.json["regularizer"];
        let regularizer = regularizers::deserialize(expected).expect("it is Keras's");
        json::assert_same(case.name(), &regularizers::serialize(&*regularizer), expected);
    }
}
