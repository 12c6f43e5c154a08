//! Layers and models at every step of a sequence against values that Keras computed: outputs, gradients, weights after
//! the call.

#![allow(missing_docs)]

mod common;

use std::sync::Arc;

use common::{Case, Group, assert_close, widen};
use gatewise::layers::{self, Layer, Tensor};
use gatewise::{Builder, Mode, Shape, Value};
use ndarray::ArrayD;

/// Keras computes in single precision, so its own values are this far from the truth.
const TOLERANCE: f64 = 1e-5;

/// The layer of a case with the weights of the case.
fn layer(case: &Case<'_>) -> Arc<dyn Layer> {
    let layer = layers::deserialize(&case.json["layer"]).expect("the configuration is Keras's");
    layers::call(&*layer, &[case.f32("x")], 1).expect("the layer can be called");
    layer.reset_states();
    for (index, variable) in layer.variables().iter().enumerate() {
        variable.assign(&case.f32(&format!("w{index}"))).expect("the shapes are Keras's");
    }
    layer
}

#[test]
fn outputs_gradients_and_weights_are_those_of_keras() {
    let mut compared = 0;
    for case in Group::read("time_distributed").cases() {
        let layer = layer(&case);
        let variables = layer.variables();
        let paths: Vec<&str> = variables.iter().map(|variable| variable.path()).collect();
        let known = case.json["weight_paths"].as_array().expect("a list");
        let last = |path: &str| path.rsplit('/').next().map(str::to_owned);
        let expected: Vec<_> = known.iter().map(|path| path.as_str().and_then(last)).collect();
        assert_eq!(paths.iter().map(|path| last(path)).collect::<Vec<_>>(), expected, "{}", case.name());
        let is_training = case.json["training"] == true;
        let b = Builder::new(if is_training { Mode::Training } else { Mode::Inference });
        let mut inputs: Vec<ArrayD<f64>> = Vec::new();
        let mut enter = |name: &str| {
            inputs.push(case.f64(name));
            b.input(name, &Shape::known(case.f64(name).shape()))
        };
        let mut x = Tensor::new(enter("x"));
        x.mask = case.has("mask").then(|| enter("mask"));
        let y = layer.call(&b, &[x]).expect("it can be called")[0];
        assert_eq!(y.mask.is_some(), case.has("mask"), "{}", case.name());
        let loss = b.sum_all(b.mul(y.value, enter("cotangent")).unwrap()).unwrap();
        let mut by: Vec<(String, Value)> = vec![("d_x".to_owned(), x.value)];
        for (index, variable) in variables.iter().enumerate() {
            by.push((format!("d_w{index}"), b.variable(variable)));
        }
        by.retain(|(name, _)| case.has(name));
        let gradients = b.gradients(loss, &by.iter().map(|(_, value)| *value).collect::<Vec<_>>()).unwrap();
        let mut results = vec![("y".to_owned(), y.value)];
        for ((name, value), gradient) in by.into_iter().zip(gradients) {
            let zeros = || b.constant(0.0, &b.shape(value)).unwrap();
            results.push((name, gradient.unwrap_or_else(zeros)));
        }
        let values: Vec<Value> = results.iter().map(|(_, value)| *value).collect();
        let narrow: Vec<ArrayD<f32>> = inputs.iter().map(|input| input.mapv(|x| x as f32)).collect();
        let oracle = b.evaluate_reference(&values, &inputs).expect("it runs");
        let fast = b.evaluate(&values, &narrow).expect("it runs");
        for (((name, _), fast), oracle) in results.iter().zip(fast).zip(oracle) {
            let what = format!("{}/{name}", case.name());
            assert_close(&what, &widen(&fast), &case.f64(name), TOLERANCE);
            assert_close(&format!("{what} by the oracle"), &oracle, &case.f64(name), TOLERANCE);
            compared += 1;
        }
        for (index, variable) in variables.iter().enumerate() {
            let (what, expected) =
                (format!("{}/after{index}", case.name()), case.f64(&format!("after{index}")));
            assert_close(&what, &widen(&variable.value()), &expected, TOLERANCE);
        }
    }
    assert!(compared >= 70, "only {compared} arrays were compared");
}
