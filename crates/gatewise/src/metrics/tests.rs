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
    mask: Option<&ArrayD<f32>>,
) -> Result<()> {
    let batch = MetricBatch::new(y_true.view(), y_pred.view());
    metric.update_state(&MetricBatch { mask: mask.map(|mask| mask.view()), ..batch })
}

/// The value of a metric over one batch.
fn of(name: &str, y_true: &ArrayD<f32>, y_pred: &ArrayD<f32>) -> f64 {
    let mut metric = metric(name);
    update(&mut *metric, y_true, y_pred, None).unwrap();
    metric.result().number().unwrap()
}

#[test]
fn the_name_that_a_metric_was_called_by_is_the_key_in_the_logs() {
    for name in ["mae", "mean_absolute_error", "MeanAbsoluteError", "accuracy", "acc", "ACC", "rmse"] {
        assert_eq!(metric(name).name(), name);
    }
    assert_eq!(get("mae").unwrap().name(), "mean_absolute_error");
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
fn an_accuracy_object_compares_numbers() {
    let mut own = MetricArgument::from(Accuracy::new()).resolve().unwrap();
    update(&mut *own, &array(&[4], &[1.0, 2.0, 3.0, 4.0]), &array(&[4], &[0.0, 2.0, 3.0, 4.0]), None)
        .unwrap();
    assert_eq!(own.result(), 0.75);
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
    mae.reset_state();
    assert_eq!(mae.result(), 0.0);
}

#[test]
fn masked_steps_do_not_count() {
    let mask = array(&[1, 3], &[1.0, 0.0, 1.0]);
    let (y, p) = (array(&[1, 3, 1], &[0.0; 3]), array(&[1, 3, 1], &[1.0, 7.0, 3.0]));
    let mut mae = metric("mae");
    update(&mut *mae, &y, &p, Some(&mask)).unwrap();
    assert_eq!(mae.result(), 2.0);
    let mut accuracy = metric("sparse_categorical_accuracy");
    let classes = array(&[1, 3, 2], &[0.9, 0.1, 0.1, 0.9, 0.9, 0.1]);
    // A label that stands for nothing does not disturb where it is masked.
    update(&mut *accuracy, &array(&[1, 3], &[0.0, -1.0, 0.0]), &classes, Some(&mask)).unwrap();
    assert_eq!(accuracy.result(), 1.0);
}

#[test]
fn weights_of_samples_hold_for_all_their_steps_and_multiply_with_masks() {
    let (y, p) = (array(&[2, 2, 1], &[0.0; 4]), array(&[2, 2, 1], &[1.0, 2.0, 3.0, 4.0]));
    let (mask, weights) = (array(&[2, 2], &[1.0, 0.0, 1.0, 1.0]), array(&[2], &[3.0, 1.0]));
    let batch = MetricBatch::new(y.view(), p.view()).sample_weight(weights.view());
    let mut mae = metric("mae");
    mae.update_state(&batch).unwrap();
    assert_eq!(mae.result(), (3.0 * 3.0 + 7.0) / 8.0);
    mae.reset_state();
    mae.update_state(&batch.mask(mask.view())).unwrap();
    assert_eq!(mae.result(), (3.0 + 7.0) / 5.0);
}

#[test]
fn a_vector_has_a_number_for_each_element_in_the_logs() {
    let vector = MetricValue::from(vec![0.5, 1.0]);
    assert_eq!(vector.named("f1"), [("f1_0".to_owned(), 0.5), ("f1_1".to_owned(), 1.0)]);
    assert_eq!(MetricValue::from(0.25).named("f1"), [("f1".to_owned(), 0.25)]);
    assert_eq!(vector.as_slice(), [0.5, 1.0]);
}

#[test]
fn a_metric_of_ones_own_is_a_function_of_rows() {
    let largest =
        |y: &[f32], p: &[f32]| f64::from(y.iter().zip(p).fold(0.0f32, |m, (y, p)| m.max((y - p).abs())));
    let mut own = MetricArgument::from(MeanMetricWrapper::own("largest", largest)).resolve().unwrap();
    let (y, p) = (array(&[2, 2], &[0.0; 4]), array(&[2, 2], &[1.0, 2.0, -6.0, 0.0]));
    update(&mut *own, &y, &p, None).unwrap();
    assert_eq!((own.name(), own.result()), ("largest", 4.0.into()));
}

mod mistakes {
    use super::*;

    fn text(result: Result<()>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn targets_that_do_not_fit_are_reported() {
        let p = array(&[2, 2], &[0.0; 4]);
        for name in ["mae", "rmse", "categorical_accuracy", "binary_accuracy"] {
            let got = text(update(&mut *metric(name), &array(&[3], &[0.0; 3]), &p, None));
            assert_eq!(
                got,
                format!("{name}: expected targets of the shape of the predictions, [2, 2], got [3]")
            );
        }
        let got = text(update(&mut *get("SparseCategoricalAccuracy").unwrap(), &p, &p, None));
        assert_eq!(
            got,
            "sparse_categorical_accuracy: expected class numbers [2] for predictions [2, 2], got [2, 2]; one-hot \
             targets need the metric without \"sparse\" in its name"
        );
    }

    #[test]
    fn masks_and_weights_that_do_not_fit_are_reported() {
        let p = array(&[2, 3, 1], &[0.0; 6]);
        let got = text(update(&mut *metric("mae"), &p, &p, Some(&array(&[3, 2], &[1.0; 6]))));
        assert_eq!(got, "mae: expected `mask` that fits values [2, 3], got [3, 2]");
        let weights = array(&[3], &[1.0; 3]);
        let batch = MetricBatch::new(p.view(), p.view()).sample_weight(weights.view());
        let got = text(metric("mae").update_state(&batch));
        assert_eq!(got, "mae: expected `sample_weight` that fits values [2, 3], got [3]");
    }

    #[test]
    fn labels_that_are_no_class_are_reported() {
        let p = array(&[1, 3], &[0.0; 3]);
        for (label, shown) in [(3.0, "3"), (-1.0, "-1"), (0.5, "0.5"), (f32::NAN, "NaN")] {
            let got = text(update(&mut *metric("accuracy"), &array(&[1], &[label]), &p, None));
            let expected = format!(
                "accuracy: expected class numbers from 0 to 2, as there are predictions for, got {shown}"
            );
            assert_eq!(got, expected);
        }
    }

    #[test]
    fn configurations_that_make_no_sense_are_reported() {
        let made = |config| {
            deserialize(&json!({"class_name": "BinaryAccuracy", "config": config})).unwrap_err().to_string()
        };
        assert_eq!(made(json!({"treshold": 0.4})), "BinaryAccuracy: there is no argument `treshold`");
        assert_eq!(made(json!({"name": 3})), "BinaryAccuracy: `name` must be a text, got 3");
        assert_eq!(
            made(json!({"dtype": "float16"})),
            "BinaryAccuracy: `dtype` is only supported as \"float32\", got \"float16\""
        );
    }
}

#[test]
fn nan_is_not_hidden() {
    let y = array(&[1, 2], &[1.0, 0.0]);
    let p = array(&[1, 2], &[f32::NAN, f32::NAN]);
    for name in [
        "mse",
        "mape",
        "msle",
        "hinge",
        "squared_hinge",
        "categorical_hinge",
        "bce",
        "kl_divergence",
        "poisson",
    ] {
        assert!(of(name, &y, &p).is_nan(), "{name}");
    }
}

#[test]
fn an_axis_may_be_counted_from_both_ends() {
    let (y, p) = (array(&[2, 2], &[1.0, 2.0, 3.0, 5.0]), array(&[2, 2], &[1.0, 2.0, 3.5, 4.0]));
    let value = |axis| {
        let mut metric = PearsonCorrelation::new().axis(axis);
        update(&mut metric, &y, &p, None).map(|()| metric.result().number().unwrap())
    };
    assert_eq!(value(0).unwrap(), value(-2).unwrap());
    assert_eq!(
        value(2).unwrap_err().to_string(),
        "pearson_correlation: `axis` must be from -2 to 1 for predictions [2, 2], got 2"
    );
    assert!(value(-3).is_err());
}

#[test]
fn arguments_outside_their_range_are_reported_by_compile() {
    let text = |metric: MetricArgument| metric.resolve().unwrap_err().to_string();
    assert_eq!(
        text(TopKCategoricalAccuracy::new().k(0).into()),
        "top_k_categorical_accuracy: `k` must be at least 1, got 0"
    );
    assert_eq!(
        text(BinaryCrossentropy::new().label_smoothing(1.5).with_name("bce").into()),
        "bce: `label_smoothing` must be between 0 and 1, got 1.5"
    );
}
