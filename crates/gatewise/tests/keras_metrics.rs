//! Metrics against values that Keras computed.

#![allow(missing_docs)]

mod common;

use common::{Case, Group, assert_close, read_cases};
use gatewise::metrics::{self, CosineSimilarity, Direction, F1Score, Metric, MetricArgument, MetricBatch};
use gatewise::optimizers::Sgd;
use gatewise::{Arrays, Compile, Evaluate, Fit, Sequential, Shuffle};
use ndarray::ArrayD;
use serde_json::Value as Json;

/// What single precision leaves of the predictions of a small model, which both sides round in their own order.
const LOGS_TOLERANCE: f64 = 2e-6;

/// The strings of a list.
fn names<'a>(case: &'a Case<'_>, key: &str) -> Vec<&'a str> {
    case.json[key].as_array().expect("a list").iter().filter_map(Json::as_str).collect()
}

/// Keras's model with Keras's weights, compiled.
fn model(case: &Case<'_>) -> Sequential {
    let mut model = Sequential::from_config(&case.json["model"]).expect("Keras's configuration");
    let count = model.get_weights().len();
    let weights: Vec<ArrayD<f32>> = (0..count).map(|index| case.f32(&format!("weight_{index}"))).collect();
    model.set_weights(&weights).expect("the weights fit");
    let optimizer = Sgd { learning_rate: 0.01.into(), ..Sgd::default() };
    let compile = Compile::new(optimizer, case.json["loss"].as_str().expect("a name"))
        .metrics(names(case, "metrics"))
        .weighted_metrics(names(case, "weighted_metrics"));
    model.compile(compile).expect("it compiles");
    model
}

/// Fails unless the same names have nearly the same numbers.
fn assert_logs<'a>(
    what: &str,
    got: impl Iterator<Item = (&'a String, f64)>,
    expected: &Json,
    epoch: Option<usize>,
) {
    let mut got: Vec<(&String, f64)> = got.collect();
    got.sort_by_key(|(name, _)| *name);
    let expected = expected.as_object().expect("logs");
    let mut expected: Vec<(&String, f64)> = expected
        .iter()
        .map(|(name, value)| (name, epoch.map_or(value, |epoch| &value[epoch]).as_f64().expect("a number")))
        .collect();
    expected.sort_by_key(|(name, _)| *name);
    assert_eq!(got.len(), expected.len(), "{what}: {got:?} and {expected:?}");
    for ((name, got), (key, expected)) in got.iter().zip(&expected) {
        assert_eq!(name, key, "{what}");
        let difference = (got - expected).abs() / expected.abs().max(1.0);
        assert!(difference <= LOGS_TOLERANCE, "{what}, {name}: {got} and {expected}");
    }
}

/// Keras adds in single precision, this library in double.
const VALUE_TOLERANCE: f64 = 1e-6;

/// The metric of a case.
fn metric_of(case: &Case<'_>) -> Box<dyn Metric> {
    match case.name() {
        // The configuration leaves this argument out.
        "cosine_of_samples" => Box::new(CosineSimilarity::new().axis(1)),
        name => metrics::deserialize(&case.json["metric"]).unwrap_or_else(|error| panic!("{name}: {error}")),
    }
}

