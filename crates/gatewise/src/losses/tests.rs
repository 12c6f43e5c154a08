use ndarray::{ArrayD, IxDyn};
use serde_json::json;

use super::*;
use crate::builder::Mode;
use crate::shape::Shape;

fn array(shape: &[usize], numbers: &[f64]) -> ArrayD<f64> {
    ArrayD::from_shape_vec(IxDyn(shape), numbers.to_vec()).unwrap()
}

/// The loss of predictions as one number, with a mask and weights of samples if there are any.
fn reduced(
    loss: &Loss,
    y_true: &ArrayD<f64>,
    y_pred: &ArrayD<f64>,
    mask: Option<&ArrayD<f64>>,
    weights: Option<&ArrayD<f64>>,
) -> Result<f64> {
    let (b, mut arrays) = (Builder::new(Mode::Training), Vec::new());
    let mut enter = |array: &ArrayD<f64>| {
        arrays.push(array.clone());
        b.input("array", &Shape::known(array.shape()))
    };
    let (y, p) = (enter(y_true), enter(y_pred));
    let (mask, weights) = (mask.map(&mut enter), weights.map(&mut enter));
    let value = loss.reduce(&b, y, p, mask, weights)?;
    Ok(b.evaluate_reference(&[value], &arrays)?[0].sum())
}

/// The loss of one row of predictions.
fn of(loss: impl Into<Loss>, y_true: &[f64], y_pred: &[f64]) -> f64 {
    reduced(&loss.into(), &array(&[1, y_true.len()], y_true), &array(&[1, y_pred.len()], y_pred), None, None)
        .unwrap()
}

fn assert_near(got: f64, expected: f64) {
    assert!((got - expected).abs() < 1e-12 * expected.abs().max(1.0), "{got}, expected {expected}");
}

#[test]
fn all_names_of_a_loss_mean_the_same() {
    for names in registry::all_names() {
        for name in names {
            assert_eq!(Loss::from(*name).name(), Loss::from(names[0]).name(), "{name}");
            assert!(Loss::from(*name).check().is_ok(), "{name}");
        }
    }
    assert!(Loss::from("nothing").check().is_err());
}

#[test]
fn losses_of_numbers_are_their_formulas() {
    let (y, p) = ([1.0, 2.0, 3.0, 4.0], [1.5, 2.0, 0.0, 4.0]);
    assert_near(of(MeanSquaredError, &y, &p), (0.25 + 9.0) / 4.0);
    assert_near(of(MeanAbsoluteError, &y, &p), 3.5 / 4.0);
    assert_near(of(Huber { delta: 1.0 }, &y, &p), (0.5 * 0.25 + (3.0 - 0.5)) / 4.0);
    assert_near(of(Huber { delta: 0.25 }, &y, &p), (0.25 * 0.5 - 0.03125 + 0.25 * 3.0 - 0.03125) / 4.0);
}

#[test]
fn losses_of_classes_are_their_formulas() {
    let p: [f64; 2] = [0.8, 0.2];
    assert_near(of(BinaryCrossentropy::default(), &[1.0, 0.0], &p), -(0.8f64.ln() + 0.8f64.ln()) / 2.0);
    assert_near(of(CategoricalCrossentropy::default(), &[0.0, 1.0], &p), -0.2f64.ln());
    let smooth = of(CategoricalCrossentropy { label_smoothing: 0.5, ..Default::default() }, &[0.0, 1.0], &p);
    assert_near(smooth, -(0.25 * 0.8f64.ln() + 0.75 * 0.2f64.ln()));
    let sparse = SparseCategoricalCrossentropy { from_logits: true, ..Default::default() }.into();
    let logits = array(&[2, 2], &[0.0, 1.0, 3.0, 3.0]);
    let got = reduced(&sparse, &array(&[2], &[1.0, 0.0]), &logits, None, None).unwrap();
    assert_near(got, ((1.0 + (-1.0f64).exp()).ln() + 2.0f64.ln()) / 2.0);
}

