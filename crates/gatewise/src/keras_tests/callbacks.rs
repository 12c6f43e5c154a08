//! What callbacks do to whole trainings, against real Keras.

use std::path::Path;

use serde_json::Value as Json;

use super::common::{Case, Group, assert_close, widen};
use crate::callbacks::*;
use crate::error::Result;
use crate::layers::{Dense, Input, LayerOptions, Lstm};
use crate::model::{Compile, Fit, Shuffle, ValidationFreq};
use crate::optimizers;
use crate::sequential::Sequential;

/// The largest relative difference of a loss after up to twenty epochs in `f32`.
const LOSS_TOLERANCE: f64 = 1e-5;

/// Keeps what other callbacks say.
#[derive(Default)]
struct Listener(String);

impl Callback for Listener {
    fn on_message(&mut self, text: &str) -> Result<()> {
        self.0.push_str(text);
        Ok(())
    }
}

fn model(inputs: &Case<'_>, optimizer: &Json) -> Sequential {
    let size = |name: &str| inputs.json[name].as_u64().expect("a size") as usize;
    let mut model = Sequential::new().with_seed(1);
    model.add(Input::new([Some(size("steps")), Some(size("features"))])).unwrap();
    model.add(Lstm::new(size("units")).with_name("lstm")).unwrap();
    model.add(Dense::new(1).with_name("dense")).unwrap();
    let names = inputs.json["weights"].as_array().expect("a list");
    let weights: Vec<_> = names.iter().map(|name| inputs.f32(name.as_str().expect("a name"))).collect();
    model.set_weights(&weights).unwrap();
    let optimizer = optimizers::deserialize(optimizer).expect("Keras's optimizer");
    model.compile(Compile::new(optimizer, "mse").metrics(["mae"])).unwrap();
    model
}

/// A callback from its description in the fixture; an argument that is not known here fails.
fn callback(json: &Json, folder: &Path) -> Box<dyn Callback> {
    let arguments = json[1].as_object().expect("a table");
    let path = |value: &Json| folder.join(value.as_str().unwrap()).to_string_lossy().into_owned();
    let mode = |value: &Json| match value.as_str() {
        Some("max") => Some(Improvement::Max),
        Some("min") => Some(Improvement::Min),
        other => panic!("no such mode: {other:?}"),
    };
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let count = |value: &Json| value.as_u64().unwrap() as usize;
    match json[0].as_str().unwrap() {
        "EarlyStopping" => {
            let mut stop = EarlyStopping::default();
            for (name, value) in arguments {
                match name.as_str() {
                    "monitor" => stop.monitor = text(value),
                    "min_delta" => stop.min_delta = value.as_f64().unwrap(),
                    "patience" => stop.patience = count(value),
                    "verbose" => stop.verbose = count(value) as u8,
                    "mode" => stop.mode = mode(value),
                    "baseline" => stop.baseline = value.as_f64(),
                    "restore_best_weights" => stop.restore_best_weights = value.as_bool().unwrap(),
                    "start_from_epoch" => stop.start_from_epoch = count(value),
                    other => panic!("{other}"),
                }
            }
            Box::new(stop)
        }
        "ReduceLROnPlateau" => {
            let mut reduce = ReduceLrOnPlateau::default();
            for (name, value) in arguments {
                match name.as_str() {
                    "monitor" => reduce.monitor = text(value),
                    "factor" => reduce.factor = value.as_f64().unwrap(),
                    "patience" => reduce.patience = count(value),
                    "verbose" => reduce.verbose = count(value) as u8,
                    "min_delta" => reduce.min_delta = value.as_f64().unwrap(),
                    "cooldown" => reduce.cooldown = count(value),
                    "min_lr" => reduce.min_lr = value.as_f64().unwrap(),
                    other => panic!("{other}"),
                }
            }
            Box::new(reduce)
        }
        "ModelCheckpoint" => {
            let mut checkpoint = ModelCheckpoint::new(path(&arguments["filepath"]));
            for (name, value) in arguments {
                match name.as_str() {
                    "filepath" => {}
                    "monitor" => checkpoint.monitor = text(value),
                    "verbose" => checkpoint.verbose = count(value) as u8,
                    "save_best_only" => checkpoint.save_best_only = value.as_bool().unwrap(),
                    "save_weights_only" => checkpoint.save_weights_only = value.as_bool().unwrap(),
                    "mode" => checkpoint.mode = mode(value),
                    "save_freq" => checkpoint.save_freq = count(value).into(),
                    "initial_value_threshold" => checkpoint.initial_value_threshold = value.as_f64(),
                    other => panic!("{other}"),
                }
            }
            Box::new(checkpoint)
        }
        "LearningRateScheduler" => {
            let schedule: fn(usize, f64) -> f64 = match arguments["schedule"].as_str().unwrap() {
                "tenth_off" => |_, rate| rate * 0.9,
                "steps" => |epoch, _| if epoch < 2 { 0.2 } else { 0.05 },
                other => panic!("{other}"),
            };
            let mut scheduler = LearningRateScheduler::new(schedule);
            scheduler.verbose = count(&arguments["verbose"]) as u8;
            Box::new(scheduler)
        }
        "CSVLogger" => {
            let mut log = CsvLogger::new(path(&arguments["filename"]));
            if let Some(separator) = arguments.get("separator") {
                log.separator = separator.as_str().unwrap().chars().next().unwrap();
            }
            Box::new(log)
        }
        "TerminateOnNaN" => Box::new(TerminateOnNan::default()),
        "SwapEMAWeights" => {
            let swap_on_epoch = arguments.get("swap_on_epoch").is_some_and(|value| value == true);
            Box::new(SwapEmaWeights { swap_on_epoch, ..SwapEmaWeights::default() })
        }
        other => panic!("no such callback: {other}"),
    }
}

