//! Every optimizer with every argument against values that Keras computed: weights of one, two and three axes in some
//! of 50 steps, the state at the end, its names, and the configuration.

#![allow(missing_docs)]

mod common;

use common::{Case, Group, json};
use gatewise::optimizers::{self, Optimizer, OptimizerValue};
use ndarray::{ArrayD, Axis};
use serde_json::Value as Json;

const NAMES: [&str; 3] = ["vector", "matrix", "cube"];

/// Of each number, or of 1 if it is smaller: Keras computes in single precision, and rounding adds up from step to step.
const TOLERANCE: f32 = 2e-6;

/// The same of the state, where small numbers are the differences of large ones.
const STATE_TOLERANCE: f32 = 5e-6;

struct Inputs {
    initial: [ArrayD<f32>; 3],
    gradients: [ArrayD<f32>; 3],
    kept: Vec<u64>,
}

impl Inputs {
    fn of(group: &Group) -> Self {
        let case = group.cases().next().expect("the first case has the inputs");
        let arrays = |kind: &str| NAMES.map(|name| case.f32(&format!("{kind}_{name}")));
        let kept = case.json["kept"].as_array().expect("a list").iter().filter_map(Json::as_u64).collect();
        Self { initial: arrays("initial"), gradients: arrays("gradients"), kept }
    }

    fn weights(&self) -> [Vec<f32>; 3] {
        self.initial.clone().map(|array| array.iter().copied().collect())
    }

    /// The optimizer of a case, built for these weights.
    fn optimizer(&self, case: &Case<'_>) -> Box<dyn Optimizer> {
        let mut optimizer = optimizers::deserialize(&case.json["optimizer"]).expect("it is Keras's");
        if let exclude @ Json::Object(_) = &case.json["exclude"] {
            let texts = |key: &str| -> Vec<&str> {
                exclude[key].as_array().expect("a list").iter().filter_map(Json::as_str).collect()
            };
            optimizer.exclude_from_weight_decay(&texts("var_list"), &texts("var_names")).unwrap();
        }
        let variables: Vec<(&str, &[usize])> =
            NAMES.iter().zip(&self.initial).map(|(&name, array)| (name, array.shape())).collect();
        optimizer.build(&variables).unwrap();
        optimizer
    }

    /// One step; in some steps of some cases the first gradient is infinite.
    fn step(&self, case: &Case<'_>, optimizer: &mut dyn Optimizer, step: u64, weights: &mut [Vec<f32>; 3]) {
        let mut gradients = self
            .gradients
            .each_ref()
            .map(|array| -> Vec<f32> { array.index_axis(Axis(0), step as usize).iter().copied().collect() });
        if case.json["infinite"].as_array().is_some_and(|steps| steps.contains(&step.into())) {
            gradients[0][0] = f32::INFINITY;
        }
        let gradients: Vec<&[f32]> = gradients.iter().map(Vec::as_slice).collect();
        let mut weights: Vec<&mut [f32]> = weights.iter_mut().map(Vec::as_mut_slice).collect();
        optimizer.apply(&gradients, &mut weights).unwrap();
    }
}

/// The largest difference of numbers, each relative to itself or to 1 if it is smaller.
fn largest_difference(got: impl IntoIterator<Item = f32>, expected: &ArrayD<f32>) -> f32 {
    let got: Vec<f32> = got.into_iter().collect();
    assert_eq!(got.len(), expected.len());
    let differences = got.iter().zip(expected).map(|(got, expected)| {
        if got == expected { 0.0 } else { (got - expected).abs() / expected.abs().max(1.0) }
    });
    differences.fold(0.0, |largest, d| if d.is_nan() { f32::INFINITY } else { largest.max(d) })
}

fn flat(weights: &[Vec<f32>; 3]) -> Vec<f32> {
    weights.concat()
}

fn state(optimizer: &dyn Optimizer) -> Vec<OptimizerValue> {
    optimizer.state().into_iter().map(|variable| variable.value).collect()
}

fn cases(group: &Group) -> impl Iterator<Item = Case<'_>> {
    group.cases().skip(1)
}

#[test]
fn the_difference_sees_what_differs() {
    let expected = ndarray::arr1(&[0.0, 4.0]).into_dyn();
    assert_eq!(largest_difference([0.0, 4.0], &expected), 0.0);
    assert_eq!(largest_difference([0.0, 5.0], &expected), 0.25);
    assert_eq!(largest_difference([f32::NAN, 4.0], &expected), f32::INFINITY);
}

