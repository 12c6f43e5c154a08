//! Layers that take several inputs, or arguments in their call, against values that Keras computed: outputs, masks,
//! gradients, shapes, weights and configurations.

#![allow(missing_docs)]

mod common;

use std::sync::Arc;

use common::{Case, Group, assert_close, json, widen};
use gatewise::layers::{self, Input, Layer, Normalization, Tensor};
use gatewise::{Builder, Mode, Sequential, Shape, Value};
use ndarray::{ArrayD, Axis};
use serde_json::{Map, Value as Json};

/// Keras computes in single precision, so its own values are this far from the truth.
const TOLERANCE: f64 = 1e-5;

/// The groups of such layers, and how many arrays of each are compared at least.
const GROUPS: [(&str, usize); 9] = [
    ("layers_batch_normalization", 105),
    ("layers_merge", 180),
    ("layers_conv", 80),
    ("layers_sequences", 70),
    ("layers_normalization", 80),
    ("layers_activations", 90),
    ("layers_attention", 300),
    ("layers_preprocessing", 35),
    ("layers_noise", 18),
];

fn for_each_case(mut visit: impl FnMut(&Case<'_>)) {
    for (name, _) in GROUPS {
        Group::read(name).cases().for_each(|case| visit(&case));
    }
}

fn texts(json: &Json) -> Vec<&str> {
    json.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text")).collect()
}

/// The arrays `x0`, `x1`, …, or others that are counted like these.
fn numbered(case: &Case<'_>, letter: &str) -> Vec<String> {
    (0..).map(|index| format!("{letter}{index}")).take_while(|name| case.has(name)).collect()
}

/// The names of the last inputs, if they are given by name.
fn names_of_inputs<'a>(case: &Case<'a>) -> Vec<&'a str> {
    case.json.get("by_name").map(texts).unwrap_or_default()
}

/// The arguments of the call; inputs that are given by name come last, and their positions are among the arguments.
fn arguments(case: &Case<'_>) -> Map<String, Json> {
    let mut arguments = case.json["arguments"].as_object().expect("an object").clone();
    let names = names_of_inputs(case);
    let first = numbered(case, "x").len() - names.len();
    arguments.extend(names.into_iter().zip(first..).map(|(name, place)| (name.to_owned(), place.into())));
    arguments
}

/// The layer of a case with the weights of the case.
fn layer(case: &Case<'_>) -> Arc<dyn Layer> {
    let layer = layers::deserialize(&case.json["layer"]).expect("the configuration is Keras's");
    let mut inputs: Vec<ArrayD<f32>> = numbered(case, "x").iter().map(|name| case.f32(name)).collect();
    // Inputs that can only be given by name are masks, for which there are no weights.
    inputs.truncate(inputs.len() - names_of_inputs(case).len());
    layers::call(&*layer, &inputs, 1).expect("the layer can be called");
    let (names, variables) = (texts(&case.json["weights"]), layer.variables());
    assert_eq!(variables.len(), names.len(), "{}", case.name());
    names.iter().zip(variables).for_each(|(name, variable)| variable.assign(&case.f32(name)).unwrap());
    layer
}

/// The layer called in inference, with everything of the case that it gives.
struct Emitted {
    builder: Builder,
    results: Vec<(String, Value)>,
    inputs: Vec<ArrayD<f64>>,
}

