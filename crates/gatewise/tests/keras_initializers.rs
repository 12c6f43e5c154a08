//! Initializers against Keras: not the same random numbers, but the same distributions.

#![allow(missing_docs)]

mod common;

use common::{json, read_cases};
use gatewise::initializers::{self, InitializerRandom};
use gatewise::layers;
use ndarray::{ArrayD, Axis, Ix2};
use serde_json::Value as Json;

/// How many standard errors the moments of two samples may be apart: with 130 cases and two moments each, a right
/// generator fails one in ten thousand times (and, with fixed seeds, always or never).
const ERRORS: f64 = 5.0;

fn number(case: &Json, name: &str) -> f64 {
    case[name].as_f64().expect("a number")
}

fn sizes(case: &Json) -> Vec<usize> {
    let sizes = case["shape"].as_array().expect("a list").iter();
    sizes.map(|size| size.as_u64().expect("a size") as usize).collect()
}

fn name(case: &Json) -> &str {
    case["name"].as_str().expect("a name")
}

/// The initializer of a case as Keras describes it, with the argument that Keras forgets.
fn envelope(case: &Json) -> Json {
    let mut envelope = case["initializer"].clone();
    if envelope["class_name"] == "Identity" {
        envelope["config"]["gain"] = case["values"][0][0].clone();
    }
    envelope
}

/// Arrays from one seed after another; a seed of the initializer's own would make them all the same.
fn draw(case: &Json, arrays: usize) -> Vec<ArrayD<f32>> {
    let mut envelope = envelope(case);
    if envelope["config"].get("seed").is_some() {
        envelope["config"]["seed"] = Json::Null;
    }
    let initializer = initializers::deserialize(&envelope).expect("it is Keras's");
    let one = |seed| initializer.initialize(&sizes(case), &mut InitializerRandom::new(seed, 0)).unwrap();
    (0..arrays as u64).map(one).collect()
}

/// As many numbers as Keras drew.
fn sample(case: &Json) -> Vec<f64> {
    let len: usize = sizes(case).iter().product();
    let arrays = draw(case, number(case, "count") as usize / len);
    arrays.iter().flat_map(|array| array.iter().map(|x| f64::from(*x))).collect()
}

fn random_cases() -> Vec<Json> {
    read_cases("initializers").into_iter().filter(|case| case.get("deviation").is_some()).collect()
}

#[test]
fn means_and_deviations_are_those_of_keras() {
    let cases = random_cases();
    assert!(cases.len() >= 100, "only {} cases", cases.len());
    for case in &cases {
        let sample = sample(case);
        let count = sample.len() as f64;
        let mean = sample.iter().sum::<f64>() / count;
        let deviation = (sample.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count).sqrt();
        // The error of a mean is σ / √n, that of a deviation at most σ / √(2 n) where no tail is heavier than a
        // normal one; two samples are compared.
        let error = number(case, "deviation") * (2.0 / count).sqrt();
        let (mean_error, deviation_error) =
            (mean - number(case, "mean"), deviation - number(case, "deviation"));
        assert!(mean_error.abs() < ERRORS * error, "{}: the mean is {mean}", name(case));
        assert!(deviation_error.abs() < ERRORS * error, "{}: the deviation is {deviation}", name(case));
    }
}

#[test]
fn bounds_are_those_of_keras() {
    let is_bounded = |case: &&Json| {
        let distribution = case["initializer"]["config"]["distribution"].as_str().unwrap_or_default();
        let class = case["initializer"]["class_name"].as_str().expect("a class");
        !["RandomNormal", "Orthogonal"].contains(&class) && distribution != "untruncated_normal"
    };
    let cases = random_cases();
    let bounded: Vec<&Json> = cases.iter().filter(is_bounded).collect();
    assert!(bounded.len() >= 80, "only {} cases", bounded.len());
    for case in bounded {
        let sample = sample(case);
        let (least, greatest) = sample.iter().fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
        // Among thousands of numbers one comes close to each bound; the sparse ends of a truncated normal
        // distribution are met less often.
        let slack = 0.01 * (number(case, "maximum") - number(case, "minimum"));
        assert!((least - number(case, "minimum")).abs() < slack, "{}: the least is {least}", name(case));
        assert!(
            (greatest - number(case, "maximum")).abs() < slack,
            "{}: the greatest is {greatest}",
            name(case)
        );
    }
}

#[test]
fn orthogonal_weights_are_orthonormal_where_those_of_keras_are() {
    let mut count = 0;
    for case in read_cases("initializers").iter().filter(|case| case.get("orthonormal").is_some()) {
        let gain = case["initializer"]["config"]["gain"].as_f64().expect("a number") as f32;
        for array in draw(case, 3) {
            let columns = *array.shape().last().expect("an axis");
            let rows = array.len() / columns;
            let matrix = array.into_shape_with_order((rows, columns)).unwrap();
            let product = match case["orthonormal"].as_str() {
                Some("rows") => matrix.dot(&matrix.t()),
                _ => matrix.t().dot(&matrix),
            };
            let identity = ndarray::Array2::<f32>::eye(product.len_of(Axis(0))) * (gain * gain);
            let worst = (&product - &identity).iter().fold(0.0f32, |worst, x| worst.max(x.abs()));
            assert!(worst < 1e-5, "{}: {worst}", name(case));
            count += 1;
        }
    }
    assert!(count >= 30, "only {count} arrays");
}

#[test]
fn fixed_values_are_those_of_keras() {
    let mut count = 0;
    for case in read_cases("initializers").iter().filter(|case| case.get("values").is_some()) {
        let got = serde_json::to_value(nested(&draw(case, 1)[0])).expect("numbers");
        json::assert_same(name(case), &got, &case["values"]);
        count += 1;
    }
    assert!(count >= 10, "only {count} cases");
}

/// An array of one or two axes as lists.
fn nested(array: &ArrayD<f32>) -> Json {
    match array.clone().into_dimensionality::<Ix2>() {
        Ok(matrix) => matrix.rows().into_iter().map(|row| Json::from(row.to_vec())).collect(),
        Err(_) => array.iter().copied().collect::<Vec<f32>>().into(),
    }
}

#[test]
fn configurations_of_initializers_are_those_of_keras() {
    for case in read_cases("initializers").iter().filter(|case| case.get("initializer").is_some()) {
        let expected = envelope(case);
        let initializer = initializers::deserialize(&expected).expect("it is Keras's");
        json::assert_same(name(case), &initializers::serialize(&*initializer), &expected);
    }
}

#[test]
fn the_bias_of_an_lstm_starts_as_in_keras() {
    let mut count = 0;
    for case in read_cases("initializers").iter().filter(|case| case.get("layer").is_some()) {
        let layer =
            layers::deserialize(&serde_json::json!({"class_name": "LSTM", "config": case["layer"]})).unwrap();
        layers::call(&*layer, &[ArrayD::zeros(vec![1, 1, 2])], 3).unwrap();
        let bias = layer.variables().pop().expect("the last weight is the bias").value();
        json::assert_same(name(case), &nested(&bias), &case["bias"]);
        count += 1;
    }
    assert_eq!(count, 6);
}