#[test]
fn the_steps_of_every_optimizer_with_every_argument_are_those_of_keras() {
    let group = Group::read("optimizers_all");
    let inputs = Inputs::of(&group);
    let mut mistakes = Vec::new();
    let mut check = |case: &Case<'_>, what: &str, difference: f32, tolerance: f32| {
        if difference > tolerance {
            mistakes.push(format!("{}: {what} by {difference:e}", case.name()));
        }
    };
    for case in cases(&group) {
        let (mut optimizer, mut weights) = (inputs.optimizer(&case), inputs.weights());
        let expected = case.f32("weights");
        for step in 0..inputs.gradients[0].len_of(Axis(0)) as u64 {
            inputs.step(&case, &mut *optimizer, step, &mut weights);
            if let Some(row) = inputs.kept.iter().position(|kept| *kept == step + 1) {
                let expected = expected.index_axis(Axis(0), row).to_owned();
                let difference = largest_difference(flat(&weights), &expected);
                check(&case, &format!("weights after step {}", step + 1), difference, TOLERANCE);
            }
        }
        let slots = case.json["slots"].as_array().expect("a list");
        let numbers = state(&*optimizer).into_iter().zip(slots).filter_map(|(value, slot)| match value {
            OptimizerValue::Array(array) if slot[2] == "float32" => Some(array.into_iter()),
            _ => None,
        });
        check(&case, "state", largest_difference(numbers.flatten(), &case.f32("state")), STATE_TOLERANCE);
        if case.has("final") {
            let mut slices: Vec<&mut [f32]> = weights.iter_mut().map(Vec::as_mut_slice).collect();
            optimizer.finalize(&mut slices).unwrap();
            check(&case, "final weights", largest_difference(flat(&weights), &case.f32("final")), TOLERANCE);
        }
    }
    assert!(mistakes.is_empty(), "differ from Keras's:\n{}", mistakes.join("\n"));
}

#[test]
fn every_state_has_the_names_shapes_and_order_of_keras() {
    let group = Group::read("optimizers_all");
    let inputs = Inputs::of(&group);
    for case in cases(&group) {
        let slots = inputs.optimizer(&case).state().into_iter().map(|variable| {
            let (shape, dtype) = match &variable.value {
                OptimizerValue::Integer(_) => (Vec::new(), "int64"),
                OptimizerValue::Array(array) => (array.shape().to_vec(), "float32"),
            };
            (variable.name, shape, dtype)
        });
        let slots: Vec<_> = slots.collect();
        let expected = case.json["slots"].as_array().expect("a list");
        assert_eq!(slots.len(), expected.len(), "{}", case.name());
        for ((name, shape, dtype), expected) in slots.iter().zip(expected) {
            assert_eq!(
                (name.as_str(), serde_json::json!(shape)),
                (expected[0].as_str().unwrap(), expected[1].clone())
            );
            // Keras's numbers without use are 32-bit integers.
            assert!(*dtype == expected[2] || expected[2] == "int32", "{}: {name}", case.name());
        }
    }
}

#[test]
fn every_configuration_is_that_of_keras_to_the_byte() {
    let group = Group::read("optimizers_all");
    for case in cases(&group) {
        let expected = &case.json["optimizer"];
        let got = optimizers::serialize(&*optimizers::deserialize(expected).expect("it is Keras's"));
        json::assert_same(case.name(), &got, expected);
        assert_eq!(got.to_string(), expected.to_string(), "{}", case.name());
    }
}

#[test]
fn every_restored_optimizer_goes_on_with_the_same_bits() {
    let group = Group::read("optimizers_all");
    let inputs = Inputs::of(&group);
    for case in cases(&group) {
        let (mut first, mut whole) = (inputs.optimizer(&case), inputs.weights());
        (0..7).for_each(|step| inputs.step(&case, &mut *first, step, &mut whole));
        let (mut second, mut resumed) = (inputs.optimizer(&case), whole.clone());
        second.set_state(&state(&*first)).unwrap();
        for step in 7..16 {
            inputs.step(&case, &mut *first, step, &mut whole);
            inputs.step(&case, &mut *second, step, &mut resumed);
        }
        assert_eq!(resumed, whole, "{}", case.name());
        assert_eq!(state(&*second), state(&*first), "{}", case.name());
    }
}
