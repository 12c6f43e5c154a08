//! Whole trainings with weights of both forms, schedules, averages, validation at some epochs and several outputs.

use std::collections::BTreeMap;

use ndarray::ArrayD;
use serde_json::Value as Json;

use super::common::{Case, Group};
use super::training::{check_all, check_training, paths};
use crate::losses;
use crate::model::{Compile, Fit, LossArgument, Model, Shuffle, ValidationFreq};
use crate::optimizers;

fn compile(model: &mut Model, case: &Case<'_>) {
    let json = &case.json["compile"];
    let optimizer = optimizers::deserialize(&json["optimizer"]).expect("Keras's optimizer");
    let loss = |json: &Json| losses::deserialize(json).expect("Keras's loss");
    let loss = match &json["loss"] {
        Json::Array(list) => LossArgument::InOrder(list.iter().map(|json| Some(loss(json))).collect()),
        one => loss(one).into(),
    };
    let metrics: Vec<&str> =
        json["metrics"].as_array().expect("a list").iter().filter_map(Json::as_str).collect();
    let weights: Option<Vec<f64>> =
        json["loss_weights"].as_array().and_then(|list| list.iter().map(Json::as_f64).collect());
    let compile = Compile::new(optimizer, loss).loss_weights(weights.unwrap_or_default());
    // A model with several outputs has metrics by the names of its outputs.
    let compile = if metrics.is_empty() { compile } else { compile.metrics(metrics) };
    model.compile(compile).expect("it compiles");
}

/// The numbers among the arguments of `fit`.
fn arguments<'a>(json: &Json) -> Fit<'a> {
    let count = |name: &str| json[name].as_u64().map(|count| count as usize);
    let numbers = |list: &Vec<Json>| list.iter().filter_map(Json::as_u64).map(|n| n as usize).collect();
    let class_weight: BTreeMap<usize, f32> =
        json["class_weight"].as_object().map_or_else(BTreeMap::new, |table| {
            table
                .iter()
                .map(|(class, weight)| (class.parse().unwrap(), weight.as_f64().unwrap() as f32))
                .collect()
        });
    Fit {
        batch_size: count("batch_size"),
        epochs: 20,
        shuffle: Some(Shuffle::Off),
        validation_split: json["validation_split"].as_f64().unwrap_or(0.0),
        validation_batch_size: count("validation_batch_size"),
        validation_freq: json["validation_freq"]
            .as_array()
            .map_or(1.into(), |list| ValidationFreq::Epochs(numbers(list))),
        steps_per_epoch: count("steps_per_epoch"),
        class_weight,
        ..Fit::default()
    }
}

fn train(case: &Case<'_>) {
    let mut model = Model::from_config(&case.json["model"]["config"]).expect("Keras's configuration");
    let weights: Vec<ArrayD<f32>> =
        paths(case).iter().map(|path| case.f32(&format!("initial/{path}"))).collect();
    model.set_weights(&weights).expect("the weights fit");
    compile(&mut model, case);
    let optional = |name: &str| case.has(name).then(|| case.f32(name));
    let x = case.f32("x");
    let y: Vec<ArrayD<f32>> = ["y", "y_level", "y_kind"].into_iter().filter_map(optional).collect();
    let sample_weight = optional("sample_weight");
    let validation = optional("validation_x").zip(optional("validation_y"));
    let fit = Fit {
        validation_data: validation.as_ref().map(|(x, y)| (x, y).into()),
        sample_weight: sample_weight.as_ref().into(),
        ..arguments(&case.json["fit"])
    };
    let history = model.fit(&x, &y, fit).expect("it trains");
    check_training(case, &model, &history);
}

#[test]
fn further_trainings_follow_keras_epoch_by_epoch() {
    check_all(&Group::read("training_more"), 23, train);
}
