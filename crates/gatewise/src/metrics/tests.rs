use ndarray::{ArrayD, IxDyn};

use super::*;

fn array(shape: &[usize], numbers: &[f32]) -> ArrayD<f32> {
    ArrayD::from_shape_vec(IxDyn(shape), numbers.to_vec()).unwrap()
}

fn metric(name: &str) -> Box<dyn Metric> {
    MetricArgument::from(name).resolve().unwrap()
}

fn update(
    metric: &mut dyn Metric,
    y_true: &ArrayD<f32>,
    y_pred: &ArrayD<f32>,
    mask: Option<&[f32]>,
) -> Result<()> {
    metric.update(&MetricBatch { y_true: &y_true.view(), y_pred: &y_pred.view(), mask })
}

/// The value of a metric over one batch.
fn of(name: &str, y_true: &ArrayD<f32>, y_pred: &ArrayD<f32>) -> f64 {
    let mut metric = metric(name);
    update(&mut *metric, y_true, y_pred, None).unwrap();
    metric.result()
}

#[test]
fn every_name_is_the_key_in_the_logs() {
    for (names, _) in NAMES {
        for name in *names {
            assert_eq!(metric(name).name(), *name);
        }
    }
}

#[test]
fn errors_are_means_over_all_rows() {
    let (y, p) = (array(&[2, 2], &[1.0, 2.0, 3.0, 4.0]), array(&[2, 2], &[1.5, 2.0, 3.0, 1.0]));
    assert_eq!(of("mae", &y, &p), 3.5 / 4.0);
    assert_eq!(of("mse", &y, &p), 9.25 / 4.0);
    assert_eq!(of("root_mean_squared_error", &y, &p), (9.25f64 / 4.0).sqrt());
}

#[test]
fn accuracy_follows_from_the_shapes() {
    let one = array(&[4, 1], &[0.9, 0.2, 0.5, 0.6]);
    assert_eq!(of("accuracy", &array(&[4, 1], &[1.0, 0.0, 1.0, 0.0]), &one), 0.5);
    let classes = array(&[2, 3], &[0.1, 0.7, 0.2, 0.5, 0.3, 0.2]);
    assert_eq!(of("accuracy", &array(&[2, 3], &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0]), &classes), 0.5);
    assert_eq!(of("accuracy", &array(&[2], &[1.0, 0.0]), &classes), 1.0);
    assert_eq!(of("acc", &array(&[2, 1], &[1.0, 2.0]), &classes), 0.5);
}

#[test]
fn named_accuracies_take_their_shapes() {
    let classes = array(&[2, 2], &[0.4, 0.6, 0.6, 0.4]);
    assert_eq!(of("categorical_accuracy", &array(&[2, 2], &[0.0, 1.0, 0.0, 1.0]), &classes), 0.5);
    assert_eq!(of("sparse_categorical_accuracy", &array(&[2], &[1.0, 0.0]), &classes), 1.0);
    assert_eq!(of("binary_accuracy", &array(&[2, 2], &[0.0, 1.0, 0.0, 0.0]), &classes), 0.75);
}

#[test]
fn of_equal_classes_the_first_is_the_answer() {
    let tie = array(&[1, 3], &[0.2, 0.4, 0.4]);
    assert_eq!(of("sparse_categorical_accuracy", &array(&[1], &[1.0]), &tie), 1.0);
    assert_eq!(of("sparse_categorical_accuracy", &array(&[1], &[2.0]), &tie), 0.0);
}

#[test]
fn batches_count_by_their_size() {
    let mut mae = metric("mae");
    update(&mut *mae, &array(&[3, 1], &[0.0; 3]), &array(&[3, 1], &[1.0; 3]), None).unwrap();
    update(&mut *mae, &array(&[1, 1], &[0.0]), &array(&[1, 1], &[5.0]), None).unwrap();
    assert_eq!(mae.result(), 2.0);
    mae.reset();
    assert_eq!(mae.result(), 0.0);
}

#[test]
fn masked_steps_do_not_count() {
    let (y, p) = (array(&[1, 3, 1], &[0.0; 3]), array(&[1, 3, 1], &[1.0, 7.0, 3.0]));
    let mut mae = metric("mae");
    update(&mut *mae, &y, &p, Some(&[1.0, 0.0, 1.0])).unwrap();
    assert_eq!(mae.result(), 2.0);
    let mut accuracy = metric("sparse_categorical_accuracy");
    let classes = array(&[1, 3, 2], &[0.9, 0.1, 0.1, 0.9, 0.9, 0.1]);
    update(&mut *accuracy, &array(&[1, 3], &[0.0, 0.0, 0.0]), &classes, Some(&[1.0, 0.0, 1.0])).unwrap();
    assert_eq!(accuracy.result(), 1.0);
}

#[test]
fn targets_or_masks_that_do_not_fit_are_reported() {
    let p = array(&[2, 2], &[0.0; 4]);
    for name in ["mae", "categorical_accuracy", "sparse_categorical_accuracy", "binary_accuracy"] {
        let error = update(&mut *metric(name), &array(&[3], &[0.0; 3]), &p, None).unwrap_err();
        assert!(error.is_shape() && error.to_string().starts_with(name), "{error}");
    }
    let error = update(&mut *metric("mae"), &p, &p, Some(&[1.0])).unwrap_err();
    assert!(error.is_shape(), "{error}");
}

#[test]
fn a_metric_of_ones_own_is_a_function_of_rows() {
    let largest =
        |y: &[f32], p: &[f32]| f64::from(y.iter().zip(p).fold(0.0f32, |m, (y, p)| m.max((y - p).abs())));
    let mut own = MetricArgument::from(MeanMetric::new("largest", largest, false)).resolve().unwrap();
    let (y, p) = (array(&[2, 2], &[0.0; 4]), array(&[2, 2], &[1.0, 2.0, -6.0, 0.0]));
    update(&mut *own, &y, &p, None).unwrap();
    assert_eq!((own.name(), own.result()), ("largest", 4.0));
}
