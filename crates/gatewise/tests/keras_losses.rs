//! Losses and their gradients against values that Keras computed, with weights, masks, reductions and logits.

#![allow(missing_docs)]

mod common;

use common::{Case, Group, assert_close, widen};
use gatewise::losses::{self, Loss, Reduction};
use gatewise::{Activation, Builder, Mode, Shape, Value};
use ndarray::ArrayD;
use serde_json::Value as Json;

/// Keras computes in single precision, so its own values are this far from the truth.
const TOLERANCE: f64 = 1e-5;

fn loss(json: &Json) -> Loss {
    let config = &json["config"];
    let from_logits = config["from_logits"].as_bool() == Some(true);
    let smoothing = config["label_smoothing"].as_f64().unwrap_or(0.0);
    match json["class_name"].as_str().expect("a class") {
        "MeanSquaredError" => losses::mean_squared_error(),
        "MeanAbsoluteError" => losses::mean_absolute_error(),
        "Huber" => losses::huber(config["delta"].as_f64().expect("a number")),
        "BinaryCrossentropy" => losses::binary_crossentropy(from_logits, smoothing),
        "CategoricalCrossentropy" => losses::categorical_crossentropy(from_logits, smoothing),
        "SparseCategoricalCrossentropy" => losses::sparse_categorical_crossentropy(from_logits),
        other => panic!("no loss {other}"),
    }
}

/// The reduction to one number; `None` for Keras's `none`, which leaves a loss for each sample.
fn reduction(json: &Json) -> Option<Reduction> {
    match json["config"]["reduction"].as_str().expect("a name") {
        "sum" => Some(Reduction::Sum),
        "sum_over_batch_size" | "mean" => Some(Reduction::SumOverBatchSize),
        "mean_with_sample_weight" => Some(Reduction::MeanWithSampleWeight),
        "none" => None,
        other => panic!("no reduction {other}"),
    }
}

/// `ignore_class` is an argument that this library does not have.
fn is_supported(case: &Case<'_>) -> bool {
    case.json["loss"]["config"]["ignore_class"].is_null()
}

/// The arrays that enter, in this order.
fn inputs(case: &Case<'_>) -> Vec<&'static str> {
    let names = ["x", "y_true", "sample_weight", "mask", "cotangent"];
    names.into_iter().filter(|name| case.has(name)).collect()
}

/// Emits the value of a case and its gradient.
fn emit(case: &Case<'_>) -> (Builder, [Value; 2]) {
    let b = Builder::new(Mode::Training);
    let entered: Vec<(&str, Value)> = inputs(case)
        .into_iter()
        .map(|name| (name, b.input(name, &Shape::known(case.f64(name).shape()))))
        .collect();
    let find = |wanted: &str| entered.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let (x, y_true) = (find("x").expect("there is x"), find("y_true").expect("there is y_true"));
    let activation = Activation::from(case.json["activation"].as_str().expect("a name"));
    let y_pred = activation.apply(&b, x).unwrap();
    let (weights, mask) = (find("sample_weight"), find("mask"));
    let loss = loss(&case.json["loss"]);
    let value = match reduction(&case.json["loss"]) {
        Some(reduction) => loss.reduction(reduction).reduce(&b, y_true, y_pred, mask, weights).unwrap(),
        None => {
            let losses = loss.per_sample(&b, y_true, y_pred).unwrap();
            [weights, mask]
                .into_iter()
                .flatten()
                .fold(losses, |losses, factor| b.mul(losses, factor).unwrap())
        }
    };
    let total = match find("cotangent") {
        Some(cotangent) => b.sum_all(b.mul(value, cotangent).unwrap()).unwrap(),
        None => value,
    };
    let d_x = b.gradients(total, &[x]).unwrap()[0].expect("the loss depends on x");
    (b, [value, d_x])
}

#[test]
fn losses_and_their_gradients_are_those_of_keras() {
    let group = Group::read("losses");
    let mut count = 0;
    for case in group.cases().filter(is_supported) {
        let (b, values) = emit(&case);
        let arrays: Vec<ArrayD<f64>> = inputs(&case).iter().map(|name| case.f64(name)).collect();
        let narrow: Vec<ArrayD<f32>> = arrays.iter().map(|array| array.mapv(|x| x as f32)).collect();
        let got = b.evaluate(&values, &narrow).unwrap();
        let oracle = b.evaluate_reference(&values, &arrays).unwrap();
        for ((name, got), oracle) in ["value", "d_x"].iter().zip(got).zip(oracle) {
            let what = format!("{}/{name}", case.name());
            assert_close(&what, &widen(&got), &case.f64(name), TOLERANCE);
            // 1 − 1e-7, where probabilities are clipped, is another number in single precision.
            if !case.name().contains("saturated") {
                assert_close(&format!("{what} by the oracle"), &oracle, &case.f64(name), TOLERANCE);
            }
        }
        count += 1;
    }
    assert!(count >= 130, "only {count} cases");
}

#[test]
fn names_mean_the_losses_of_keras_with_its_defaults() {
    let names = [
        ("mse_rows", ["mse", "mean_squared_error"]),
        ("mae_rows", ["mae", "MeanAbsoluteError"]),
        ("huber_rows", ["huber", "Huber"]),
        ("binary_rows", ["binary_crossentropy", "bce"]),
        ("categorical_rows", ["categorical_crossentropy", "CategoricalCrossentropy"]),
        ("sparse_rows", ["sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"]),
    ];
    let group = Group::read("losses");
    for (case_name, names) in names {
        let case = group.cases().find(|case| case.name() == case_name).expect("the case is there");
        for name in names {
            let b = Builder::new(Mode::Inference);
            let enter = |name: &str| b.input(name, &Shape::known(case.f64(name).shape()));
            let (x, y_true) = (enter("x"), enter("y_true"));
            let activation = Activation::from(case.json["activation"].as_str().expect("a name"));
            let y_pred = activation.apply(&b, x).unwrap();
            let value = Loss::from(name).reduce(&b, y_true, y_pred, None, None).unwrap();
            let got = b.evaluate(&[value], &[case.f32("x"), case.f32("y_true")]).unwrap();
            assert_close(name, &widen(&got[0]), &case.f64("value"), TOLERANCE);
        }
    }
}
