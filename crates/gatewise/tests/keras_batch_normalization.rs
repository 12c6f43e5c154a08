//! Batch normalization in training against values that Keras computed: outputs, gradients, moving statistics, and a
//! whole training. Inference is among the layers of `keras_layers_several.rs`.

#![allow(missing_docs)]

mod common;

use std::sync::Arc;

use common::{Case, Group, assert_close, widen};
use gatewise::layers::{self, Layer, Tensor};
use gatewise::optimizers::Sgd;
use gatewise::{Builder, Compile, Fit, Mode, Model, Predict, Shape, Shuffle, Value};
use ndarray::ArrayD;
use serde_json::Value as Json;

/// Keras computes in single precision, so its own values are this far from the truth.
const TOLERANCE: f64 = 1e-5;

/// Sixteen steps of training on top of that.
const TRAINED: f64 = 5e-5;

fn texts(json: &Json) -> Vec<&str> {
    json.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text")).collect()
}

fn numbered(case: &Case<'_>, letter: &str) -> Vec<String> {
    (0..).map(|index| format!("{letter}{index}")).take_while(|name| case.has(name)).collect()
}

/// The layer of a case with the weights of the case.
fn layer(case: &Case<'_>) -> Arc<dyn Layer> {
    let layer = layers::deserialize(&case.json["layer"]).expect("the configuration is Keras's");
    layers::call(&*layer, &[case.f32("x0")], 1).expect("the layer can be called");
    set_weights(case, &*layer);
    layer
}

fn set_weights(case: &Case<'_>, layer: &dyn Layer) {
    let (names, variables) = (texts(&case.json["weights"]), layer.variables());
    assert_eq!(variables.len(), names.len(), "{}", case.name());
    names.iter().zip(variables).for_each(|(name, variable)| variable.assign(&case.f32(name)).unwrap());
}

/// The cases of a layer, which the whole training is not.
fn layer_cases<'a>(group: &'a Group) -> impl Iterator<Item = Case<'a>> {
    group.cases().filter(|case| case.json.get("layer").is_some())
}

#[test]
fn training_gives_the_outputs_gradients_and_statistics_of_keras() {
    let group = Group::read("batch_normalization");
    let mut compared = 0;
    for case in layer_cases(&group) {
        let layer = layer(&case);
        let b = Builder::new(Mode::Training);
        let mut inputs: Vec<ArrayD<f64>> = Vec::new();
        let mut enter = |name: &str| {
            inputs.push(case.f64(name));
            b.input(name, &Shape::known(case.f64(name).shape()))
        };
        let mut results: Vec<(String, Value)> = Vec::new();
        let mut by: Vec<(String, Value)> = Vec::new();
        let mut loss = b.scalar(0.0).unwrap();
        for index in 0..numbered(&case, "x").len() {
            let mut x = Tensor::new(enter(&format!("x{index}")));
            let mask = format!("mask{index}");
            x.mask = case.has(&mask).then(|| enter(&mask));
            let y = layer.call(&b, &[x]).expect("it can be called")[0];
            assert_eq!(y.mask, x.mask);
            let weighted = b.mul(y.value, enter(&format!("cotangent{index}"))).unwrap();
            loss = b.add(loss, b.sum_all(weighted).unwrap()).unwrap();
            results.push((format!("y{index}"), y.value));
            by.push((format!("d_x{index}"), x.value));
        }
        for variable in layer.variables() {
            let name = format!("d_{}", variable.path().rsplit('/').next().expect("a name"));
            if case.has(&name) {
                by.push((name, b.variable(&variable)));
            }
        }
        let gradients = b.gradients(loss, &by.iter().map(|(_, value)| *value).collect::<Vec<_>>()).unwrap();
        let found = by.into_iter().zip(gradients);
        results.extend(found.map(|((name, _), d)| (name, d.expect("the outputs depend on it"))));
        let values: Vec<Value> = results.iter().map(|(_, value)| *value).collect();
        let narrow: Vec<ArrayD<f32>> = inputs.iter().map(|input| input.mapv(|x| x as f32)).collect();
        let oracle = b.evaluate_reference(&values, &inputs).expect("it runs");
        let fast = b.evaluate(&values, &narrow).expect("it runs");
        for (((name, _), fast), oracle) in results.iter().zip(fast).zip(oracle) {
            let what = format!("{}/{name}", case.name());
            assert_close(&what, &widen(&fast), &case.f64(name), TOLERANCE);
            assert_close(&format!("{what} by the oracle"), &oracle, &case.f64(name), TOLERANCE);
            compared += 1;
        }
        for variable in layer.variables() {
            let name = variable.path().rsplit('/').next().expect("a name");
            let after = format!("{name}_after");
            let expected = if case.has(&after) { case.f64(&after) } else { case.f64(name) };
            let what = format!("{}/{name} after a step", case.name());
            assert_close(&what, &widen(&variable.value()), &expected, TOLERANCE);
            compared += 1;
        }
    }
    assert!(compared >= 300, "only {compared} arrays were compared");
}

