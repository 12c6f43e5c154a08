//! Files that real Keras wrote are loaded, and the models predict what Keras predicted.

mod common;

use common::{Case, Group, max_difference, widen};
use gatewise::format::{Load, load};
use gatewise::{Error, Model, Predict};
use ndarray::ArrayD;

/// Predictions in f32; products and activations are rounded in another order than in TensorFlow.
const TOLERANCE: f64 = 1e-5;

fn arrays(case: &Case<'_>, letter: char) -> Vec<ArrayD<f32>> {
    (0..)
        .map(|i| format!("{letter}{i}"))
        .take_while(|name| case.has(name))
        .map(|name| case.f32(&name))
        .collect()
}

fn path(case: &Case<'_>) -> std::path::PathBuf {
    common::path("files").join(case.json["file"].as_str().expect("a case names its file"))
}

/// The model of a case: from its file, or from that of the architecture with the weights in its file.
fn loaded(case: &Case<'_>) -> Result<Model, Error> {
    let options = Load { compile: false };
    match case.json["architecture"].as_str() {
        Some(architecture) => {
            let model = load(common::path("files").join(architecture), &options)?.model;
            model.set_weights(&model.get_weights().iter().map(|weight| weight * 0.0).collect::<Vec<_>>())?;
            model.load_weights(path(case))?;
            Ok(model)
        }
        None => {
            let loaded = load(path(case), &options)?;
            assert_eq!(loaded.report.writer.as_deref(), case.json["writer"].as_str(), "{}", case.name());
            Ok(loaded.model)
        }
    }
}

/// What does not agree, in words.
fn check(case: &Case<'_>) -> Result<(), String> {
    let expected = arrays(case, 'y');
    let predict = |model: Model| model.predict_all(&arrays(case, 'x'), Predict::default());
    let predicted = loaded(case).and_then(predict).map_err(|error| error.to_string())?;
    if predicted.len() != expected.len() {
        return Err(format!("{} outputs, expected {}", predicted.len(), expected.len()));
    }
    let differences =
        predicted.iter().zip(&expected).map(|(got, expected)| max_difference(&widen(got), &widen(expected)));
    match differences.fold(0.0, f64::max) {
        worst if worst <= TOLERANCE => Ok(()),
        worst => Err(format!("differs by {worst:e}")),
    }
}

/// Checks all cases of a group and reports all that fail.
fn check_group(name: &str, at_least: usize) {
    let group = Group::read(name);
    let mut failed = Vec::new();
    let mut count = 0;
    for case in group.cases() {
        count += 1;
        if let Err(text) = check(&case) {
            failed.push(format!("{}: {text}", case.name()));
        }
    }
    assert!(failed.is_empty(), "{} of {count}:\n{}", failed.len(), failed.join("\n"));
    assert!(count >= at_least, "only {count} files were read");
}

#[test]
fn files_of_keras_3_predict_what_keras_predicts() {
    check_group("files", 57);
}

#[test]
fn files_of_older_versions_predict_what_their_keras_predicts() {
    check_group("files_keras2", 35);
}

/// Takes one step of training as Keras did, and compares the predictions after it.
fn check_training(case: &Case<'_>) -> Result<(), String> {
    let mut model = Model::load(path(case)).map_err(|error| error.to_string())?;
    let (x, t) = (arrays(case, 'x'), arrays(case, 't'));
    model.train_on_batch(&x, &t).map_err(|error| error.to_string())?;
    let predicted = model.predict_all(&x, Predict::default()).map_err(|error| error.to_string())?;
    let expected = arrays(case, 'z');
    let differences =
        predicted.iter().zip(&expected).map(|(got, expected)| max_difference(&widen(got), &widen(expected)));
    match differences.fold(0.0, f64::max) {
        worst if worst <= TOLERANCE => Ok(()),
        worst => Err(format!("differs by {worst:e} after a step")),
    }
}

#[test]
fn a_training_goes_on_where_keras_has_saved_it() {
    let mut failed = Vec::new();
    let mut count = 0;
    for name in ["files", "files_keras2"] {
        for case in Group::read(name).cases().filter(|case| case.has("z0")) {
            count += 1;
            if let Err(text) = check_training(&case) {
                failed.push(format!("{}: {text}", case.name()));
            }
        }
    }
    assert!(failed.is_empty(), "{} of {count}:\n{}", failed.len(), failed.join("\n"));
    assert!(count >= 10, "only {count} trainings went on");
}

#[test]
fn a_compiled_model_is_saved_with_the_state_of_its_optimizer() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["gru", "encoder_decoder", "shared_and_nested", "many_layers"] {
        let first = Model::load(common::path("files").join(format!("{name}.keras"))).unwrap();
        for ending in [".keras", ".h5"] {
            let path = folder.path().join(format!("{name}{ending}"));
            first.save(&path).unwrap();
            let second = Model::load(&path).unwrap();
            assert_eq!(first.get_weights(), second.get_weights(), "{name}");
            assert_eq!(first.optimizer_variables().unwrap(), second.optimizer_variables().unwrap(), "{name}");
            assert_eq!(first.get_compile_config().unwrap(), second.get_compile_config().unwrap(), "{name}");
            assert_eq!(first.get_config(), second.get_config(), "{name}");
        }
    }
}

#[test]
fn what_was_converted_is_told() {
    let notes = |name: &str| {
        let loaded = load(common::path("files").join(name), &Load::default()).unwrap();
        loaded.report.conversions.join("; ")
    };
    assert_eq!(notes("stacked.keras"), "");
    assert!(notes("keras2_stacked_1.h5").contains("Keras 1"));
    assert!(notes("keras2_plain_lstm_cudnn.h5").contains("CuDNNLSTM read as LSTM"));
    assert!(notes("keras2_hard_sigmoid.h5").contains("hard_sigmoid read as that of Keras 2"));
    assert!(notes("keras2_nested.h5").contains("the graph of Keras 2"));
    assert!(notes("keras2_stacked_2.10-optimizer.h5").contains("TensorFlow 2.10"));
}

#[test]
fn architectures_as_json_are_those_in_the_files_of_the_models() {
    for name in
        ["stacked", "encoder_decoder", "shared_and_nested", "rnn_of_cells", "gru", "long_name", "many_layers"]
    {
        let file = |ending: &str| common::path("files").join(format!("{name}{ending}"));
        let from_json = load(file(".json"), &Load::default()).unwrap();
        assert!(!from_json.report.has_weights);
        let whole = load(file(".keras"), &Load { compile: false }).unwrap();
        assert_eq!(from_json.model.get_config(), whole.model.get_config(), "{name}");
    }
}
