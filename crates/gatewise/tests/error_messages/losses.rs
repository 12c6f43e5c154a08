//! Losses with arguments outside their range, in configurations, and on targets that do not fit.

use gatewise::losses::*;
use gatewise::{Builder, Compile, Error, LossArgument, Mode, Shape};
use ndarray::ArrayD;
use serde_json::json;

use super::{error, model};

/// What `compile` reports of a loss.
fn compiling(loss: impl Into<LossArgument>) -> Error {
    error(model().compile(Compile::new("adam", loss)))
}

/// What a configuration is refused with.
fn reading(class_name: &str, config: serde_json::Value) -> Error {
    error(deserialize(&json!({"class_name": class_name, "config": config})))
}

/// What a loss reports of targets and predictions of these shapes, filled with these numbers.
fn computing(loss: impl Into<Loss>, y_true: (&[usize], f32), y_pred: (&[usize], f32)) -> Error {
    let b = Builder::new(Mode::Inference);
    let (y, p) = (b.input("y", &Shape::known(y_true.0)), b.input("p", &Shape::known(y_pred.0)));
    let arrays = [y_true, y_pred].map(|(shape, number)| ArrayD::from_elem(shape.to_vec(), number));
    error(loss.into().reduce(&b, y, p, None, None).and_then(|value| b.evaluate(&[value], &arrays)))
}

#[test]
fn a_smoothing_of_more_than_everything() {
    let error = compiling(BinaryCrossentropy { label_smoothing: 1.5, ..Default::default() });
    assert_eq!(error.to_string(), "binary_crossentropy: `label_smoothing` must be from 0 to 1, got 1.5");
    assert!(error.is_argument());
    let error = compiling(CategoricalCrossentropy { label_smoothing: -0.1, ..Default::default() });
    assert_eq!(
        error.to_string(),
        "categorical_crossentropy: `label_smoothing` must be from 0 to 1, got -0.1"
    );
    let error = compiling(BinaryFocalCrossentropy { label_smoothing: f64::NAN, ..Default::default() });
    assert_eq!(
        error.to_string(),
        "binary_focal_crossentropy: `label_smoothing` must be from 0 to 1, got NaN"
    );
}

#[test]
fn arguments_that_are_too_small_or_too_large() {
    let text = |loss: LossArgument| {
        let error = compiling(loss);
        assert!(error.is_argument());
        error.to_string()
    };
    let at_least_0 = "a finite number of at least 0";
    assert_eq!(text(Huber { delta: 0.0 }.into()), "huber: `delta` must be a finite number above 0, got 0");
    assert_eq!(
        text(Huber { delta: f64::NAN }.into()),
        "huber: `delta` must be a finite number above 0, got NaN"
    );
    let focal = BinaryFocalCrossentropy { alpha: 1.25, ..Default::default() };
    assert_eq!(text(focal.into()), "binary_focal_crossentropy: `alpha` must be from 0 to 1, got 1.25");
    let focal = BinaryFocalCrossentropy { gamma: -1.0, ..Default::default() };
    assert_eq!(
        text(focal.into()),
        format!("binary_focal_crossentropy: `gamma` must be {at_least_0}, got -1")
    );
    let focal = CategoricalFocalCrossentropy { gamma: f64::INFINITY, ..Default::default() };
    assert_eq!(
        text(focal.into()),
        format!("categorical_focal_crossentropy: `gamma` must be {at_least_0}, got inf")
    );
    let focal = CategoricalFocalCrossentropy { alpha: vec![0.5, -0.5].into(), ..Default::default() };
    assert_eq!(
        text(focal.into()),
        format!("categorical_focal_crossentropy: `alpha` must be {at_least_0}, got -0.5")
    );
    let tversky = Tversky { beta: -0.5, ..Default::default() };
    assert_eq!(text(tversky.into()), format!("tversky: `beta` must be {at_least_0}, got -0.5"));
    let circle = Circle { gamma: 0.0, ..Default::default() };
    assert_eq!(text(circle.into()), "circle: `gamma` must be a finite number above 0, got 0");
    let circle = Circle { margin: 1.5, ..Default::default() };
    assert_eq!(text(circle.into()), "circle: `margin` must be from 0 to 1, got 1.5");
    let generalized = CategoricalGeneralizedCrossEntropy { q: 1.0 };
    let expected = "categorical_generalized_cross_entropy: `q` must be above 0 and below 1, got 1";
    assert_eq!(text(generalized.into()), expected);
    assert_eq!(
        text(Quantile::new([0.5, 1.0]).into()),
        "quantile: `quantiles` must be above 0 and below 1, got 1"
    );
    assert_eq!(text(Quantile::new([]).into()), "quantile: expected at least one quantile, got none");
}

