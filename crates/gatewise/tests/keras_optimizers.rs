//! Optimizers against values that Keras computed: the weights after each of 50 steps.

#![allow(missing_docs)]

mod common;

use common::{Case, Group, assert_close, json, widen};
use gatewise::optimizers;
use ndarray::{ArrayD, Axis};
use serde_json::Value as Json;

/// For each step: Keras computes in single precision, and rounding adds up from step to step.
const TOLERANCE: f64 = 1e-5;

fn row(array: &ArrayD<f32>, step: usize) -> Vec<f32> {
    array.index_axis(Axis(0), step).iter().copied().collect()
}

/// Runs all steps of a case and compares the weights after each.
fn check(case: &Case<'_>) {
    let mut optimizer = optimizers::deserialize(&case.json["optimizer"]).expect("it is Keras's");
    let names = ["a", "b"];
    let arrays = |kind: &str| names.map(|name| case.f32(&format!("{kind}_{name}")));
    let (initial, gradients, expected) = (arrays("initial"), arrays("gradients"), arrays("weights"));
    optimizer.build(&[("a", initial[0].shape()), ("b", initial[1].shape())]).unwrap();
    let mut weights = initial.map(|array| array.iter().copied().collect::<Vec<f32>>());
    for step in 0..gradients[0].shape()[0] {
        let now: Vec<Vec<f32>> = gradients.iter().map(|gradient| row(gradient, step)).collect();
        let now: Vec<&[f32]> = now.iter().map(Vec::as_slice).collect();
        let mut slices: Vec<&mut [f32]> = weights.iter_mut().map(Vec::as_mut_slice).collect();
        optimizer.apply(&now, &mut slices).unwrap();
        for ((name, got), expected) in names.iter().zip(&weights).zip(&expected) {
            let expected = expected.index_axis(Axis(0), step).to_owned();
            let got = ArrayD::from_shape_vec(expected.shape(), got.clone()).unwrap();
            let what = format!("{}: {name} after step {}", case.name(), step + 1);
            assert_close(&what, &widen(&got), &widen(&expected), TOLERANCE);
        }
    }
}

#[test]
fn every_step_of_every_optimizer_is_that_of_keras() {
    let group = Group::read("optimizers");
    assert!(group.cases().count() >= 26);
    group.cases().for_each(|case| check(&case));
}

#[test]
fn rarer_optimizers_and_schedules_are_those_of_keras() {
    let group = Group::read("optimizers_more");
    assert!(group.cases().count() >= 17);
    group.cases().for_each(|case| check(&case));
}

#[test]
fn configurations_of_optimizers_are_those_of_keras_to_the_byte() {
    let groups = ["optimizers", "optimizers_more"].map(Group::read);
    for case in groups.iter().flat_map(Group::cases) {
        let expected = &case.json["optimizer"];
        let optimizer = optimizers::deserialize(expected).expect("it is Keras's");
        let got = optimizers::serialize(&*optimizer);
        json::assert_same(case.name(), &got, expected);
        assert_eq!(got.to_string(), expected.to_string());
    }
}

#[test]
fn the_state_of_an_optimizer_has_the_names_and_the_order_of_keras() {
    let groups = ["optimizers", "optimizers_more"].map(Group::read);
    for case in groups.iter().flat_map(Group::cases) {
        let mut optimizer = optimizers::deserialize(&case.json["optimizer"]).expect("it is Keras's");
        optimizer.build(&[("a", &[7]), ("b", &[2, 3])]).unwrap();
        let got: Vec<String> = optimizer.state().into_iter().map(|variable| variable.name).collect();
        let slots = case.json["slots"].as_array().expect("a list").iter().filter_map(Json::as_str);
        // Keras's paths begin with the name of the optimizer.
        let expected: Vec<&str> = slots.map(|path| path.rsplit('/').next().unwrap_or(path)).collect();
        assert_eq!(got, expected, "{}", case.name());
    }
}
