//! Every layer but the LSTM against values that Keras computed: outputs, masks, gradients, shapes, weights and
//! configurations.

#![allow(missing_docs)]

mod common;

use std::sync::Arc;

use common::{Case, Group, assert_close, json, widen};
use gatewise::layers::{self, Layer, Tensor};
use gatewise::{Builder, Mode, Shape, Value};
use ndarray::ArrayD;
use serde_json::Value as Json;

/// Keras computes in single precision, so its own values are this far from the truth.
const TOLERANCE: f64 = 1e-5;

fn texts(json: &Json) -> Vec<&str> {
    json.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text")).collect()
}

/// The layer of a case with the weights of the case.
fn layer(case: &Case<'_>) -> Arc<dyn Layer> {
    let layer = layers::deserialize(&case.json["layer"]).expect("the configuration is Keras's");
    layers::call(&*layer, &[case.f32("x")], 1).expect("the layer can be called");
    let (names, variables) = (texts(&case.json["weights"]), layer.variables());
    assert_eq!(variables.len(), names.len(), "{}", case.name());
    names.iter().zip(variables).for_each(|(name, variable)| variable.assign(&case.f32(name)).unwrap());
    layer
}

/// The layer called in inference, with everything of the case that it gives.
struct Emitted {
    builder: Builder,
    results: Vec<(String, Value)>,
    inputs: Vec<ArrayD<f64>>,
}

fn emit(case: &Case<'_>) -> Emitted {
    let layer = layer(case);
    let b = Builder::new(Mode::Inference);
    let enter = |name: &str| b.input(name, &Shape::known(case.f64(name).shape()));
    let x = enter("x");
    let output = layer.call(&b, &[Tensor::new(x)]).expect("the layer can be called")[0];
    assert_eq!(output.mask.is_some(), case.has("mask"), "{}", case.name());
    let loss = b.sum_all(b.mul(output.value, enter("cotangent")).unwrap()).unwrap();
    let mut names = vec!["d_x".to_owned()];
    names.extend(texts(&case.json["weights"]).iter().map(|name| format!("d_{name}")));
    let mut by = vec![x];
    by.extend(layer.variables().iter().map(|variable| b.variable(variable)));
    let gradients = b.gradients(loss, &by).unwrap();
    let mut results = vec![("y".to_owned(), output.value)];
    results.extend(output.mask.map(|mask| ("mask".to_owned(), mask)));
    let wanted = names.into_iter().zip(gradients).filter(|(name, _)| case.has(name));
    results.extend(wanted.map(|(name, gradient)| (name, gradient.expect("the loss depends on it"))));
    Emitted { builder: b, results, inputs: vec![case.f64("x"), case.f64("cotangent")] }
}

#[test]
fn layers_give_the_outputs_masks_and_gradients_of_keras() {
    let group = Group::read("layers");
    let mut compared = 0;
    for case in group.cases() {
        let Emitted { builder, results, inputs } = emit(&case);
        let values: Vec<Value> = results.iter().map(|(_, value)| *value).collect();
        let narrow: Vec<ArrayD<f32>> = inputs.iter().map(|input| input.mapv(|x| x as f32)).collect();
        let fast = builder.evaluate(&values, &narrow).expect("it runs");
        let oracle = builder.evaluate_reference(&values, &inputs).expect("it runs");
        for (((name, _), fast), oracle) in results.iter().zip(fast).zip(oracle) {
            let what = format!("{}/{name}", case.name());
            assert_close(&what, &widen(&fast), &case.f64(name), TOLERANCE);
            assert_close(&format!("{what} by the oracle"), &oracle, &case.f64(name), TOLERANCE);
            compared += 1;
        }
    }
    assert!(compared >= 60, "only {compared} arrays were compared");
}

/// Sizes as Keras writes them, null where unknown.
fn shape(json: &Json) -> Shape {
    let sizes = json.as_array().expect("a list").iter();
    Shape::new(sizes.map(|size| size.as_u64().map(|size| size as usize)).collect::<Vec<_>>())
}

#[test]
fn layers_know_the_shape_of_their_output_as_far_as_keras_does() {
    let group = Group::read("layers");
    for case in group.cases() {
        let layer = layer(&case);
        for shapes in case.json["output_shapes"].as_array().expect("a list") {
            let b = Builder::new(Mode::Inference);
            let x = Tensor::new(b.input("x", &shape(&shapes["input"])));
            let output = layer.call(&b, &[x]).expect("the shape fits")[0];
            assert_eq!(b.shape(output.value), shape(&shapes["output"]), "{} {shapes}", case.name());
        }
    }
}

#[test]
fn weights_have_the_paths_shapes_and_counts_of_keras() {
    let group = Group::read("layers");
    for case in group.cases() {
        let variables = layer(&case).variables();
        let paths: Vec<&str> = variables.iter().map(|variable| variable.path()).collect();
        assert_eq!(paths, texts(&case.json["weight_paths"]), "{}", case.name());
        let count: usize = variables.iter().map(|variable| variable.len()).sum();
        assert_eq!(Some(count as u64), case.json["parameters"].as_u64(), "{}", case.name());
    }
}

/// Keras's envelope without the shapes that layers were built for, which a layer by itself does not keep.
fn without_build_config(envelope: &Json) -> Json {
    let mut envelope = envelope.clone();
    envelope.as_object_mut().expect("an object").shift_remove("build_config");
    if let Some(inner) = envelope.pointer("/config/layer").map(without_build_config) {
        envelope["config"]["layer"] = inner;
    }
    envelope
}

#[test]
fn configurations_of_layers_are_those_of_keras() {
    let group = Group::read("layers");
    for case in group.cases() {
        let got = layers::serialize(&*layer(&case));
        json::assert_same(case.name(), &got, &without_build_config(&case.json["layer"]));
    }
    for case in Group::read("lstm").cases() {
        let envelope = serde_json::json!({"class_name": "LSTM", "config": case.json["config"]});
        let layer = layers::deserialize(&envelope).expect("the configuration is Keras's");
        let got = layers::get_config(&*layer).into();
        json::assert_same(case.name(), &got, &case.json["config"]);
    }
}
