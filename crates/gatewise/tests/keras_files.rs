//! Files that real Keras wrote are loaded, and the models predict what Keras predicted.

mod common;

use common::{Case, Group, assert_close, widen};
use gatewise::Predict;
use gatewise::format::{Load, load};
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

fn check(case: &Case<'_>) {
    let loaded = load(path(case), &Load { compile: false }).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.report.writer.as_deref(), case.json["writer"].as_str());
    let predicted = loaded.model.predict_all(&arrays(case, 'x'), Predict::default());
    let predicted = predicted.unwrap_or_else(|error| panic!("{}: {error}", case.name()));
    let expected = arrays(case, 'y');
    assert_eq!(predicted.len(), expected.len(), "{}", case.name());
    for (got, expected) in predicted.iter().zip(&expected) {
        assert_close(case.name(), &widen(got), &widen(expected), TOLERANCE);
    }
}

#[test]
fn files_of_keras_3_predict_what_keras_predicts() {
    let group = Group::read("files");
    let mut count = 0;
    for case in group.cases().filter(|case| case.name().ends_with(".keras")) {
        check(&case);
        count += 1;
    }
    assert!(count >= 37, "only {count} files were read");
}
