//! Losses and their gradients against values that Keras computed, with weights, masks, reductions and logits.

#![allow(missing_docs)]

mod common;

use common::{Case, Group, assert_close, widen};
use gatewise::losses::{self, Loss};
use gatewise::{Activation, Builder, Mode, Shape, Value};
use ndarray::ArrayD;
use serde_json::Value as Json;

/// Keras computes in single precision, so its own values are this far from the truth.
const TOLERANCE: f64 = 1e-5;

/// ln(1 + e⁻²ᵉ) + e − ln 2 of a small error e is the difference of two numbers near 1, in Keras as here.
const CANCELLATION: f64 = 1e-6;

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
    let loss = losses::deserialize(&case.json["loss"]).unwrap();
    let value = loss.reduce(&b, y_true, y_pred, find("mask"), find("sample_weight"));
    let value = value.unwrap_or_else(|error| panic!("{}: {error}", case.name()));
    let total = match find("cotangent") {
        Some(cotangent) => b.sum_all(b.mul(value, cotangent).unwrap()).unwrap(),
        None => value,
    };
    let d_x = b.gradients(total, &[x]).unwrap()[0].expect("the loss depends on x");
    (b, [value, d_x])
}

/// Whether Keras clips probabilities at 1 − 1e-7, which is another number in single precision.
fn is_clipped(case: &Case<'_>) -> bool {
    let at_the_edge = |name: &str| case.f64(name).iter().any(|x| *x > 1.0 - 1e-6);
    case.name().contains("saturated") || case.name().contains("edges") && at_the_edge("x")
}

fn compare(case: &Case<'_>) -> Result<(), String> {
    let (b, values) = emit(case);
    let arrays: Vec<ArrayD<f64>> = inputs(case).iter().map(|name| case.f64(name)).collect();
    let narrow: Vec<ArrayD<f32>> = arrays.iter().map(|array| array.mapv(|x| x as f32)).collect();
    let got = b.evaluate(&values, &narrow).map_err(|error| format!("{}: {error}", case.name()))?;
    let oracle = b.evaluate_reference(&values, &arrays).unwrap();
    for ((name, got), oracle) in ["value", "d_x"].iter().zip(got).zip(oracle) {
        let expected = case.f64(name);
        let differs = |got: &ArrayD<f64>| {
            let worst = difference(got, &expected);
            (worst > TOLERANCE)
                .then(|| format!("{}/{name} differs by {worst:e}\n{got}\n{expected}", case.name()))
        };
        let oracle = (!is_clipped(case)).then_some(&oracle);
        if let Some(text) = differs(&widen(&got)) {
            return Err(text);
        }
        if let Some(text) = oracle.and_then(differs) {
            return Err(format!("by the oracle: {text}"));
        }
    }
    Ok(())
}

/// The largest difference relative to the largest expected number, but for what cancellation leaves of small ones.
fn difference(got: &ArrayD<f64>, expected: &ArrayD<f64>) -> f64 {
    let largest = expected.iter().fold(CANCELLATION / TOLERANCE, |largest: f64, x| largest.max(x.abs()));
    common::max_difference(&(got / largest), &(expected / largest))
}

fn all_agree(group: &str, at_least: usize) {
    let group = Group::read(group);
    let failures: Vec<String> = group.cases().filter_map(|case| compare(&case).err()).collect();
    assert!(failures.is_empty(), "{} cases differ:\n{}", failures.len(), failures.join("\n"));
    let count = group.cases().count();
    assert!(count >= at_least, "only {count} cases");
}

