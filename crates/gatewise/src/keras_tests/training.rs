//! Whole trainings of 20 epochs: the curve of the loss, the weights and the predictions.

use ndarray::{ArrayD, Axis};
use serde_json::Value as Json;

use super::common::{Case, Group, assert_close, widen};
use crate::callbacks::{Callback, History, TrainingControl};
use crate::error::Result;
use crate::losses;
use crate::model::{Compile, Fit, Model, Predict, Shuffle};
use crate::optimizers;
use crate::sequential::Sequential;

/// Relative, for the loss of each of 20 epochs.
const LOSS_TOLERANCE: f64 = 1e-5;

/// For weights and predictions after 20 epochs, in which rounding has had time to grow.
const WEIGHT_TOLERANCE: f64 = 5e-5;

fn model(case: &Case<'_>) -> Sequential {
    let model = Sequential::from_config(&case.json["model"]["config"]).expect("Keras's configuration");
    let weights: Vec<ArrayD<f32>> =
        paths(case).iter().map(|path| case.f32(&format!("initial/{path}"))).collect();
    model.set_weights(&weights).expect("the weights fit");
    model
}

pub(super) fn paths(case: &Case<'_>) -> Vec<String> {
    let list = case.json["weights"].as_array().expect("a list");
    list.iter().map(|path| path.as_str().expect("a path").to_owned()).collect()
}

fn compile(model: &mut Sequential, case: &Case<'_>) {
    let json = &case.json["compile"];
    let optimizer = optimizers::deserialize(&json["optimizer"]).expect("Keras's optimizer");
    let metrics: Vec<&str> =
        json["metrics"].as_array().expect("a list").iter().filter_map(Json::as_str).collect();
    let loss = losses::deserialize(&json["loss"]).expect("Keras's loss");
    model.compile(Compile::new(optimizer, loss).metrics(metrics)).expect("it compiles");
}

/// Zeroes the states of the model at the start of every epoch.
struct ResetStates<'a>(&'a [std::sync::Arc<dyn crate::layers::Layer>]);

impl Callback for ResetStates<'_> {
    fn on_epoch_begin(&mut self, _epoch: usize, _control: &mut dyn TrainingControl) -> Result<()> {
        self.0.iter().for_each(|layer| layer.reset_states());
        Ok(())
    }
}

/// Weights of classes as weights of samples.
fn class_weights(case: &Case<'_>, y: &ArrayD<f32>) -> Option<ArrayD<f32>> {
    let weights = case.json["fit"]["class_weight"].as_object()?;
    let rows = y.len() / y.shape()[0];
    let class = |row: ndarray::ArrayViewD<'_, f32>| match rows {
        1 => row.iter().next().copied().unwrap_or(0.0).round() as usize,
        _ => {
            row.iter()
                .enumerate()
                .fold((0, f32::MIN), |best, (i, x)| if *x > best.1 { (i, *x) } else { best })
                .0
        }
    };
    let weight = |row| weights.get(&format!("{}", class(row))).and_then(Json::as_f64).unwrap_or(1.0) as f32;
    Some(y.axis_iter(Axis(0)).map(weight).collect::<ndarray::Array1<f32>>().into_dyn())
}

fn train(case: &Case<'_>) {
    let mut model = model(case);
    let fit = &case.json["fit"];
    let batch_size = fit["batch_size"].as_u64().map(|size| size as usize);
    let (x, y) = (case.f32("x"), case.f32("y"));
    let predict = |model: &Sequential| {
        model.reset_states();
        let got = model.predict_all(&x, Predict { batch_size, ..Predict::default() }).expect("it predicts");
        model.reset_states();
        widen(&got[0])
    };
    let what = |part: &str| format!("{}: {part}", case.name());
    assert_close(&what("first predictions"), &predict(&model), &case.f64("predictions_initial"), 1e-5);
    compile(&mut model, case);
    let optional = |name: &str| case.has(name).then(|| case.f32(name));
    let weights = optional("sample_weight").or_else(|| class_weights(case, &y));
    let validation = optional("validation_x").zip(optional("validation_y"));
    let layers = model.layers().to_vec();
    let mut reset = ResetStates(&layers);
    let mut callbacks: Vec<&mut dyn Callback> = Vec::new();
    if fit["reset_states"].as_bool() == Some(true) {
        callbacks.push(&mut reset);
    }
    let arguments = Fit {
        batch_size,
        epochs: fit["epochs"].as_u64().expect("a count") as usize,
        shuffle: Some(Shuffle::Off),
        validation_split: fit["validation_split"].as_f64().unwrap_or(0.0),
        validation_data: validation.as_ref().map(|(x, y)| (x, y).into()),
        sample_weight: weights.as_ref().into(),
        callbacks,
        ..Fit::default()
    };
    let history = model.fit(&x, &y, arguments).expect("it trains");
    check_training(case, &model, &history);
    let last = predict(&model);
    assert_close(&what("last predictions"), &last, &case.f64("predictions_final"), WEIGHT_TOLERANCE);
}

/// Compares the curves of a training and the weights after it.
pub(super) fn check_training(case: &Case<'_>, model: &Model, history: &History) {
    let what = |part: &str| format!("{}: {part}", case.name());
    let expected = case.json["history"].as_object().expect("a table");
    assert_eq!(
        history.history.keys().collect::<Vec<_>>(),
        expected.keys().collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>(),
        "{}",
        case.name()
    );
    let mut different = Vec::new();
    for (key, values) in expected {
        for (epoch, value) in values.as_array().expect("a list").iter().enumerate() {
            let (got, value) = (history.get(key)[epoch], value.as_f64().expect("a number"));
            let difference = (got - value).abs() / value.abs();
            if difference > LOSS_TOLERANCE && got != value {
                different
                    .push(format!("{key} of epoch {epoch} is {got}, Keras has {value} ({difference:e})"));
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("; "));
    for (path, weight) in paths(case).iter().zip(model.get_weights()) {
        assert_close(&what(path), &widen(&weight), &case.f64(&format!("final/{path}")), WEIGHT_TOLERANCE);
    }
}

/// Checks all cases of a group and tells which differ.
pub(super) fn check_all(group: &Group, least: usize, check: impl Fn(&Case<'_>)) {
    let mut failures = Vec::new();
    let mut count = 0;
    for case in group.cases() {
        count += 1;
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&case)));
        if let Err(panic) = result {
            let text = panic.downcast_ref::<String>().cloned();
            let first = text.unwrap_or_default().lines().next().unwrap_or("").to_owned();
            failures.push(format!("{}: {first}", case.name()));
        }
    }
    assert!(count >= least, "only {count} trainings");
    assert!(failures.is_empty(), "{} of {count} differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn trainings_follow_keras_epoch_by_epoch() {
    check_all(&Group::read("training"), 40, train);
}