#[test]
fn inference_changes_no_statistic() {
    let group = Group::read("batch_normalization");
    for case in layer_cases(&group) {
        let layer = layer(&case);
        let before: Vec<_> = layer.variables().iter().map(|variable| variable.value()).collect();
        let b = Builder::new(Mode::Inference);
        let x = Tensor::new(b.input("x", &Shape::known(case.f32("x0").shape())));
        // A call that asks for training inside of a program for inference normalizes by the batch and keeps nothing.
        let y = b.in_mode(Mode::Training, || layer.call(&b, &[x])).unwrap()[0];
        let y = b.evaluate(&[y.value], &[case.f32("x0")]).unwrap().remove(0);
        if !case.has("mask0") {
            assert_close(case.name(), &widen(&y), &case.f64("y0"), TOLERANCE);
        }
        let after: Vec<_> = layer.variables().iter().map(|variable| variable.value()).collect();
        assert_eq!(before, after, "{}", case.name());
    }
}

fn arrays(case: &Case<'_>, prefix: &str) -> Vec<ArrayD<f32>> {
    numbered(case, prefix).iter().map(|name| case.f32(name)).collect()
}

/// A case by its name.
fn named<'a>(group: &'a Group, name: &str) -> Case<'a> {
    group.cases().find(|case| case.name() == name).expect("the case is there")
}

#[test]
fn statistics_of_renormalization_start_as_in_keras() {
    let group = Group::read("batch_normalization");
    let case = named(&group, "renorm_started");
    let layer = layers::deserialize(&case.json["layer"]).expect("the configuration is Keras's");
    layers::call(&*layer, &[case.f32("x0")], 1).expect("the layer can be called");
    let variables = layer.variables();
    let last = |path: &str| path.rsplit('/').next().expect("a name").to_owned();
    let names: Vec<String> = variables.iter().map(|variable| last(variable.path())).collect();
    assert_eq!(names, texts(&case.json["weights"]));
    for (name, variable) in names.iter().zip(&variables).skip(2) {
        assert_close(name, &widen(&variable.value()), &case.f64(&format!("start_{name}")), 0.0);
    }
}

#[test]
fn a_file_with_renormalization_loads_and_predicts_as_in_keras() {
    let group = Group::read("batch_normalization");
    let case = named(&group, "fit_renorm");
    let file = case.json["file"].as_str().expect("a name");
    let model = Model::load(common::path("files").join(file)).expect("the file is Keras's");
    assert_eq!(model.get_weights(), arrays(&case, "after"));
    let predictions = model.predict(&case.f32("x")).unwrap();
    assert_close("predictions", &widen(&predictions), &case.f64("predictions"), TOLERANCE);
}

#[test]
fn a_whole_training_is_that_of_keras() {
    let group = Group::read("batch_normalization");
    for name in ["fit", "fit_renorm"] {
        assert_trains_alike(&named(&group, name));
    }
}

fn assert_trains_alike(case: &Case<'_>) {
    let mut model = Model::from_config(&case.json["config"]).expect("the configuration is Keras's");
    model.set_weights(&arrays(case, "before")).expect("the weights fit");
    assert_eq!(model.summary(), case.json["summary"].as_str().expect("a text"));
    model.compile(Compile::new(Sgd { learning_rate: 0.05.into(), ..Sgd::default() }, "mse")).unwrap();
    let (x, y) = (case.f32("x"), case.f32("y"));
    let four = |array: &ArrayD<f32>| array.slice_axis(ndarray::Axis(0), (0..4).into()).to_owned();
    let (x_val, y_val) = (four(&x), four(&y));
    let plan = Fit {
        batch_size: Some(4),
        epochs: 4,
        shuffle: Some(Shuffle::Off),
        validation_data: Some((&x_val, &y_val).into()),
        ..Fit::default()
    };
    let history = model.fit(&x, &y, plan).expect("it can be trained");
    for key in ["loss", "val_loss"] {
        let expected = case.json["history"][key].as_array().expect("a list");
        let got = history.get(key);
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(expected) {
            let expected = expected.as_f64().expect("a number");
            assert!((got - expected).abs() < TRAINED, "{key}: {got} and {expected}");
        }
    }
    for (index, (got, expected)) in model.get_weights().iter().zip(arrays(case, "after")).enumerate() {
        assert_close(&format!("weight {index}"), &widen(got), &widen(&expected), TRAINED);
    }
    let predictions = model.predict_all(&x, Predict::default()).unwrap().remove(0);
    assert_close("predictions", &widen(&predictions), &case.f64("predictions"), TRAINED);
}