#[test]
fn differences_are_seen_relative_to_the_largest_number_and_never_lost_in_nan() {
    let array = |numbers: &[f64]| ArrayD::from_shape_vec(vec![numbers.len()], numbers.to_vec()).unwrap();
    assert!(difference(&array(&[200.0, 0.5]), &array(&[200.0, 0.49])) > TOLERANCE);
    assert!(difference(&array(&[1.0, 1.1e-6]), &array(&[1.0, 0.0])) < TOLERANCE);
    assert!(difference(&array(&[1e-3]), &array(&[1e-3 + 2e-6])) > TOLERANCE);
    assert!(difference(&array(&[f64::NAN, 1.0]), &array(&[1.0, 1.0])) > TOLERANCE);
}

#[test]
fn losses_and_their_gradients_are_those_of_keras() {
    all_agree("losses", 130);
}

#[test]
fn all_other_losses_with_all_their_arguments_are_those_of_keras() {
    all_agree("losses_more", 200);
}

/// Every class of Keras is in the fixtures, so that none goes untested.
#[test]
fn the_fixtures_have_every_loss_of_keras() {
    let (core, more) = (Group::read("losses"), Group::read("losses_more"));
    let mut classes: Vec<String> = (core.cases().chain(more.cases()))
        .map(|case| case.json["loss"]["class_name"].as_str().expect("a class").to_owned())
        .collect();
    classes.sort();
    classes.dedup();
    let expected = [
        "BinaryCrossentropy",
        "BinaryFocalCrossentropy",
        "CTC",
        "CategoricalCrossentropy",
        "CategoricalFocalCrossentropy",
        "CategoricalGeneralizedCrossEntropy",
        "CategoricalHinge",
        "Circle",
        "CosineSimilarity",
        "Dice",
        "Hinge",
        "Huber",
        "KLDivergence",
        "LogCosh",
        "MeanAbsoluteError",
        "MeanAbsolutePercentageError",
        "MeanSquaredError",
        "MeanSquaredLogarithmicError",
        "Poisson",
        "SparseCategoricalCrossentropy",
        "SquaredHinge",
        "Tversky",
    ];
    assert_eq!(classes, expected);
}

/// What is read is written again, defaults that Keras leaves out apart.
#[test]
fn configurations_come_back_as_they_were() {
    for group in ["losses", "losses_more"] {
        for case in Group::read(group).cases() {
            let written = losses::serialize(&losses::deserialize(&case.json["loss"]).unwrap()).unwrap();
            assert_eq!(written["class_name"], case.json["loss"]["class_name"], "{}", case.name());
            let (written, given) = (&written["config"], &case.json["loss"]["config"]);
            let hidden = [("delta", Json::from(1.0)), ("axis", Json::from(-1))];
            for (name, value) in given.as_object().expect("arguments") {
                let is_left_out = written.get(name).is_none() && hidden.contains(&(name, value.clone()));
                assert!(is_left_out || &written[name] == value, "{}: `{name}`: {written}", case.name());
            }
        }
    }
}

#[test]
fn names_mean_the_losses_of_keras_with_its_defaults() {
    let names = [
        ("losses", "mse_rows", ["mse", "mean_squared_error"]),
        ("losses", "mae_rows", ["mae", "MeanAbsoluteError"]),
        ("losses", "huber_rows", ["huber", "Huber"]),
        ("losses", "binary_rows", ["binary_crossentropy", "bce"]),
        ("losses", "categorical_rows", ["categorical_crossentropy", "crossentropy"]),
        ("losses", "sparse_rows", ["sparse_categorical_crossentropy", "ce"]),
        ("losses_more", "MeanAbsolutePercentageError", ["mape", "MAPE"]),
        ("losses_more", "MeanSquaredLogarithmicError", ["msle", "mean_squared_logarithmic_error"]),
        ("losses_more", "LogCosh", ["log_cosh", "logcosh"]),
        ("losses_more", "KLDivergence", ["kld", "kl_divergence"]),
        ("losses_more", "Dice", ["dice", "Dice"]),
        ("losses_more", "ctc_mean", ["ctc", "CTC"]),
        ("losses_more", "circle", ["circle", "Circle"]),
    ];
    for (group, case_name, names) in names {
        let group = Group::read(group);
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
