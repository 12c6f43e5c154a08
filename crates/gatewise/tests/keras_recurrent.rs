//! Cells and recurrent layers against values that Keras computed: outputs, states, gradients, paths and configurations.

#![allow(missing_docs)]

mod common;

use std::sync::Arc;

use common::{Case, Group, assert_close, json, widen};
use gatewise::layers::{self, Layer, Tensor};
use gatewise::{Builder, Mode, Shape, Value};
use ndarray::{ArrayD, IxDyn};
use serde_json::Value as Json;

/// Keras computes in single precision, so its own values are this far from the truth.
const TOLERANCE: f64 = 1e-5;

/// The groups, and how many arrays of each are compared at least.
const GROUPS: [(&str, usize); 3] = [("recurrent", 500), ("bidirectional", 400), ("conv_lstm", 120)];

fn texts(json: &Json) -> Vec<&str> {
    json.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text")).collect()
}

/// A list of shapes; absent ones are none.
fn shapes(json: &Json) -> Vec<Vec<usize>> {
    let sizes = |shape: &Json| -> Vec<usize> {
        shape
            .as_array()
            .expect("a shape")
            .iter()
            .map(|size| size.as_u64().expect("a size") as usize)
            .collect()
    };
    json.as_array().map_or_else(Vec::new, |list| list.iter().map(sizes).collect())
}

/// Arrays of these shapes out of a vector that holds one after another.
fn split(vector: &ArrayD<f64>, shapes: &[Vec<usize>]) -> Vec<ArrayD<f64>> {
    let mut rest: Vec<f64> = vector.iter().copied().collect();
    let mut arrays = Vec::new();
    for shape in shapes {
        let tail = rest.split_off(shape.iter().product());
        arrays.push(ArrayD::from_shape_vec(IxDyn(shape), rest).expect("as many numbers as the shape"));
        rest = tail;
    }
    assert!(rest.is_empty(), "{} numbers are left", rest.len());
    arrays
}

fn narrow(arrays: &[ArrayD<f64>]) -> Vec<ArrayD<f32>> {
    arrays.iter().map(|array| array.mapv(|x| x as f32)).collect()
}

/// The vectors of the case named `name`, as arrays of the shapes that its field `field` holds.
fn arrays(case: &Case<'_>, name: &str, field: &str) -> Vec<ArrayD<f64>> {
    let shapes = shapes(&case.json[field]);
    if case.has(name) { split(&case.f64(name), &shapes) } else { Vec::new() }
}

/// The layer of a case with the weights of the case.
fn layer(case: &Case<'_>, inputs: &[ArrayD<f64>]) -> Arc<dyn Layer> {
    let layer = layers::deserialize(&case.json["layer"]).expect("the configuration is Keras's");
    layers::call(&*layer, &narrow(inputs), 1).expect("the layer can be called");
    layer.reset_states();
    let (weights, variables) = (arrays(case, "w", "weight_shapes"), layer.variables());
    assert_eq!(weights.len(), variables.len(), "{}", case.name());
    narrow(&weights).iter().zip(&variables).for_each(|(weight, variable)| variable.assign(weight).unwrap());
    let paths: Vec<&str> = variables.iter().map(|variable| variable.path()).collect();
    assert_eq!(paths, texts(&case.json["weight_paths"]), "{}", case.name());
    layer
}

/// What is compared, by name, with what Keras has.
struct Emitted {
    builder: Builder,
    results: Vec<(String, Value, ArrayD<f64>)>,
    inputs: Vec<ArrayD<f64>>,
}