fn emit(case: &Case<'_>) -> Emitted {
    let layer = layer(case);
    let b = Builder::new(Mode::Inference);
    let mut inputs = Vec::new();
    let mut enter = |name: &str| {
        inputs.push(case.f64(name));
        b.input(name, &Shape::known(case.f64(name).shape()))
    };
    let mut tensors = Vec::new();
    for (index, name) in numbered(case, "x").iter().enumerate() {
        let value = enter(name);
        let mask = format!("mask{index}");
        tensors.push(Tensor { value, mask: case.has(&mask).then(|| enter(&mask)) });
    }
    let outputs = layer.call_with_arguments(&b, &tensors, &arguments(case)).expect("it can be called");
    assert_eq!(outputs.len(), numbered(case, "y").len(), "{}", case.name());
    assert_eq!(outputs[0].mask.is_some(), case.has("mask"), "{}", case.name());
    let mut loss = b.scalar(0.0).unwrap();
    for (index, output) in outputs.iter().enumerate() {
        let weighted = b.mul(output.value, enter(&format!("cotangent{index}"))).unwrap();
        loss = b.add(loss, b.sum_all(weighted).unwrap()).unwrap();
    }
    let mut by: Vec<(String, Value)> =
        tensors.iter().enumerate().map(|(index, tensor)| (format!("d_x{index}"), tensor.value)).collect();
    let names = texts(&case.json["weights"]).into_iter().map(|name| format!("d_{name}"));
    by.extend(names.zip(layer.variables().iter().map(|variable| b.variable(variable))));
    by.retain(|(name, _)| case.has(name));
    let gradients = b.gradients(loss, &by.iter().map(|(_, value)| *value).collect::<Vec<_>>()).unwrap();
    let mut results: Vec<(String, Value)> =
        outputs.iter().enumerate().map(|(index, output)| (format!("y{index}"), output.value)).collect();
    results.extend(outputs[0].mask.map(|mask| ("mask".to_owned(), mask)));
    for ((name, value), gradient) in by.into_iter().zip(gradients) {
        // Keras writes zeros where the output does not depend on a value.
        let zeros = || b.constant(0.0, &b.shape(value)).unwrap();
        results.push((name, gradient.unwrap_or_else(zeros)));
    }
    Emitted { builder: b, results, inputs }
}

#[test]
fn layers_give_the_outputs_masks_and_gradients_of_keras() {
    for (name, least) in GROUPS {
        let mut compared = 0;
        for case in Group::read(name).cases() {
            let Emitted { builder, results, inputs } = emit(&case);
            let values: Vec<Value> = results.iter().map(|(_, value)| *value).collect();
            let narrow: Vec<ArrayD<f32>> = inputs.iter().map(|input| input.mapv(|x| x as f32)).collect();
            let fast = builder.evaluate(&values, &narrow).expect("it runs");
            let oracle = builder.evaluate_reference(&values, &inputs).expect("it runs");
            for (((name, _), fast), oracle) in results.iter().zip(fast).zip(oracle) {
                let what = format!("{}/{name}", case.name());
                assert_close(&what, &widen(&fast), &case.f64(name), TOLERANCE);
                assert_close(&format!("{what} by the oracle"), &oracle, &case.f64(name), TOLERANCE);
                compared += 1;
            }
        }
        assert!(compared >= least, "only {compared} arrays of {name} were compared");
    }
}

/// Sizes as Keras writes them, null where unknown.
fn shape(json: &Json) -> Shape {
    let sizes = json.as_array().expect("a list").iter();
    Shape::new(sizes.map(|size| size.as_u64().map(|size| size as usize)).collect::<Vec<_>>())
}

fn shapes(json: &Json) -> Vec<Shape> {
    json.as_array().expect("a list").iter().map(shape).collect()
}

#[test]
fn layers_know_the_shapes_of_their_outputs_as_far_as_keras_does() {
    for_each_case(|case| {
        let layer = layer(case);
        for known in case.json["output_shapes"].as_array().expect("a list") {
            let b = Builder::new(Mode::Inference);
            let enter = |shape: &Shape| Tensor::new(b.input("x", shape));
            let inputs: Vec<Tensor> = shapes(&known["inputs"]).iter().map(enter).collect();
            let outputs = layer.call_with_arguments(&b, &inputs, &arguments(case)).expect("the shapes fit");
            let got: Vec<Shape> = outputs.iter().map(|output| b.shape(output.value)).collect();
            assert_eq!(got, shapes(&known["outputs"]), "{} {known}", case.name());
        }
    });
}

#[test]
fn weights_have_the_paths_of_keras() {
    for_each_case(|case| {
        let variables = layer(case).variables();
        let paths: Vec<&str> = variables.iter().map(|variable| variable.path()).collect();
        assert_eq!(paths, texts(&case.json["weight_paths"]), "{}", case.name());
    });
}

