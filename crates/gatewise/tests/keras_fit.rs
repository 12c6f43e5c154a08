//! Which samples with which weights come in which batch, by the arguments of `fit`, `evaluate` and `predict`, against
//! what Keras did.

#![allow(missing_docs)]

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use common::read_cases;
use gatewise::layers::{Dense, Input};
use gatewise::metrics::{Metric, MetricBatch, MetricValue};
use gatewise::optimizers::Sgd;
use gatewise::{Arrays, Compile, Evaluate, Fit, Predict, Sequential, Shuffle, Validation, ValidationFreq};
use ndarray::{Array, ArrayD};
use serde_json::Value as Json;

const CLASSES: [f32; 10] = [0.0, 1.0, 2.0, 1.0, 0.0, 2.0, 2.0, 1.0, 0.0, 1.0];

/// The numbers of the samples of a batch, and their weights.
type Batch = (Vec<f64>, Option<Vec<f64>>);

/// Writes down the samples of each batch, which the model passes through, and their weights.
#[derive(Debug, Clone, Default)]
struct Spy(Arc<Mutex<Vec<Batch>>>);

impl Metric for Spy {
    fn name(&self) -> &str {
        "spy"
    }

    fn update_state(&mut self, batch: &MetricBatch<'_>) -> gatewise::Result<()> {
        let wide = |x: &f32| f64::from(*x);
        let weights = batch.sample_weight.as_ref().map(|weights| weights.iter().map(wide).collect());
        self.0.lock().unwrap().push((batch.y_pred.iter().map(|x| wide(x).round()).collect(), weights));
        Ok(())
    }

    fn result(&self) -> MetricValue {
        0.0.into()
    }

    fn reset_state(&mut self) {}
}

/// A model that passes samples through and does not learn.
fn passing_model() -> (Sequential, Spy) {
    let spy = Spy::default();
    let mut model = Sequential::new();
    model.add(Input::new([Some(1)])).unwrap().add(Dense::new(1).kernel_initializer("ones")).unwrap();
    // So small that rounding takes back what moves.
    let sgd = Sgd { learning_rate: 1e-30.into(), ..Sgd::default() };
    model.compile(Compile::new(sgd, "mse").weighted_metrics([spy.clone()])).unwrap();
    (model, spy)
}

fn column(numbers: impl IntoIterator<Item = f32>) -> ArrayD<f32> {
    Array::from_iter(numbers).insert_axis(ndarray::Axis(1)).into_dyn()
}

fn name(case: &Json) -> &str {
    case["name"].as_str().expect("a case has a name")
}

fn count(arguments: &Json, name: &str) -> Option<usize> {
    arguments[name].as_u64().map(|count| count as usize)
}

fn expected(case: &Json) -> Vec<Batch> {
    let numbers = |list: &Json| -> Option<Vec<f64>> { list.as_array()?.iter().map(Json::as_f64).collect() };
    let batches = case["batches"].as_array().expect("a list").iter();
    batches.map(|batch| (numbers(&batch[0]).expect("samples"), numbers(&batch[1]))).collect()
}

/// The arguments of a case; data is added by the caller.
fn arguments<'a>(json: &Json) -> Fit<'a> {
    let shuffle = match &json["shuffle"] {
        Json::Bool(shuffle) => Some(Shuffle::from(*shuffle)),
        Json::String(text) if text == "batch" => Some(Shuffle::Batch),
        other => other.is_null().then_some(Shuffle::Samples),
    };
    let class_weight: BTreeMap<usize, f32> =
        json["class_weight"].as_object().map_or_else(BTreeMap::new, |table| {
            table
                .iter()
                .map(|(class, weight)| (class.parse().unwrap(), weight.as_f64().unwrap() as f32))
                .collect()
        });
    let validation_freq = match &json["validation_freq"] {
        Json::Array(list) => {
            ValidationFreq::Epochs(list.iter().map(|n| n.as_u64().unwrap() as usize).collect())
        }
        number => ValidationFreq::Every(number.as_u64().unwrap_or(1) as usize),
    };
    Fit {
        batch_size: count(json, "batch_size"),
        epochs: count(json, "epochs").unwrap_or(1),
        initial_epoch: count(json, "initial_epoch").unwrap_or(0),
        steps_per_epoch: count(json, "steps_per_epoch"),
        validation_batch_size: count(json, "validation_batch_size"),
        validation_steps: count(json, "validation_steps"),
        validation_split: json["validation_split"].as_f64().unwrap_or(0.0),
        validation_freq,
        shuffle,
        class_weight,
        ..Fit::default()
    }
}