/// A metric after each batch of a case.
fn check_values(case: &Case<'_>) {
    let json = &case.json["metric"];
    let mut metric = metric_of(case);
    assert_eq!(metrics::serialize(&*metric).to_string(), json.to_string(), "{}", case.name());
    let direction = match case.json["direction"].as_str() {
        Some("up") => Some(Direction::Up),
        Some("down") => Some(Direction::Down),
        _ => None,
    };
    assert_eq!(metric.direction(), direction, "{}", case.name());
    for index in 0..3 {
        let given = |what: &str| {
            Some(format!("{what}_{index}")).filter(|key| case.has(key)).map(|key| case.f32(&key))
        };
        let (y_true, y_pred) = (given("y_true").expect("targets"), given("y_pred").expect("predictions"));
        let (mask, weights) = (given("mask"), given("sample_weight"));
        let batch = MetricBatch {
            mask: mask.as_ref().map(|mask| mask.view()),
            sample_weight: weights.as_ref().map(|weights| weights.view()),
            ..MetricBatch::new(y_true.view(), y_pred.view())
        };
        metric.update_state(&batch).unwrap_or_else(|error| panic!("{}: {error}", case.name()));
        let expected = case.f64(&format!("result_{index}"));
        let got = ArrayD::from_shape_vec(expected.shape(), metric.result().as_slice().to_vec());
        let what = format!("{} after batch {index}", case.name());
        assert_close(&what, &got.expect("a value of the same shape"), &expected, VALUE_TOLERANCE);
    }
    let fresh = metric_of(case).result();
    metric.reset_state();
    let same = format!("{:?}", metric.result()) == format!("{fresh:?}");
    assert!(same, "{}: something is left after a reset", case.name());
}

#[test]
fn values_and_configurations_are_those_of_keras() {
    let group = Group::read("metrics");
    let count = group.cases().map(|case| check_values(&case)).count();
    assert!(count >= 182, "only {count} cases");
}

#[test]
fn plain_and_weighted_metrics_are_logged_as_by_keras() {
    let group = Group::read("metrics_logs");
    for case in group.cases() {
        let (x, y) = (case.f32("x"), case.f32("y"));
        let weights = case.has("sample_weight").then(|| case.f32("sample_weight"));
        let sample_weight = || weights.as_ref().map_or(Arrays::default(), Arrays::from);
        let batch_size = case.json["batch_size"].as_u64().map(|size| size as usize);
        let mut model = model(&case);
        let evaluate = Evaluate { batch_size, sample_weight: sample_weight(), ..Evaluate::default() };
        let logs = model.evaluate(&x, &y, evaluate).unwrap();
        let what = format!("{}: evaluate", case.name());
        assert_logs(&what, logs.iter().map(|(name, value)| (name, *value)), &case.json["evaluation"], None);
        let class_weight = case.json["class_weight"].as_object().into_iter().flatten();
        let class_weight = class_weight.map(|(class, weight)| {
            (class.parse().expect("a class"), weight.as_f64().expect("a weight") as f32)
        });
        let fit = Fit {
            batch_size,
            epochs: 2,
            shuffle: Some(Shuffle::Off),
            sample_weight: sample_weight(),
            class_weight: class_weight.collect(),
            ..Fit::default()
        };
        let history = model.fit(&x, &y, fit).unwrap().history;
        for epoch in 0..2 {
            let logs = history.iter().map(|(name, values)| (name, values[epoch]));
            assert_logs(&format!("{}: epoch {epoch}", case.name()), logs, &case.json["history"], Some(epoch));
        }
    }
    assert_eq!(read_cases("metrics_logs").len(), 9);
}

#[test]
fn a_vector_has_a_name_for_each_element_in_the_logs_and_is_whole_in_the_result() {
    let group = Group::read("metrics_logs");
    let case = group.cases().find(|case| case.name() == "classes").expect("the case is there");
    let mut model = model(&case);
    let one_hot =
        ArrayD::from_shape_fn(vec![10, 3], |at| f32::from(u8::from(case.f32("y")[[at[0]]] == at[1] as f32)));
    let metrics: [MetricArgument; 2] = [F1Score::new().into(), "auc".into()];
    model.compile(Compile::new("sgd", "categorical_crossentropy").metrics(metrics)).unwrap();
    let logs = model.evaluate(&case.f32("x"), &one_hot, Evaluate::default()).unwrap();
    assert_eq!(logs.keys().collect::<Vec<_>>(), ["auc", "f1_score_0", "f1_score_1", "f1_score_2", "loss"]);
    let result = model.get_metrics_result().unwrap();
    assert_eq!(result.keys().collect::<Vec<_>>(), ["auc", "f1_score", "loss"]);
    assert_eq!(result["f1_score"].as_slice()[1], logs["f1_score_1"]);
}