#[test]
fn models_keep_the_shapes_that_layers_were_built_for_where_keras_does() {
    for_each_case(|case| {
        let inputs = numbered(case, "x");
        let [x] = &inputs[..] else { return };
        let mut model = Sequential::new();
        model.add(Input::new(Shape::known(&case.f32(x).shape()[1..]).dims().to_vec())).unwrap();
        model.add(layers::deserialize(&case.json["layer"]).unwrap()).unwrap();
        let config = model.get_config();
        let written = config.pointer("/layers/1").expect("the layer after the input");
        let expected = case.json["layer"].get("build_config").is_some();
        assert_eq!(written.get("build_config").is_some(), expected, "{}", case.name());
    });
}

#[test]
fn configurations_of_layers_are_those_of_keras() {
    for_each_case(|case| {
        let mut expected = case.json["layer"].clone();
        // The shapes that a layer was built for are kept by models, not by the layer itself.
        expected.as_object_mut().expect("an object").shift_remove("build_config");
        json::assert_same(case.name(), &layers::serialize(&*layer(case)), &expected);
    });
}

#[test]
fn normalizations_adapt_as_in_keras() {
    let mut compared = 0;
    for case in Group::read("layers_preprocessing").cases().filter(|case| case.has("data")) {
        let layer = layers::deserialize(&case.json["layer"]).expect("the configuration is Keras's");
        let layer = layer.downcast_ref::<Normalization>().expect("it is a normalization");
        layer.adapt(&case.f32("data")).expect("the data fit");
        let weights = layer.variables();
        for (weight, name) in weights.iter().zip(["adapted_mean", "adapted_variance"]) {
            let what = format!("{}/{name}", case.name());
            assert_close(&what, &widen(&weight.value()), &case.f64(name), TOLERANCE);
            compared += 1;
        }
        assert!(weights.iter().all(|weight| !weight.is_trainable()), "{}", case.name());
    }
    assert!(compared >= 14, "only {compared} were compared");
}

/// Five deviations of the difference of two variances, each of 2000 numbers that are one of two, are less than this part
/// of the variance.
const VARIANCE_TOLERANCE: f64 = 0.2;

/// Random bits differ from Keras's, but not what they amount to.
#[test]
fn random_layers_draw_in_training_as_in_keras() {
    for case in Group::read("layers_noise").cases() {
        let layer = layers::deserialize(&case.json["layer"]).expect("the configuration is Keras's");
        let trained = &case.json["trained"];
        let number = |name: &str| trained[name].as_f64().expect("a number");
        let shape = [200, 20, 10];
        let b = Builder::new(Mode::Training);
        let x = Tensor::new(b.input("x", &Shape::known(&shape)));
        let output = layer.call(&b, &[x]).expect("it can be called")[0];
        let start = ArrayD::from_elem(shape.to_vec(), number("start") as f32);
        let y = widen(&b.evaluate(&[output.value], &[start]).expect("it runs").remove(0));
        let lanes: Vec<bool> =
            y.lanes(Axis(1)).into_iter().map(|lane| lane.iter().all(|y| *y == lane[0])).collect();
        let same = lanes.iter().filter(|same| **same).count() as f64 / lanes.len() as f64;
        // By chance an alpha dropout keeps all 20 steps of a lane, with a probability of 0.7²⁰ < 0.001.
        let draws_once = number("same_at_all_steps") == 1.0;
        assert!(if draws_once { same == 1.0 } else { same < 0.01 }, "{}: {same}", case.name());
        let draws = if draws_once { lanes.len() } else { y.len() } as f64;
        let mean = y.sum() / y.len() as f64;
        let variance = y.mapv(|y| (y - mean) * (y - mean)).sum() / y.len() as f64;
        let (expected, spread) = (number("mean"), number("variance"));
        let allowed = 5.0 * (2.0 * spread / draws).sqrt();
        assert!((mean - expected).abs() <= allowed, "{}: mean {mean}, expected {expected}", case.name());
        let difference = (variance - spread).abs();
        assert!(
            difference <= VARIANCE_TOLERANCE * spread,
            "{}: variance {variance}, expected {spread}",
            case.name()
        );
    }
}