/// Texts that are equal but for last digits of their numbers.
fn assert_alike(what: &str, got: &str, expected: &str) {
    let words =
        |text: &str| -> Vec<String> { text.split([',', ';', ' ', '\n']).map(str::to_owned).collect() };
    let (got_words, expected_words) = (words(got), words(expected));
    assert_eq!(got_words.len(), expected_words.len(), "{what}:\n{got}\n{expected}");
    for (got_word, word) in got_words.iter().zip(&expected_words) {
        let close = |a: f64, b: f64| (a - b).abs() <= LOSS_TOLERANCE * b.abs();
        let is_close = match (got_word.trim().parse::<f64>(), word.trim().parse::<f64>()) {
            (Ok(a), Ok(b)) => close(a, b),
            _ => got_word == word,
        };
        assert!(is_close, "{what}: {got_word} is not {word}\n{got}\n{expected}");
    }
}

fn train(inputs: &Case<'_>, case: &Case<'_>) {
    let name = case.name();
    let folder = tempfile::tempdir().unwrap();
    let mut model = model(inputs, &case.json["optimizer"]);
    let list = case.json["callbacks"].as_array().expect("a list");
    let mut callbacks: Vec<_> = list.iter().map(|json| callback(json, folder.path())).collect();
    let mut listener = Listener::default();
    let fit = &case.json["fit"];
    let count = |name: &str| fit[name].as_u64().map(|count| count as usize);
    let (x, y) = (inputs.f32("x"), inputs.f32("y"));
    let mut told: Vec<&mut dyn Callback> =
        callbacks.iter_mut().map(|callback| &mut **callback as _).collect();
    told.push(&mut listener);
    let arguments = Fit {
        batch_size: count("batch_size"),
        epochs: count("epochs").expect("a count"),
        initial_epoch: count("initial_epoch").unwrap_or(0),
        shuffle: Some(Shuffle::Off),
        validation_split: fit["validation_split"].as_f64().expect("a share"),
        validation_freq: ValidationFreq::Every(count("validation_freq").unwrap_or(1)),
        callbacks: told,
        ..Fit::default()
    };
    let history = model.fit(&x, &y, arguments).unwrap_or_else(|error| panic!("{name}: {error}"));

    let said = listener.0.replace(&*folder.path().to_string_lossy(), "FOLDER");
    assert_alike(name, &said, case.json["said"].as_str().expect("a text"));
    assert_eq!(serde_json::json!(history.epoch), case.json["epoch"], "{name}");
    let rate = model.optimizer().unwrap().learning_rate();
    assert_eq!(Some(f64::from(rate)), case.json["learning_rate"].as_f64(), "{name}");
    let mut files: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    if let Some(csv) = case.json["csv"].as_str() {
        assert_alike(name, &std::fs::read_to_string(folder.path().join("log.csv")).unwrap(), csv);
    }
    files.retain(|file| file != "log.csv");
    assert_eq!(serde_json::json!(files), case.json["files"], "{name}");
    let Some(expected) = case.json["history"].as_object() else { return };
    assert_eq!(history.history.len(), expected.len(), "{name}");
    for (key, values) in expected {
        let got = history.get(key);
        let values: Vec<f64> = values.as_array().expect("a list").iter().filter_map(Json::as_f64).collect();
        assert_eq!(got.len(), values.len(), "{name}: {key}");
        for (got, value) in got.iter().zip(&values) {
            let difference = (got - value).abs();
            assert!(difference <= LOSS_TOLERANCE * value.abs(), "{name}: {key} {got} is not {value}");
        }
    }
    let weights = model.get_weights();
    let all: Vec<f32> = weights.iter().flat_map(|weight| weight.iter().copied()).collect();
    let all = ndarray::Array1::from_vec(all).into_dyn();
    assert_close(name, &widen(&all), &case.f64("final"), 1e-5);
}

#[test]
fn trainings_with_callbacks_are_kerass() {
    let group = Group::read("callbacks");
    let mut cases = group.cases();
    let inputs = cases.next().expect("the inputs come first");
    let mut trained = 0;
    for case in cases {
        train(&inputs, &case);
        trained += 1;
    }
    assert_eq!(trained, 32);
}