/// Batches without what chance decides: the order of all samples of an epoch, or of those of a batch.
fn without_chance(batches: Vec<Batch>, shuffle: Option<Shuffle>) -> Vec<Batch> {
    let sorted = |(mut samples, weights): Batch| {
        samples.sort_by(f64::total_cmp);
        (samples, weights)
    };
    match shuffle {
        Some(Shuffle::Off) => batches,
        Some(Shuffle::Batch) => batches.into_iter().map(sorted).collect(),
        // The sizes of batches, then all samples of all epochs, each kind by itself.
        _ => {
            let all = batches.iter().flat_map(|(samples, _)| samples.clone()).collect();
            let sizes = batches.iter().map(|(samples, _)| (vec![samples.len() as f64], None));
            sizes.chain([sorted((all, None))]).collect()
        }
    }
}

fn check_fit(case: &Json) {
    let json = &case["arguments"];
    let (x, y) = (column((0..10).map(|n| n as f32)), column(CLASSES));
    let weights = Array::from_iter((1..=10).map(|n| n as f32 / 4.0)).into_dyn();
    let validation = column((100..107).map(|n| n as f32));
    let validation_weights = Array::from_iter((0..7).map(|n| n as f32)).into_dyn();
    let (mut model, spy) = passing_model();
    let fit = Fit {
        validation_data: match &json["validation"] {
            Json::Null => None,
            Json::String(_) => Some(Validation::from((&validation, &validation, &validation_weights))),
            _ => Some(Validation::from((&validation, &validation))),
        },
        sample_weight: if json["sample_weight"] == true { (&weights).into() } else { Arrays::default() },
        ..arguments(json)
    };
    let shuffle = fit.shuffle;
    let history = model.fit(&x, &y, fit).unwrap();
    let got = spy.0.lock().unwrap().clone();
    assert_eq!(without_chance(got, shuffle), without_chance(expected(case), shuffle), "{}", name(case));
    assert_eq!(serde_json::json!(history.epoch), case["epochs"], "{}", name(case));
    let keys: Vec<&String> = history.history.keys().collect();
    assert_eq!(serde_json::json!(keys), case["keys"], "{}", name(case));
}

fn check_later(case: &Json) {
    let (x, y) = (column((0..10).map(|n| n as f32)), column(CLASSES));
    let (batch_size, steps) = (count(&case["arguments"], "batch_size"), count(&case["arguments"], "steps"));
    let (mut model, spy) = passing_model();
    model.evaluate(&x, &y, Evaluate { batch_size, steps, ..Evaluate::default() }).unwrap();
    assert_eq!(*spy.0.lock().unwrap(), expected(case), "{}", name(case));
    let predicted =
        model.predict_all(&x, Predict { batch_size, steps, ..Predict::default() }).unwrap().remove(0);
    let predicted: Vec<f32> = predicted.into_iter().collect();
    assert_eq!(serde_json::json!(predicted), case["predicted"], "{}", name(case));
}

#[test]
fn batches_are_those_of_keras_for_all_arguments() {
    let cases = read_cases("fit");
    assert!(cases.len() > 35);
    for case in &cases {
        if name(case).starts_with("later_") { check_later(case) } else { check_fit(case) }
    }
}

#[test]
fn shuffling_inside_of_batches_changes_the_order_at_every_epoch() {
    let (x, y) = (column((0..10).map(|n| n as f32)), column(CLASSES));
    let (mut model, spy) = passing_model();
    let fit = Fit { epochs: 3, batch_size: Some(8), shuffle: Some(Shuffle::Batch), ..Fit::default() };
    model.fit(&x, &y, fit).unwrap();
    let batches = spy.0.lock().unwrap();
    assert_ne!(batches[0], batches[2]);
    assert_ne!(batches[2], batches[4]);
}

#[test]
fn one_batch_is_predicted_with_all_outputs() {
    let (model, _) = passing_model();
    let got = model.predict_on_batch(&column([3.0, 5.0])).unwrap();
    assert_eq!(got, [column([3.0, 5.0])]);
}