fn emit(case: &Case<'_>) -> Emitted {
    let mut inputs = vec![case.f64("x")];
    inputs.extend(arrays(case, "s", "state_shapes"));
    let layer = layer(case, &inputs);
    let b = Builder::new(Mode::Inference);
    let mut tensors: Vec<Tensor> =
        inputs.iter().map(|input| Tensor::new(b.input("x", &Shape::known(input.shape())))).collect();
    let mut enter = |array: ArrayD<f64>| {
        let value = b.input("y", &Shape::known(array.shape()));
        inputs.push(array);
        value
    };
    tensors[0].mask = case.has("mask").then(|| enter(case.f64("mask")));
    let outputs = layer.call(&b, &tensors).expect("it can be called");
    let expected = arrays(case, "y", "output_shapes");
    assert_eq!(outputs.len(), expected.len(), "{}", case.name());
    assert_eq!(outputs[0].mask.is_some(), case.json["passes_mask"] == true, "{}", case.name());
    let mut loss = b.scalar(0.0).unwrap();
    for (output, cotangent) in outputs.iter().zip(arrays(case, "cotangent", "output_shapes")) {
        let weighted = b.mul(output.value, enter(cotangent)).unwrap();
        loss = b.add(loss, b.sum_all(weighted).unwrap()).unwrap();
    }
    let mut by: Vec<(String, Value, ArrayD<f64>)> = vec![("d_x".into(), tensors[0].value, case.f64("d_x"))];
    let d_states = arrays(case, "d_s", "state_shapes").into_iter().zip(&tensors[1..]).enumerate();
    by.extend(d_states.map(|(index, (d, state))| (format!("d_s{index}"), state.value, d)));
    let d_weights = arrays(case, "d_w", "weight_shapes").into_iter().zip(layer.variables());
    by.extend(d_weights.map(|(d, weight)| (format!("d_{}", weight.path()), b.variable(&weight), d)));
    let gradients = b.gradients(loss, &by.iter().map(|(_, value, _)| *value).collect::<Vec<_>>()).unwrap();
    let values = outputs.iter().zip(expected).enumerate();
    let mut results: Vec<_> =
        values.map(|(index, (output, y))| (format!("y{index}"), output.value, y)).collect();
    for ((name, value, expected), gradient) in by.into_iter().zip(gradients) {
        // Keras writes zeros where the output does not depend on a value.
        let zeros = || b.constant(0.0, &b.shape(value)).unwrap();
        results.push((name, gradient.unwrap_or_else(zeros), expected));
    }
    Emitted { builder: b, results, inputs }
}

/// Cases of a whole call in inference.
fn is_plain(case: &Case<'_>) -> bool {
    case.has("d_x") && !case.has("input_masks") && !case.has("recurrent_masks")
}

#[test]
fn outputs_states_and_gradients_are_those_of_keras() {
    for (name, least) in GROUPS {
        let (mut compared, mut failures) = (0, Vec::new());
        for case in Group::read(name).cases().filter(is_plain) {
            let Emitted { builder, results, inputs } = emit(&case);
            let values: Vec<Value> = results.iter().map(|(_, value, _)| *value).collect();
            let fast = builder.evaluate(&values, &narrow(&inputs)).expect("it runs");
            let oracle = builder.evaluate_reference(&values, &inputs).expect("it runs");
            for (((name, _, expected), fast), oracle) in results.iter().zip(fast).zip(oracle) {
                compared += 1;
                for (executor, got) in [("fast", widen(&fast)), ("oracle", oracle)] {
                    let difference = common::max_difference(&got, expected);
                    if difference > TOLERANCE {
                        failures.push(format!("{}/{name} ({executor}): {difference:e}", case.name()));
                    }
                }
            }
        }
        assert!(failures.is_empty(), "{name}: {} differences\n{}", failures.len(), failures.join("\n"));
        assert!(compared >= least, "only {compared} arrays of {name} were compared");
    }
}

#[test]
fn a_stateful_layer_goes_on_from_the_call_before() {
    for (name, _) in GROUPS {
        let mut count = 0;
        for case in Group::read(name).cases().filter(|case| case.json["calls"] == 2) {
            let x = [case.f64("x")];
            let layer = layer(&case, &x);
            layers::call(&*layer, &narrow(&x), 1).unwrap();
            let got = layers::call(&*layer, &narrow(&x), 1).unwrap();
            for (got, expected) in got.iter().zip(arrays(&case, "y", "output_shapes")) {
                assert_close(case.name(), &widen(got), &expected, TOLERANCE);
            }
            count += 1;
        }
        assert!(count > 0, "{name} has no stateful case");
    }
}

#[test]
fn configurations_are_those_of_keras() {
    for (name, _) in GROUPS {
        let mut count = 0;
        for case in Group::read(name).cases().filter(|case| case.json.get("input_shape").is_some()) {
            let layer = layers::deserialize(&case.json["layer"]).expect("the configuration is Keras's");
            json::assert_same(case.name(), &layers::serialize(&*layer), &case.json["layer"]);
            let shape = &shapes(&Json::Array(vec![case.json["input_shape"].clone()]))[0];
            layers::call(&*layer, &[ArrayD::zeros(IxDyn(shape))], 1).expect("it can be called");
            let variables = layer.variables();
            let paths: Vec<&str> = variables.iter().map(|variable| variable.path()).collect();
            assert_eq!(paths, texts(&case.json["weight_paths"]), "{}", case.name());
            let parameters: usize = variables.iter().map(|variable| variable.len()).sum();
            assert_eq!(case.json["parameters"], parameters, "{}", case.name());
            count += 1;
        }
        assert!(count > 0, "{name} has no configuration");
    }
}
