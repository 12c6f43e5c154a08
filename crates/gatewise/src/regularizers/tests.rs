use super::*;
use crate::ops::testing::{array, assert_executors_agree, assert_gradients, numbers, reference, shape_error};
use crate::shape::Shape;

/// The penalty on an array.
fn penalty(regularizer: &impl Regularizer, x: &ndarray::ArrayD<f64>) -> f64 {
    let result = reference(std::slice::from_ref(x), &|b, x| regularizer.penalty(b, x[0])).unwrap();
    assert_eq!(result.shape(), [0usize; 0]);
    result.sum()
}

fn rows(factor: f64) -> OrthogonalRegularizer {
    orthogonal_regularizer(factor, OrthogonalMode::Rows)
}

fn columns(factor: f64) -> OrthogonalRegularizer {
    orthogonal_regularizer(factor, OrthogonalMode::Columns)
}

#[test]
fn penalties_sum_absolute_values_and_squares() {
    let x = array(&[2, 2], &[1.0, -2.0, 3.0, 0.0]);
    assert_eq!(penalty(&l1(0.5), &x), 3.0);
    assert_eq!(penalty(&l2(0.5), &x), 7.0);
    assert_eq!(penalty(&l1_l2(0.5, 0.25), &x), 6.5);
    assert_eq!(penalty(&l1_l2(0.0, 0.0), &x), 0.0);
    assert_eq!(penalty(&l1_l2(0.5, 0.25), &array(&[0], &[])), 0.0);
}

#[test]
fn the_orthogonal_penalty_is_the_mean_cosine_of_all_pairs() {
    // The rows have the directions 0°, 60° and 90°, whose cosines are ½, 0 and √¾; their lengths do not matter.
    let (cos, sin) = (0.5, 0.75_f64.sqrt());
    let x = array(&[3, 2], &[2.0, 0.0, 5.0 * cos, 5.0 * sin, 0.0, 0.1]);
    let expected = 0.3 * (cos + sin) / 3.0;
    assert!((penalty(&rows(0.3), &x) - expected).abs() < 1e-12);
    let turned = x.reversed_axes();
    assert!((penalty(&columns(0.3), &turned) - expected).abs() < 1e-12);
}

#[test]
fn orthogonal_vectors_and_a_single_one_have_no_penalty() {
    assert_eq!(penalty(&rows(1.0), &array(&[2, 2], &[0.0, 3.0, 4.0, 0.0])), 0.0);
    assert!(penalty(&rows(1.0), &numbers(&[1, 3], 0)).abs() < 1e-15);
}

#[test]
fn a_vector_of_zeros_is_orthogonal_to_everything() {
    assert_eq!(penalty(&rows(1.0), &array(&[2, 2], &[0.0, 0.0, 1.0, 1.0])), 0.0);
}

#[test]
fn gradients_are_those_of_central_differences() {
    let x = [numbers(&[3, 4], 0)];
    assert_gradients(&x, &[0], &|b, x| l1(0.3).penalty(b, x[0]));
    assert_gradients(&x, &[0], &|b, x| l2(0.3).penalty(b, x[0]));
    assert_gradients(&x, &[0], &|b, x| l1_l2(0.3, 0.1).penalty(b, x[0]));
    assert_gradients(&x, &[0], &|b, x| rows(0.3).penalty(b, x[0]));
    assert_gradients(&x, &[0], &|b, x| columns(0.3).penalty(b, x[0]));
}

#[test]
fn executors_agree() {
    let x = [numbers(&[9, 17], 0)];
    assert_executors_agree(&x, &|b, x| l1_l2(0.3, 0.1).penalty(b, x[0]));
    assert_executors_agree(&x, &|b, x| rows(0.3).penalty(b, x[0]));
    assert_executors_agree(&x, &|b, x| columns(0.3).penalty(b, x[0]));
}

#[test]
fn an_orthogonal_penalty_on_something_else_than_a_matrix_is_an_error() {
    let text = shape_error(&[Shape::known(&[3])], &|b, x| rows(0.1).penalty(b, x[0]));
    assert_eq!(text, "orthogonal_regularizer: expected a matrix, got [3]");
}

#[test]
fn factors_that_are_negative_or_not_finite_are_an_error() {
    let text = |error: Error| error.to_string();
    assert_eq!(
        text(l1(-0.5).check().unwrap_err()),
        "regularizer: `l1` must be a finite number of at least 0, got -0.5"
    );
    assert!(text(l1_l2(0.1, f64::NAN).check().unwrap_err()).contains("`l2`"));
    assert!(text(rows(f64::INFINITY).check().unwrap_err()).contains("`factor`"));
    assert!(l1_l2(0.0, 0.5).check().is_ok() && rows(0.0).check().is_ok());
    assert!(RegularizerArgument::from(l2(-1.0)).resolve().is_err());
}

#[test]
fn a_name_stands_for_the_default_factors() {
    let penalty_of = |name: &str| {
        let regularizer = RegularizerArgument::from(name).resolve().unwrap();
        reference(&[array(&[2], &[1.0, 3.0])], &|b, x| regularizer.penalty(b, x[0])).unwrap().sum()
    };
    let expected = [("l1", 0.04), ("L1", 0.04), ("l2", 0.1), ("l1_l2", 0.14), ("l1l2", 0.0), ("L1L2", 0.0)];
    for (name, expected) in expected {
        assert!((penalty_of(name) - expected).abs() < 1e-15, "{name}");
    }
}

#[test]
fn every_regularizer_comes_back_from_its_configuration() {
    let all: [&dyn Regularizer; 5] = [&l1(0.5), &l2(0.25), &l1_l2(0.5, 0.25), &rows(0.5), &columns(0.25)];
    for regularizer in all {
        let envelope = serialize(regularizer);
        assert_eq!(serialize(deserialize(&envelope).unwrap().as_ref()), envelope);
    }
    let envelope = serialize(&columns(0.25));
    assert_eq!(envelope["class_name"], "OrthogonalRegularizer");
    assert_eq!(envelope["config"], json!({ "factor": 0.25, "mode": "columns" }));
}

#[test]
fn a_configuration_that_does_not_fit_is_an_error() {
    let error = |class: &str, config: Json| {
        deserialize(&json!({ "class_name": class, "config": config })).unwrap_err().to_string()
    };
    assert_eq!(error("L1", json!({ "l2": 0.1 })), "L1: there is no argument `l2`");
    assert_eq!(error("L2", json!({ "l2": "much" })), "L2: `l2` must be a number, got \"much\"");
    let text = "OrthogonalRegularizer: `mode` must be \"rows\" or \"columns\", got \"diagonals\"";
    assert_eq!(error("OrthogonalRegularizer", json!({ "mode": "diagonals" })), text);
    assert!(error("L3", json!({})).contains("L3"));
}

#[test]
fn a_regularizer_of_ones_own_is_an_argument_too() {
    #[derive(Debug)]
    struct Fourth;

    impl Regularizer for Fourth {
        fn penalty(&self, b: &Builder, x: Value) -> Result<Value> {
            b.sum_all(b.square(b.square(x)?)?)
        }

        fn class_name(&self) -> &str {
            "Fourth"
        }

        fn config(&self) -> Json {
            json!({})
        }
    }

    let own = RegularizerArgument::from(Fourth).resolve().unwrap();
    assert_eq!(own.class_name(), "Fourth");
    assert_gradients(&[numbers(&[3], 0)], &[0], &|b, x| own.penalty(b, x[0]));
}
