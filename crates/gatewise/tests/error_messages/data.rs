//! Arrays that cannot be trained on.

use gatewise::layers::{Dense, Input};
use gatewise::{Compile, Error, Fit, Sequential, Shuffle};
use ndarray::ArrayD;

use super::{compiled, error, zeros};

/// What training on these arrays reports.
fn fitting(x: &ArrayD<f32>, y: &ArrayD<f32>, sample_weight: Option<&ArrayD<f32>>) -> Error {
    error(compiled().fit(x, y, Fit { sample_weight: sample_weight.into(), ..Fit::default() }))
}

#[test]
fn numbers_that_are_not_finite() {
    let (mut x, mut y) = (zeros(&[3, 5, 4]), zeros(&[3, 1]));
    x[[1, 2, 3]] = f32::NAN;
    let nan = fitting(&x, &y, None);
    assert_eq!(nan.to_string(), "x: expected finite numbers, got NaN in sample 1 at position 11 of [5, 4]");
    assert!(nan.is_data());
    x.fill(0.0);
    y[[2, 0]] = f32::NEG_INFINITY;
    let infinite = fitting(&x, &y, None);
    assert_eq!(infinite.to_string(), "y: expected finite numbers, got -inf in sample 2 at position 0 of [1]");
    assert!(infinite.is_data());
}

#[test]
fn no_samples() {
    let none = fitting(&zeros(&[0, 5, 4]), &zeros(&[0, 1]), None);
    assert_eq!(none.to_string(), "x: expected at least one sample, got none");
    assert!(none.is_data());
    let predicted = error(compiled().predict(&zeros(&[0, 5, 4])));
    assert_eq!(predicted, none);
}

#[test]
fn an_array_without_axes() {
    let error = fitting(&zeros(&[]), &zeros(&[1, 1]), None);
    assert_eq!(error.to_string(), "x: expected an array [samples, ...], got a single number");
    assert!(error.is_shape());
}

#[test]
fn as_many_targets_as_inputs() {
    let error = fitting(&zeros(&[10, 5, 4]), &zeros(&[9, 1]), None);
    assert_eq!(error.to_string(), "y: expected 10 samples, as x has, got 9");
    assert!(error.is_shape());
}

#[test]
fn targets_of_another_shape() {
    let error = fitting(&zeros(&[3, 5, 4]), &zeros(&[3, 2]), None);
    assert_eq!(
        error.to_string(),
        "loss: expected targets of the shape of the predictions, [3, 1], got [3, 2]"
    );
    assert!(error.is_shape());
}

#[test]
fn weights_of_samples_of_another_shape() {
    let (x, y) = (zeros(&[3, 5, 4]), zeros(&[3, 1]));
    let steps = fitting(&x, &y, Some(&zeros(&[3, 5])));
    assert_eq!(steps.to_string(), "sample_weight: expected weights [3], got [3, 5]");
    assert!(steps.is_shape());
    let fewer = fitting(&x, &y, Some(&zeros(&[2])));
    assert_eq!(fewer.to_string(), "sample_weight: expected 3 samples, as x has, got 2");
    assert!(fewer.is_shape());
}

#[test]
fn weights_of_steps_of_another_shape() {
    let mut model = Sequential::new();
    model.add(Input::new([Some(5), Some(4)])).unwrap().add(Dense::new(2)).unwrap();
    model.compile(Compile::new("sgd", "mse")).unwrap();
    let weights = zeros(&[3, 4]);
    let fit = Fit { sample_weight: (&weights).into(), ..Fit::default() };
    let error = error(model.fit(&zeros(&[3, 5, 4]), &zeros(&[3, 5, 2]), fit));
    assert_eq!(error.to_string(), "sample_weight: expected weights [3] or [3, 5], got [3, 4]");
    assert!(error.is_shape());
}

/// A classifier of three classes.
fn classifier(loss: &str) -> Sequential {
    let mut model = Sequential::new();
    model.add(Input::new([Some(4)])).unwrap().add(Dense::new(3).activation("softmax")).unwrap();
    model.compile(Compile::new("sgd", loss)).unwrap();
    model
}

#[test]
fn classes_out_of_range() {
    for (class, got) in [(3.0, "3"), (-1.0, "-1"), (0.5, "0.5")] {
        let mut y = zeros(&[2]);
        y[[1]] = class;
        let mut model = classifier("sparse_categorical_crossentropy");
        let error =
            error(model.fit(&zeros(&[2, 4]), &y, Fit { shuffle: Some(Shuffle::Off), ..Fit::default() }));
        let text = format!(
            "sparse_categorical_crossentropy: targets of 3 classes: expected whole numbers from 0 to 2, got {got} at position 1 \
             of the flattened input"
        );
        assert_eq!(error.to_string(), text);
        assert!(error.is_data());
    }
}

#[test]
fn one_hot_targets_for_a_loss_of_class_numbers() {
    let mut model = classifier("sparse_categorical_crossentropy");
    let error = error(model.fit(&zeros(&[2, 4]), &zeros(&[2, 3]), Fit::default()));
    let text = "sparse_categorical_crossentropy: expected class numbers [2] for predictions [2, 3], got [2, 3]; for \
                one-hot labels use categorical_crossentropy";
    assert_eq!(error.to_string(), text);
    assert!(error.is_shape());
}

#[test]
fn class_numbers_for_a_loss_of_one_hot_targets() {
    let mut model = classifier("categorical_crossentropy");
    let error = error(model.fit(&zeros(&[2, 4]), &zeros(&[2]), Fit::default()));
    assert_eq!(error.to_string(), "loss: expected targets of the shape of the predictions, [2, 3], got [2]");
    assert!(error.is_shape());
}
