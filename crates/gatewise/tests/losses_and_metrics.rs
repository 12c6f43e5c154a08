//! Losses and the metrics that are means of the same formula: each is written for its own purpose, in operations with
//! gradients and over arrays, and both must say the same.

#![allow(missing_docs)]

use gatewise::losses::Loss;
use gatewise::metrics::{self, MetricBatch};
use gatewise::{Builder, Mode, Shape};
use ndarray::ArrayD;

/// Losses are computed in single precision, metrics in double.
const TOLERANCE: f64 = 1e-5;

/// Different numbers between 0 and 1.
fn numbers(shape: &[usize], start: usize) -> ArrayD<f32> {
    let count: usize = shape.iter().product();
    let number = |index: usize| ((start + index + 1) as f32 * 0.618_034).fract();
    ArrayD::from_shape_vec(shape.to_vec(), (0..count).map(number).collect()).unwrap()
}

/// Probabilities of which each row sums to 1.
fn distributions(shape: &[usize], start: usize) -> ArrayD<f32> {
    let mut rows = numbers(shape, start).mapv(|x| x + 0.1);
    rows.rows_mut().into_iter().for_each(|mut row| row /= row.sum());
    rows
}

fn one_hot(rows: usize, classes: usize) -> ArrayD<f32> {
    ArrayD::from_shape_fn(vec![rows, classes], |at| f32::from(u8::from(7 * at[0] % classes == at[1])))
}

#[test]
fn losses_and_metrics_of_one_formula_agree() {
    let shape = [5, 4];
    let signed = |start| numbers(&shape, start).mapv(|x| 3.0 * x - 1.5);
    let classes = ArrayD::from_shape_fn(vec![5], |at| (7 * at[0] % 4) as f32);
    let reals = (signed(0), signed(100));
    let positive = (numbers(&shape, 0), numbers(&shape, 100));
    let chosen = (one_hot(5, 4), distributions(&shape, 100));
    let cases = [
        ("mse", "mse", 1.0, &reals),
        ("mae", "mae", 1.0, &reals),
        ("mape", "mape", 1.0, &reals),
        ("msle", "msle", 1.0, &positive),
        ("log_cosh", "log_cosh_error", 1.0, &reals),
        ("cosine_similarity", "cosine_similarity", -1.0, &reals),
        ("hinge", "hinge", 1.0, &(one_hot(5, 4), signed(100))),
        ("squared_hinge", "squared_hinge", 1.0, &reals),
        ("categorical_hinge", "categorical_hinge", 1.0, &chosen),
        ("poisson", "poisson", 1.0, &positive),
        ("kl_divergence", "kl_divergence", 1.0, &(distributions(&shape, 0), distributions(&shape, 100))),
        ("binary_crossentropy", "binary_crossentropy", 1.0, &chosen),
        ("categorical_crossentropy", "categorical_crossentropy", 1.0, &chosen),
        (
            "sparse_categorical_crossentropy",
            "sparse_categorical_crossentropy",
            1.0,
            &(classes, distributions(&shape, 100)),
        ),
    ];
    for (loss, metric, sign, (y_true, y_pred)) in cases {
        let b = Builder::new(Mode::Inference);
        let values = [y_true, y_pred].map(|array| b.input("array", &Shape::known(array.shape())));
        let value = Loss::from(loss).reduce(&b, values[0], values[1], None, None).unwrap();
        let got = f64::from(b.evaluate(&[value], &[y_true.clone(), y_pred.clone()]).unwrap()[0].sum());
        let mut metric = metrics::get(metric).unwrap();
        metric.update_state(&MetricBatch::new(y_true.view(), y_pred.view())).unwrap();
        let expected = sign * metric.result().number().expect("a number");
        assert!(
            (got - expected).abs() <= TOLERANCE * expected.abs().max(0.1),
            "{loss}: {got}, metric {expected}"
        );
    }
}
