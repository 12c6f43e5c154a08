//! Every message that a user's mistake leads to, word for word: what it is about, what was expected, what was got.

#![allow(missing_docs)]

#[path = "error_messages/activations.rs"]
mod activations;
#[path = "error_messages/attention.rs"]
mod attention;
#[path = "error_messages/conv.rs"]
mod conv;
#[path = "error_messages/data.rs"]
mod data;
#[path = "error_messages/fitting.rs"]
mod fitting;
#[path = "error_messages/layers.rs"]
mod layers;
#[path = "error_messages/losses.rs"]
mod losses;
#[path = "error_messages/merge.rs"]
mod merge;
#[path = "error_messages/models.rs"]
mod models;
#[path = "error_messages/names.rs"]
mod names;

#[path = "error_messages/normalization.rs"]
mod normalization;
#[path = "error_messages/preprocessing.rs"]
mod preprocessing;
#[path = "error_messages/sequences.rs"]
mod sequences;
#[path = "error_messages/utils.rs"]
mod utils;

use gatewise::layers::{Dense, Input, Lstm};
use gatewise::{Compile, Error, Result, Sequential};
use ndarray::ArrayD;

/// What a call that must fail reports.
fn error<T>(result: Result<T>) -> Error {
    result.err().expect("the mistake is reported")
}

fn zeros(shape: &[usize]) -> ArrayD<f32> {
    ArrayD::zeros(shape.to_vec())
}

/// A model for inputs `[batch, 5, 4]` and targets `[batch, 1]`, not compiled.
fn model() -> Sequential {
    let mut model = Sequential::new().with_seed(1);
    model.add(Input::new([Some(5), Some(4)])).unwrap();
    model.add(Lstm::new(3)).unwrap().add(Dense::new(1)).unwrap();
    model
}

/// The same, compiled.
fn compiled() -> Sequential {
    let mut model = model();
    model.compile(Compile::new("adam", "mse")).unwrap();
    model
}
