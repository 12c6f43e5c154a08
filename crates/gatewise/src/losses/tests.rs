use ndarray::{ArrayD, IxDyn};

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
fn of(loss: &Loss, y_true: &[f64], y_pred: &[f64]) -> f64 {
    reduced(loss, &array(&[1, y_true.len()], y_true), &array(&[1, y_pred.len()], y_pred), None, None).unwrap()
}

fn assert_near(got: f64, expected: f64) {
    assert!((got - expected).abs() < 1e-12 * expected.abs().max(1.0), "{got}, expected {expected}");
}

#[test]
fn all_names_of_a_loss_mean_the_same() {
    for (names, create) in NAMES {
        for name in *names {
            assert_eq!(Loss::from(*name).name(), create().name(), "{name}");
            assert!(Loss::from(*name).check().is_ok(), "{name}");
        }
    }
    assert!(Loss::from("nothing").check().is_err());
}

#[test]
fn losses_of_numbers_are_their_formulas() {
    let (y, p) = ([1.0, 2.0, 3.0, 4.0], [1.5, 2.0, 0.0, 4.0]);
    assert_near(of(&mean_squared_error(), &y, &p), (0.25 + 9.0) / 4.0);
    assert_near(of(&mean_absolute_error(), &y, &p), 3.5 / 4.0);
    assert_near(of(&huber(1.0), &y, &p), (0.5 * 0.25 + (3.0 - 0.5)) / 4.0);
    assert_near(of(&huber(0.25), &y, &p), (0.25 * 0.5 - 0.03125 + 0.25 * 3.0 - 0.03125) / 4.0);
}

#[test]
fn losses_of_classes_are_their_formulas() {
    let p: [f64; 2] = [0.8, 0.2];
    assert_near(of(&binary_crossentropy(false, 0.0), &[1.0, 0.0], &p), -(0.8f64.ln() + 0.8f64.ln()) / 2.0);
    assert_near(of(&categorical_crossentropy(false, 0.0), &[0.0, 1.0], &p), -0.2f64.ln());
    let smooth = of(&categorical_crossentropy(false, 0.5), &[0.0, 1.0], &p);
    assert_near(smooth, -(0.25 * 0.8f64.ln() + 0.75 * 0.2f64.ln()));
    let sparse = sparse_categorical_crossentropy(true);
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
        categorical_crossentropy(false, 0.0).reduce(&b, y, b.softmax(x).unwrap(), None, None).unwrap(),
        binary_crossentropy(false, 0.0).reduce(&b, y, b.sigmoid(x).unwrap(), None, None).unwrap(),
    ];
    let got = b.evaluate_reference(&losses, &[certain, array(&[1, 2], &[0.0, 1.0])]).unwrap();
    assert_near(got[0].sum(), 200.0);
    assert_near(got[1].sum(), (200.0 + 2.0f64.ln()) / 2.0);
}

#[test]
fn a_mean_with_a_mask_counts_only_what_is_unmasked() {
    let (y, p) = (array(&[2, 3, 1], &[0.0; 6]), array(&[2, 3, 1], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    let mask = array(&[2, 3], &[1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
    let mean =
        |reduction| reduced(&mean_absolute_error().reduction(reduction), &y, &p, Some(&mask), None).unwrap();
    assert_near(mean(Reduction::SumOverBatchSize), 10.0 / 3.0);
    assert_near(mean(Reduction::Sum), 10.0);
    assert_near(mean(Reduction::MeanWithSampleWeight), 10.0 / 3.0);
}

#[test]
fn where_everything_is_masked_the_loss_is_zero() {
    let (y, p) = (array(&[1, 2, 1], &[0.0; 2]), array(&[1, 2, 1], &[3.0, 4.0]));
    for reduction in [Reduction::SumOverBatchSize, Reduction::Sum, Reduction::MeanWithSampleWeight] {
        let loss = mean_absolute_error().reduction(reduction);
        let got = reduced(&loss, &y, &p, Some(&array(&[1, 2], &[0.0, 0.0])), None).unwrap();
        assert_eq!(got, 0.0, "{reduction:?}");
    }
}

#[test]
fn weights_multiply_the_losses_of_samples_or_of_steps() {
    let (y, p) = (array(&[2, 2, 1], &[0.0; 4]), array(&[2, 2, 1], &[1.0, 2.0, 3.0, 4.0]));
    let with = |weights: &ArrayD<f64>, reduction| {
        reduced(&mean_absolute_error().reduction(reduction), &y, &p, None, Some(weights)).unwrap()
    };
    let samples = array(&[2], &[2.0, 0.5]);
    assert_near(with(&samples, Reduction::SumOverBatchSize), (2.0 * 3.0 + 0.5 * 7.0) / 4.0);
    assert_near(with(&samples, Reduction::MeanWithSampleWeight), (2.0 * 3.0 + 0.5 * 7.0) / 5.0);
    let steps = array(&[2, 2], &[0.0, 1.0, 2.0, 0.0]);
    assert_near(with(&steps, Reduction::Sum), 2.0 + 6.0);
    let column = array(&[2, 2, 1], &[0.0, 1.0, 2.0, 0.0]);
    assert_near(with(&column, Reduction::Sum), 2.0 + 6.0);
}

#[test]
fn weights_of_zero_give_a_loss_of_zero() {
    let (y, p) = (array(&[2, 1], &[0.0; 2]), array(&[2, 1], &[1.0, 2.0]));
    let loss = mean_absolute_error().reduction(Reduction::MeanWithSampleWeight);
    let got = reduced(&loss, &y, &p, None, Some(&array(&[2], &[0.0, 0.0]))).unwrap();
    assert_eq!(got, 0.0);
}

#[test]
fn targets_may_lack_a_last_axis_of_one_but_are_never_broadcast() {
    let p = array(&[3, 1], &[1.0, 2.0, 3.0]);
    let mae = mean_absolute_error();
    assert_near(reduced(&mae, &array(&[3], &[0.0; 3]), &p, None, None).unwrap(), 2.0);
    assert!(reduced(&mae, &array(&[1, 3], &[0.0; 3]), &p, None, None).unwrap_err().is_shape());
    assert!(reduced(&mae, &array(&[3, 2], &[0.0; 6]), &p, None, None).unwrap_err().is_shape());
}

#[test]
fn arguments_out_of_range_are_reported() {
    for loss in
        [binary_crossentropy(false, 1.5), categorical_crossentropy(false, -0.1), huber(0.0), huber(f64::NAN)]
    {
        let (y, p) = (array(&[1, 2], &[1.0, 0.0]), array(&[1, 2], &[0.5, 0.5]));
        assert!(reduced(&loss, &y, &p, None, None).unwrap_err().is_argument(), "{loss:?}");
    }
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
