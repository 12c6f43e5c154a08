//! Functional models with random graphs against Keras: outputs, gradients, names, configurations and summaries.

#![allow(missing_docs)]

mod common;

use common::{Case, Group, assert_close, widen};
use gatewise::losses::{Loss, Reduction};
use gatewise::optimizers::Sgd;
use gatewise::{Arrays, Compile, Model, Predict};
use ndarray::ArrayD;
use serde_json::Value as Json;

/// Single precision through up to ten layers.
const TOLERANCE: f64 = 1e-5;

/// Gradients through layers that divide by the deviation of three samples: those of Keras itself are up to 2.4e-5 from what
/// it computes in double precision.
const NORMALIZED: f64 = 3e-5;

/// The groups of graphs: of layers of every kind, of attention, normalization and recurrent layers, and with layers in both
/// directions and batch normalization.
const GROUPS: [&str; 3] = ["functional", "functional_layers", "functional_bidirectional"];

fn for_each_case(visit: impl Fn(&Case<'_>)) {
    for name in GROUPS {
        Group::read(name).cases().for_each(|case| visit(&case));
    }
}

/// The arrays of a case with this prefix, in order.
fn arrays(case: &Case<'_>, prefix: &str) -> Vec<ArrayD<f32>> {
    let names = (0..).map(|index| format!("{prefix}{index}"));
    names.take_while(|name| case.has(name)).map(|name| case.f32(&name)).collect()
}

/// The model of a case with its weights.
fn model(case: &Case<'_>) -> Model {
    let config = &case.json["config"];
    let model = Model::from_config(config).unwrap_or_else(|error| panic!("{}: {error}", case.name()));
    model.set_weights(&arrays(case, "w")).unwrap_or_else(|error| panic!("{}: {error}", case.name()));
    model
}

fn by_order(arrays: &[ArrayD<f32>]) -> Arrays<'_> {
    arrays.iter().collect::<Vec<_>>().into()
}

fn texts(list: &Json) -> Vec<&str> {
    list.as_array().expect("a list").iter().filter_map(Json::as_str).collect()
}

/// A configuration without what Keras writes into calls where nothing was said.
fn without_defaults(json: &Json) -> Json {
    match json {
        Json::Object(map) => {
            let is_default = |key: &str, value: &Json| {
                key == "mask" && value.is_null() || key == "training" && *value == Json::Bool(false)
            };
            let kept = map.iter().filter(|(key, value)| !is_default(key, value));
            kept.map(|(key, value)| (key.clone(), without_defaults(value))).collect()
        }
        Json::Array(list) => list.iter().map(without_defaults).collect(),
        other => other.clone(),
    }
}

#[test]
fn there_are_enough_graphs_of_attention() {
    let group = Group::read("functional_layers");
    assert!(group.cases().count() >= 10);
    let classes =
        ["Attention", "AdditiveAttention", "MultiHeadAttention", "LayerNormalization", "GRU", "PReLU"];
    let text = group.cases().map(|case| case.json["config"].to_string()).collect::<String>();
    for class in classes {
        assert!(text.contains(&format!("\"class_name\":\"{class}\"")), "no graph has {class}");
    }
}

#[test]
fn there_are_enough_graphs_of_every_kind() {
    let group = Group::read("functional");
    assert!(group.cases().count() >= 40);
    let text = group.cases().map(|case| case.json["config"].to_string()).collect::<String>();
    for class in [
        "LSTM",
        "Functional",
        "Sequential",
        "Embedding",
        "Masking",
        "NotEqual",
        "Concatenate",
        "TimeDistributed",
    ] {
        assert!(text.contains(&format!("\"class_name\":\"{class}\"")), "no graph has {class}");
    }
    let group_of_both = Group::read("functional_bidirectional");
    let with_class = |class: &str| {
        let name = format!("\"class_name\":\"{class}\"");
        group_of_both.cases().filter(|case| case.json["config"].to_string().contains(&name)).count()
    };
    assert!(with_class("Bidirectional") >= 10);
    assert!(with_class("BatchNormalization") >= 4);
    let is_shared = |layer: &Json| layer["inbound_nodes"].as_array().is_some_and(|calls| calls.len() > 1);
    let has_shared = |case: &Case<'_>| {
        case.json["config"]["layers"].as_array().is_some_and(|layers| layers.iter().any(is_shared))
    };
    assert!(group.cases().filter(has_shared).count() >= 10);
    let outputs = |case: &Case<'_>| texts(&case.json["output_names"]).len();
    assert!(group.cases().filter(|case| outputs(case) > 1).count() >= 20);
}

#[test]
fn outputs_are_those_of_keras() {
    for_each_case(|case| {
        let outputs = model(case).predict_all(by_order(&arrays(case, "x")), Predict::default());
        let outputs = outputs.unwrap_or_else(|error| panic!("{}: {error}", case.name()));
        let expected = arrays(case, "y");
        assert_eq!(outputs.len(), expected.len(), "{}", case.name());
        for (index, (got, expected)) in outputs.iter().zip(&expected).enumerate() {
            let what = format!("{}, output {index}", case.name());
            assert_close(&what, &widen(got), &widen(expected), TOLERANCE);
        }
    });
}

/// One step of descent with rate 1 moves each weight by its gradient.
#[test]
fn gradients_are_those_of_keras() {
    for_each_case(|case| {
        let mut model = model(case);
        let is_normalized = case.json["config"].to_string().contains("BatchNormalization");
        let tolerance = if is_normalized { NORMALIZED } else { TOLERANCE };
        let sum = Loss::custom("sum", |b, y_true, y_pred| {
            let product = b.mul(y_true, y_pred)?;
            let last = b.shape(product).rank() - 1;
            b.sum(product, &[last])
        });
        let optimizer = Sgd { learning_rate: 1.0.into(), ..Sgd::default() };
        model.compile(Compile::new(optimizer, sum.reduction(Reduction::Sum))).expect("the loss is ours");
        model
            .train_on_batch(by_order(&arrays(case, "x")), by_order(&arrays(case, "cotangent")))
            .unwrap_or_else(|error| panic!("{}: {error}", case.name()));
        for (index, (before, after)) in arrays(case, "w").iter().zip(model.get_weights()).enumerate() {
            let name = format!("d_w{index}");
            if case.has(&name) {
                let got = widen(before) - widen(&after);
                assert_close(&format!("{}, {name}", case.name()), &got, &case.f64(&name), tolerance);
            }
        }
    });
}

#[test]
fn layers_and_outputs_have_the_names_of_keras() {
    for_each_case(|case| {
        let model = model(case);
        let names: Vec<_> = model.layers().iter().filter_map(|layer| layer.base().name()).collect();
        assert_eq!(names, texts(&case.json["layers"]), "{}", case.name());
        assert_eq!(model.output_names(), texts(&case.json["output_names"]), "{}", case.name());
    });
}

#[test]
fn configurations_come_back_as_they_were() {
    for_each_case(|case| {
        let written = without_defaults(&model(case).get_config());
        let expected = without_defaults(&case.json["config"]);
        common::json::assert_same(case.name(), &written, &expected);
    });
}

#[test]
fn summaries_are_those_of_keras() {
    for_each_case(|case| {
        let expected = case.json["summary"].as_str().expect("a text");
        assert_eq!(model(case).summary(), expected, "{}", case.name());
    });
}