#[test]
fn an_unknown_function_class_or_argument_in_a_configuration() {
    let function = json!({"module": "builtins", "class_name": "function", "config": "mean_sq", "registered_name": "function"});
    let error = error(deserialize(&function));
    assert!(error.to_string().ends_with("circle, ctc, got \"mean_sq\""), "{error}");
    assert!(reading("MeanSquared", json!({})).to_string().ends_with("circle, ctc, got \"MeanSquared\""));
    assert_eq!(reading("Huber", json!({"detla": 0.5})).to_string(), "Huber: there is no argument `detla`");
    assert_eq!(reading("CTC", json!({"blank": 0})).to_string(), "CTC: there is no argument `blank`");
    let error = reading("Huber", json!({"delta": -1.0}));
    assert_eq!(error.to_string(), "huber: `delta` must be a finite number above 0, got -1");
    let error = reading("MeanSquaredError", json!({"reduction": "average"}));
    let text = "MeanSquaredError: expected one of sum_over_batch_size, mean, sum, mean_with_sample_weight, none as \
                `reduction`, got \"average\"";
    assert_eq!(error.to_string(), text);
    let error = reading("MeanSquaredError", json!({"dtype": "float16"}));
    assert_eq!(
        error.to_string(),
        "MeanSquaredError: `dtype` is only supported as \"float32\", got \"float16\""
    );
    assert!(error.is_unsupported());
    let error = reading("SparseCategoricalCrossentropy", json!({"axis": 1}));
    let text = "sparse_categorical_crossentropy: `axis` is only supported as -1, the last axis, got 1";
    assert_eq!(error.to_string(), text);
    assert!(error.is_unsupported());
}

#[test]
fn a_loss_of_ones_own_in_a_configuration() {
    let own = Loss::custom("cubic", |b, y_true, y_pred| b.abs(b.sub(y_true, y_pred)?));
    let error = error(serialize(&own));
    let text = "cubic: the loss has no class that a configuration could name; give it to `compile` when the model is loaded";
    assert_eq!(error.to_string(), text);
    assert!(error.is_unsupported());
}

#[test]
fn an_axis_that_is_not_there() {
    let error = computing(CosineSimilarity { axis: 2 }, (&[2, 3], 0.0), (&[2, 3], 0.0));
    assert_eq!(
        error.to_string(),
        "cosine_similarity: `axis` must be from -2 to 1 for predictions [2, 3], got 2"
    );
    let error = computing(Dice { axis: Some([1, -1].into()) }, (&[2, 3], 0.0), (&[2, 3], 0.0));
    assert_eq!(error.to_string(), "dice: expected different axes in `axis`, got [1, -1]");
    let error =
        computing(Tversky { axis: Some((-3).into()), ..Default::default() }, (&[2, 3], 0.0), (&[2, 3], 0.0));
    assert_eq!(error.to_string(), "tversky: `axis` must be from -2 to 1 for predictions [2, 3], got -3");
}

#[test]
fn shapes_of_targets_that_do_not_fit() {
    let text = |loss: Loss, y: &[usize], p: &[usize]| {
        let error = computing(loss, (y, 0.0), (p, 0.0));
        assert!(error.is_shape() || error.is_argument());
        error.to_string()
    };
    let quantile = text(Quantile::new([0.1, 0.9]).into(), &[2, 2], &[2, 2]);
    let expected = "quantile: expected predictions [batch, ..., 2], one for each quantile, and targets [batch, ...] or \
                    [batch, ..., 1], got [2, 2] and [2, 2]";
    assert_eq!(quantile, expected);
    let focal = CategoricalFocalCrossentropy { alpha: vec![0.5; 2].into(), ..Default::default() };
    let expected = "categorical_focal_crossentropy: expected 3 `alpha`, one for each class, got 2";
    assert_eq!(text(focal.into(), &[2, 3], &[2, 3]), expected);
    let circle =
        "circle: expected predictions [batch, features] and class numbers [batch], got [4, 3] and [2]";
    assert_eq!(text(Circle::default().into(), &[2], &[4, 3]), circle);
    let ctc = "ctc: expected logits [batch, time, classes], got [2, 3]";
    assert_eq!(text(CTC.into(), &[2, 3], &[2, 3]), ctc);
    let sparse = "sparse_categorical_crossentropy: expected class numbers [2, 5] for predictions [2, 5, 3], got [2]; for \
                  one-hot labels use categorical_crossentropy";
    assert_eq!(text("sparse_categorical_crossentropy".into(), &[2], &[2, 5, 3]), sparse);
    let hinge = "loss: expected targets of the shape of the predictions, [2, 3], got [2, 4]";
    assert_eq!(text("hinge".into(), &[2, 4], &[2, 3]), hinge);
}

#[test]
fn labels_that_are_no_class() {
    let generalized = computing(CategoricalGeneralizedCrossEntropy::default(), (&[2], 3.0), (&[2, 3], 0.5));
    let text = "categorical_generalized_cross_entropy: targets of 3 classes: expected whole numbers from 0 to 2, got 3 at \
                position 0 of the flattened input";
    assert_eq!(generalized.to_string(), text);
    assert!(generalized.is_data());
    let ctc = computing(CTC, (&[1, 2], 4.0), (&[1, 6, 4], 0.0));
    let text = "ctc: expected labels from 1 to 3 for 4 classes, of which 0 is the blank, got 4 in sample 0";
    assert_eq!(ctc.to_string(), text);
    assert!(ctc.is_data());
    let ctc = computing(CTC, (&[1, 4], 1.0), (&[1, 6, 4], 0.0));
    let text = "ctc: expected at least 7 time steps for 4 labels, 3 of which repeat the one before, got 6 in sample 0";
    assert_eq!(ctc.to_string(), text);
    let ignored = SparseCategoricalCrossentropy { ignore_class: Some(-1), ..Default::default() };
    let error = computing(ignored, (&[2], -2.0), (&[2, 3], 0.5));
    let text = "sparse_categorical_crossentropy: targets of 3 classes: expected whole numbers from 0 to 2, got -2 at \
                position 0 of the flattened input";
    assert_eq!(error.to_string(), text);
}
