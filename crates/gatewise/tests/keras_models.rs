//! Whole models against Keras: names, weights, counts, configurations and summaries.

#![allow(missing_docs)]

mod common;

use common::{json, read_cases};
use gatewise::layers::{Dense, Lstm};
use gatewise::{Compile, Sequential};
use ndarray::ArrayD;
use serde_json::Value as Json;

/// The cases that are a model; the last one of the group is a list of names.
fn cases() -> Vec<Json> {
    let cases: Vec<Json> =
        read_cases("models").into_iter().filter(|case| case.get("config").is_some()).collect();
    assert!(cases.len() >= 9, "only {} cases", cases.len());
    cases
}

/// The cases that know their weights before they have seen data.
fn built_cases() -> Vec<Json> {
    cases().into_iter().filter(|case| case.get("weights").is_some()).collect()
}

fn name(case: &Json) -> &str {
    case["name"].as_str().expect("a name")
}

fn texts(list: &Json) -> Vec<&str> {
    list.as_array().expect("a list").iter().filter_map(Json::as_str).collect()
}

/// The model of a case. Its recurrent weights are zeros: orthogonal ones for a thousand units take a while, and what
/// is compared here does not depend on them.
fn model(case: &Json) -> Sequential {
    let mut config = case["config"].clone();
    for layer in config["layers"].as_array_mut().expect("a list") {
        if let Some(initializer) = layer.pointer_mut("/config/recurrent_initializer") {
            *initializer = "zeros".into();
        }
    }
    Sequential::from_config(&config).expect("the configuration is Keras's")
}

/// Keras's path of a weight begins with the name of the model that built it; ours with that of the layer, because
/// models can share layers.
fn inside_model<'a>(path: &'a str, model: &Sequential) -> &'a str {
    path.strip_prefix(model.name()).and_then(|path| path.strip_prefix('/')).expect("the path is in the model")
}

#[test]
fn layers_have_the_names_of_keras() {
    for case in cases() {
        let model = model(&case);
        let names: Vec<_> = model.layers().iter().filter_map(|layer| layer.base().name()).collect();
        assert_eq!(names, texts(&case["layers"]), "{}", name(&case));
    }
}

#[test]
fn layers_without_a_name_get_that_of_keras() {
    let cases = read_cases("models");
    let case = cases.iter().find(|case| name(case) == "automatic_names").expect("the case is there");
    // Keras counts over all models of a session and this library within each, so that a model's names do not depend
    // on what was made before it: only the first model can be the same.
    let first = &case["models"][0];
    let mut model = Sequential::new();
    model.add(Lstm::new(2).return_sequences(true)).unwrap().add(Lstm::new(2)).unwrap();
    model.add(Dense::new(2)).unwrap().add(Dense::new(2)).unwrap();
    let names: Vec<_> = model.layers().iter().filter_map(|layer| layer.base().name()).collect();
    assert_eq!(names, texts(&first["layers"]));
    assert_eq!(Some(model.name()), first["name"].as_str());
}

#[test]
fn weights_have_the_paths_shapes_and_order_of_keras() {
    for case in built_cases() {
        let model = model(&case);
        let variables = model.variables();
        let expected = case["weights"].as_array().expect("a list");
        assert_eq!(variables.len(), expected.len(), "{}", name(&case));
        for (variable, expected) in variables.iter().zip(expected) {
            let path = expected["path"].as_str().expect("a path");
            assert_eq!(variable.path(), inside_model(path, &model), "{}", name(&case));
            assert_eq!(serde_json::json!(variable.shape()), expected["shape"], "{}: {path}", name(&case));
        }
    }
}

#[test]
fn the_same_weights_are_trained_as_in_keras() {
    for case in built_cases() {
        let model = model(&case);
        let layers = model.layers().iter().filter(|layer| layer.base().is_trainable());
        let got: Vec<String> =
            layers.flat_map(|layer| layer.variables()).map(|variable| variable.path().to_owned()).collect();
        let paths = texts(&case["trainable_weights"]);
        let expected: Vec<&str> = paths.iter().map(|path| inside_model(path, &model)).collect();
        assert_eq!(got, expected, "{}", name(&case));
    }
}

#[test]
fn parameters_are_counted_as_in_keras() {
    for case in built_cases() {
        let model = model(&case);
        let count = |layer: &std::sync::Arc<dyn gatewise::layers::Layer>| {
            layer.variables().iter().map(|variable| variable.len()).sum::<usize>()
        };
        let counts: Vec<usize> = model.layers().iter().map(count).collect();
        assert_eq!(serde_json::json!(counts), case["layer_parameters"], "{}", name(&case));
        assert_eq!(serde_json::json!(counts.iter().sum::<usize>()), case["parameters"], "{}", name(&case));
    }
}

#[test]
fn configurations_of_models_are_those_of_keras() {
    for case in cases() {
        let model = Sequential::from_config(&case["config"]).expect("the configuration is Keras's");
        json::assert_same(name(&case), &model.get_config(), &case["config"]);
    }
}

/// The summaries at the width that this library writes, 88 columns, which is Keras's default; it has no other width
/// and no column for what is trainable.
fn summaries(list: &Json) -> Vec<&str> {
    let is_ours = |summary: &&Json| {
        let wide = summary["columns"].as_u64() >= Some(88);
        let default = summary["line_length"].is_null() || summary["line_length"] == 88;
        wide && default && summary["show_trainable"] != true
    };
    let found: Vec<&str> = list
        .as_array()
        .expect("a list")
        .iter()
        .filter(is_ours)
        .filter_map(|summary| summary["text"].as_str())
        .collect();
    assert_eq!(found.len(), 2);
    found
}

#[test]
fn summaries_are_those_of_keras() {
    for case in cases() {
        let got = model(&case).summary();
        for expected in summaries(&case["summaries"]) {
            assert_eq!(got.trim_end(), expected.trim_end(), "{}", name(&case));
        }
    }
}

/// One sample of zeros for a model, and a target for it.
fn sample(model: &Sequential, case: &Json) -> (ArrayD<f32>, ArrayD<f32>) {
    let declared = case["input_shape"].as_array();
    // Only the model that is built by its first data has no declared shape.
    let sizes = declared.map_or_else(
        || vec![1, 5, 4],
        |sizes| {
            sizes
                .iter()
                .enumerate()
                .map(|(axis, size)| if axis == 0 { 1 } else { size.as_u64().unwrap_or(3) as usize })
                .collect()
        },
    );
    let x = ArrayD::zeros(sizes);
    let y = model.predict(&x).expect("the sample fits");
    (x, y)
}

#[test]
fn summaries_count_what_an_optimizer_keeps_as_in_keras() {
    let mut count = 0;
    for case in cases() {
        for trained in case["trained"].as_array().expect("a list") {
            let mut model = model(&case);
            let (x, y) = sample(&model, &case);
            model.compile(Compile::new(trained["optimizer"].as_str().expect("a name"), "mse")).unwrap();
            model.train_on_batch(&x, &y).unwrap();
            for expected in summaries(&trained["summaries"]) {
                // A batch size is never a part of what a model is built for, not even by its first batch.
                let expected = match case.get("input_shape") {
                    Some(_) => expected.to_owned(),
                    None => expected.replace("(4, 3)   ", "(None, 3)").replace("(4, 1)   ", "(None, 1)"),
                };
                assert_eq!(model.summary().trim_end(), expected.trim_end(), "{}", name(&case));
                count += 1;
            }
        }
    }
    assert!(count >= 14, "only {count} summaries");
}
