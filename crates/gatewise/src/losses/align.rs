//! Making targets fit predictions.

use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::{Dim, Shape};

/// Whether two lists of sizes agree where both are known.
fn agree(a: &[Dim], b: &[Dim]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_none() || b.is_none() || a == b)
}

/// The targets in the shape of the predictions: equal, or with or without a last axis of size 1.
///
/// # Errors
/// If the shapes differ otherwise. Keras would broadcast them without a word.
pub(super) fn to_predictions(b: &Builder, y_true: Value, y_pred: Value) -> Result<Value> {
    let (labels, predictions) = (b.shape(y_true), b.shape(y_pred));
    let without_one = |shape: &Shape| {
        let (last, leading) = shape.dims().split_last()?;
        (*last == Some(1)).then(|| leading.to_vec())
    };
    let differ_by_one = without_one(&predictions).is_some_and(|leading| agree(labels.dims(), &leading))
        || without_one(&labels).is_some_and(|leading| agree(&leading, predictions.dims()));
    if agree(labels.dims(), predictions.dims()) {
        Ok(y_true)
    } else if differ_by_one {
        b.reshape(y_true, &predictions)
    } else {
        let text = format!("expected targets of the shape of the predictions, {predictions}, got {labels}");
        Err(Error::shape("loss", text))
    }
}

/// Class numbers in the shape of the predictions less their last axis.
///
/// # Errors
/// If the shapes differ otherwise.
pub(super) fn to_classes(b: &Builder, y_true: Value, y_pred: Value) -> Result<Value> {
    let (labels, predictions) = (b.shape(y_true), b.shape(y_pred));
    let leading = &predictions.dims()[..predictions.rank().saturating_sub(1)];
    let mut with_one = leading.to_vec();
    with_one.push(Some(1));
    if agree(labels.dims(), leading) {
        Ok(y_true)
    } else if agree(labels.dims(), &with_one) {
        b.reshape(y_true, &Shape::new(leading))
    } else {
        let expected = Shape::new(leading);
        let text = format!(
            "expected class numbers {expected} for predictions {predictions}, got {labels}; for one-hot labels \
             use categorical_crossentropy"
        );
        Err(Error::shape("sparse_categorical_crossentropy", text))
    }
}