#[test]
fn the_logits_behind_a_softmax_or_sigmoid_are_used_so_that_certainty_is_not_clipped() {
    let certain = array(&[1, 2], &[200.0, 0.0]);
    let b = Builder::new(Mode::Training);
    let x = b.input("x", &Shape::known(&[1, 2]));
    let y = b.input("y", &Shape::known(&[1, 2]));
    let losses = [
        Loss::from(CategoricalCrossentropy::default())
            .reduce(&b, y, b.softmax(x).unwrap(), None, None)
            .unwrap(),
        Loss::from(BinaryCrossentropy::default()).reduce(&b, y, b.sigmoid(x).unwrap(), None, None).unwrap(),
    ];
    let got = b.evaluate_reference(&losses, &[certain, array(&[1, 2], &[0.0, 1.0])]).unwrap();
    assert_near(got[0].sum(), 200.0);
    assert_near(got[1].sum(), (200.0 + 2.0f64.ln()) / 2.0);
}

#[test]
fn a_mean_with_a_mask_counts_only_what_is_unmasked() {
    let (y, p) = (array(&[2, 3, 1], &[0.0; 6]), array(&[2, 3, 1], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    let mask = array(&[2, 3], &[1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
    let mean = |reduction| {
        reduced(&Loss::from(MeanAbsoluteError).reduction(reduction), &y, &p, Some(&mask), None).unwrap()
    };
    assert_near(mean(Reduction::SumOverBatchSize), 10.0 / 3.0);
    assert_near(mean(Reduction::Sum), 10.0);
    assert_near(mean(Reduction::MeanWithSampleWeight), 10.0 / 3.0);
}

#[test]
fn where_everything_is_masked_the_loss_is_zero() {
    let (y, p) = (array(&[1, 2, 1], &[0.0; 2]), array(&[1, 2, 1], &[3.0, 4.0]));
    for reduction in [Reduction::SumOverBatchSize, Reduction::Sum, Reduction::MeanWithSampleWeight] {
        let loss = Loss::from(MeanAbsoluteError).reduction(reduction);
        let got = reduced(&loss, &y, &p, Some(&array(&[1, 2], &[0.0, 0.0])), None).unwrap();
        assert_eq!(got, 0.0, "{reduction:?}");
    }
}

#[test]
fn weights_multiply_the_losses_of_samples_or_of_steps() {
    let (y, p) = (array(&[2, 2, 1], &[0.0; 4]), array(&[2, 2, 1], &[1.0, 2.0, 3.0, 4.0]));
    let with = |weights: &ArrayD<f64>, reduction| {
        reduced(&Loss::from(MeanAbsoluteError).reduction(reduction), &y, &p, None, Some(weights)).unwrap()
    };
    let samples = array(&[2], &[2.0, 0.5]);
    assert_near(with(&samples, Reduction::SumOverBatchSize), (2.0 * 3.0 + 0.5 * 7.0) / 4.0);
    assert_near(with(&samples, Reduction::MeanWithSampleWeight), (2.0 * 3.0 + 0.5 * 7.0) / 2.5);
    let steps = array(&[2, 2], &[0.0, 1.0, 2.0, 0.0]);
    assert_near(with(&steps, Reduction::Sum), 2.0 + 6.0);
    let column = array(&[2, 2, 1], &[0.0, 1.0, 2.0, 0.0]);
    assert_near(with(&column, Reduction::Sum), 2.0 + 6.0);
}

#[test]
fn weights_of_zero_give_a_loss_of_zero() {
    let (y, p) = (array(&[2, 1], &[0.0; 2]), array(&[2, 1], &[1.0, 2.0]));
    let loss = Loss::from(MeanAbsoluteError).reduction(Reduction::MeanWithSampleWeight);
    let got = reduced(&loss, &y, &p, None, Some(&array(&[2], &[0.0, 0.0]))).unwrap();
    assert_eq!(got, 0.0);
}

#[test]
fn targets_may_lack_a_last_axis_of_one_but_are_never_broadcast() {
    let p = array(&[3, 1], &[1.0, 2.0, 3.0]);
    let mae = Loss::from(MeanAbsoluteError);
    assert_near(reduced(&mae, &array(&[3], &[0.0; 3]), &p, None, None).unwrap(), 2.0);
    assert!(reduced(&mae, &array(&[1, 3], &[0.0; 3]), &p, None, None).unwrap_err().is_shape());
    assert!(reduced(&mae, &array(&[3, 2], &[0.0; 6]), &p, None, None).unwrap_err().is_shape());
}

#[test]
fn a_loss_of_ones_own_is_reduced_like_any_other() {
    let cubic = Loss::custom("cubic", |b, y_true, y_pred| {
        let distance = b.abs(b.sub(y_true, y_pred)?)?;
        b.mean_last(b.mul(b.square(distance)?, distance)?)
    });
    assert_eq!(cubic.name(), "cubic");
    let (y, p) = (array(&[2, 1], &[0.0, 0.0]), array(&[2, 1], &[1.0, -2.0]));
    assert_near(reduced(&cubic, &y, &p, None, Some(&array(&[2], &[1.0, 3.0]))).unwrap(), 12.5);
}

#[test]
fn losses_with_little_or_no_reduction_keep_their_shape() {
    let (y, p) = (array(&[2, 2, 1], &[0.0; 4]), array(&[2, 2, 1], &[1.0, 2.0, 3.0, 4.0]));
    let b = Builder::new(Mode::Inference);
    let enter = |array: &ArrayD<f64>| b.input("array", &Shape::known(array.shape()));
    let (weights, mask) = (array(&[2], &[2.0, 1.0]), array(&[2, 2], &[1.0, 0.0, 1.0, 1.0]));
    let values = [&y, &p, &mask, &weights].map(enter);
    let loss = Loss::from(MeanAbsoluteError).reduction(Reduction::None);
    let value = loss.reduce(&b, values[0], values[1], Some(values[2]), Some(values[3])).unwrap();
    let got = b.evaluate_reference(&[value], &[y, p, mask, weights]).unwrap();
    assert_eq!(got[0], array(&[2, 2], &[2.0, 0.0, 3.0, 4.0]));
}

#[test]
fn a_pinball_costs_a_share_below_and_the_rest_above() {
    assert_near(of(Quantile::new([0.875]), &[3.0, 1.0], &[1.0, 3.0]), (0.875 * 2.0 + 0.125 * 2.0) / 2.0);
    let several = Loss::from(Quantile::new([0.125, 0.5, 0.875]));
    let p = array(&[1, 2, 3], &[0.0, 1.0, 4.0, 2.0, 2.0, 2.0]);
    let expected = ((0.125 * 2.0 + 0.5 + 0.125 * 2.0) / 3.0 + 0.0) / 2.0;
    for shape in [&[1, 2][..], &[1, 2, 1]] {
        assert_near(reduced(&several, &array(shape, &[2.0, 2.0]), &p, None, None).unwrap(), expected);
    }
}

#[test]
fn the_shapes_choose_the_crossentropy() {
    let logits = [0.5, -1.0, 2.0, 0.1, 0.3, -0.7];
    let p = array(&[2, 3], &logits.map(|x: f64| 1.0 / (1.0 + (-x).exp())));
    let same = |y: &ArrayD<f64>, p: &ArrayD<f64>, name: &str| {
        let value = |name: &str| reduced(&Loss::from(name), y, p, None, None).unwrap();
        assert_eq!(value("crossentropy"), value(name), "{name}");
        assert_eq!(value("ce"), value(name), "{name}");
    };
    same(&array(&[2, 3], &[0.0, 1.0, 0.0, 1.0, 0.0, 0.0]), &p, "categorical_crossentropy");
    same(&array(&[2], &[2.0, 1.0]), &p, "sparse_categorical_crossentropy");
    same(&array(&[2, 1], &[2.0, 1.0]), &p, "sparse_categorical_crossentropy");
    same(&array(&[2], &[0.0, 1.0]), &array(&[2, 1], &[0.2, 0.6]), "binary_crossentropy");
}

#[test]
fn a_loss_given_by_name_is_its_own_configuration_until_more_is_said() {
    let serialized = |loss: Loss| serialize(&loss).unwrap();
    assert_eq!(serialized("mse".into()), "mse");
    let summed = serialized(Loss::from("mse").reduction(Reduction::Sum));
    assert_eq!(summed["config"], json!({"name": "mean_squared_error", "reduction": "sum"}));
    let function = json!({"module": "builtins", "class_name": "function", "config": "log_cosh", "registered_name": "function"});
    assert_eq!(serialized(deserialize(&function).unwrap()), "log_cosh");
    assert_eq!(serialized(Huber { delta: 0.5 }.into())["config"]["delta"], 0.5);
    assert!(get_config(&Huber::default().into()).unwrap().get("delta").is_none());
    assert_eq!(serialized(Quantile::default().into())["module"], "gatewise.losses");
    let null =
        json!({"class_name": "Dice", "config": {"name": "overlap", "reduction": null, "axis": [1, 2]}});
    let dice = deserialize(&null).unwrap();
    assert_eq!((dice.name(), dice.reduction), ("overlap", Reduction::None));
    assert_eq!(get_config(&dice).unwrap()["axis"], json!([1, 2]));
}

mod gradients;
