//! Outputs and all gradients of the layer for every option, with dropout under the masks that Keras drew.

use ndarray::ArrayD;
use serde_json::Value as Json;

use super::common::{Case, Group, assert_close, max_difference, widen};
use crate::activations::Activation;
use crate::activations::cell::CellActivation;
use crate::builder::{Builder, Mode};
use crate::graph::Value;
use crate::layers::{self, Layer, LstmCall, Tensor};
use crate::ops::Op;
use crate::ops::lstm::Lstm;
use crate::ops::recurrent::DropoutForm;
use crate::shape::Shape;

/// Keras computes in single precision, so its own values are this far from the truth.
const TOLERANCE: f64 = 1e-5;

/// Keras in double precision against the oracle.
const TOLERANCE_F64: f64 = 1e-12;

/// Keras on TensorFlow computes something else than the published sparsemax; see `ops/row.rs`.
fn is_comparable(case: &Case<'_>) -> bool {
    !case.name().contains("sparsemax")
}

fn flag(config: &Json, name: &str) -> bool {
    config[name].as_bool().expect("a flag")
}

fn cell_activation(config: &Json, name: &str) -> CellActivation {
    let activation = Activation::from(config[name].as_str().expect("a name"));
    CellActivation::new("lstm", &activation).expect("Keras could use it")
}

fn dropout_form(case: &Case<'_>, masks: &str) -> DropoutForm {
    match case.json["tensors"].get(masks).and_then(Json::as_array) {
        None => DropoutForm::None,
        Some(shape) if shape.len() == 3 => DropoutForm::PerGate,
        Some(_) => DropoutForm::Shared,
    }
}

/// The names of the arrays that enter, in the order of the operation's inputs.
fn input_names(case: &Case<'_>) -> Vec<&'static str> {
    let fixed = ["x", "kernel", "recurrent_kernel", "h0", "c0"];
    let optional = ["bias", "mask", "dropout_mask", "recurrent_dropout_mask"];
    fixed.into_iter().chain(optional.into_iter().filter(|name| case.has(name))).collect()
}

/// An array of the case; the initial states are zeros where Keras was given none.
fn array(case: &Case<'_>, name: &str) -> ArrayD<f64> {
    if case.has(name) {
        return case.f64(name);
    }
    let size = |name: &str| case.json[name].as_u64().expect("a size") as usize;
    ArrayD::zeros(vec![size("batch"), size("units")])
}

/// The outputs that Keras returned, with what this library computes for each.
struct Emitted {
    builder: Builder,
    /// (name in the fixture, value).
    results: Vec<(String, Value)>,
    inputs: Vec<ArrayD<f64>>,
}

fn emit(case: &Case<'_>) -> Emitted {
    let config = &case.json["config"];
    let b = Builder::new(Mode::Inference);
    let names = input_names(case);
    let mut inputs: Vec<ArrayD<f64>> = names.iter().map(|name| array(case, name)).collect();
    let values: Vec<Value> =
        names.iter().zip(&inputs).map(|(name, array)| b.input(name, &Shape::known(array.shape()))).collect();
    let op = Lstm {
        subject: case.name().to_owned(),
        activation: cell_activation(config, "activation"),
        recurrent_activation: cell_activation(config, "recurrent_activation"),
        return_sequences: flag(config, "return_sequences"),
        go_backwards: flag(config, "go_backwards"),
        zero_output_for_mask: flag(config, "zero_output_for_mask"),
        takes_ids: false,
        has_bias: case.has("bias"),
        has_mask: case.has("mask"),
        dropout: dropout_form(case, "dropout_mask"),
        recurrent_dropout: dropout_form(case, "recurrent_dropout_mask"),
    };
    let outputs = b.emit_all(Op::Lstm(op), &values).expect("the shapes fit");
    let mut results: Vec<(String, Value)> = ["y", "h", "c"]
        .into_iter()
        .zip(&outputs)
        .filter(|(name, _)| case.has(name))
        .map(|(name, value)| (name.to_owned(), *value))
        .collect();
    let mut loss = b.scalar(0.0).expect("a constant");
    for (name, value) in results.clone() {
        let name = format!("cotangent_{name}");
        let cotangent = b.input(&name, &b.shape(value));
        inputs.push(case.f64(&name));
        loss = b.add(loss, b.sum_all(b.mul(value, cotangent).unwrap()).unwrap()).unwrap();
    }
    let differentiated: Vec<(&str, Value)> =
        names.iter().copied().zip(values).filter(|(name, _)| case.has(&format!("d_{name}"))).collect();
    let by: Vec<Value> = differentiated.iter().map(|(_, value)| *value).collect();
    let gradients = b.gradients(loss, &by).expect("there are gradients");
    for ((name, _), gradient) in differentiated.iter().zip(gradients) {
        results.push((format!("d_{name}"), gradient.expect("the loss depends on it")));
    }
    Emitted { builder: b, results, inputs }
}

#[test]
fn the_fast_kernels_give_keras_values_and_gradients() {
    let group = Group::read("lstm");
    let (mut compared, mut failures) = (0, Vec::new());
    for case in group.cases().filter(is_comparable) {
        let emitted = emit(&case);
        let values: Vec<Value> = emitted.results.iter().map(|(_, value)| *value).collect();
        let inputs: Vec<ArrayD<f32>> = emitted.inputs.iter().map(|array| array.mapv(|x| x as f32)).collect();
        let got = emitted.builder.evaluate(&values, &inputs).expect("it runs");
        for ((name, _), got) in emitted.results.iter().zip(got) {
            compared += 1;
            let difference = max_difference(&widen(&got), &case.f64(name));
            if difference > TOLERANCE {
                failures.push(format!("{}/{name}: {difference:e}", case.name()));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {compared} arrays differ:\n{}", failures.len(), failures.join("\n"));
    assert!(compared > 600, "only {compared} arrays were compared");
}

#[test]
fn the_oracle_gives_keras_values_and_gradients() {
    for (group, tolerance) in [("lstm", TOLERANCE), ("lstm_float64", TOLERANCE_F64)] {
        let group = Group::read(group);
        for case in group.cases().filter(is_comparable) {
            let emitted = emit(&case);
            let values: Vec<Value> = emitted.results.iter().map(|(_, value)| *value).collect();
            let got = emitted.builder.evaluate_reference(&values, &emitted.inputs).expect("it runs");
            for ((name, _), got) in emitted.results.iter().zip(got) {
                assert_close(&format!("{}/{name}", case.name()), &got, &case.f64(name), tolerance);
            }
        }
    }
}

#[test]
fn the_layer_made_from_keras_configuration_gives_keras_values() {
    let group = Group::read("lstm");
    let has_dropout = |case: &Case<'_>| case.has("dropout_mask") || case.has("recurrent_dropout_mask");
    for case in group.cases().filter(|case| is_comparable(case) && !has_dropout(case)) {
        let envelope = serde_json::json!({"class_name": "LSTM", "config": case.json["config"]});
        let layer = layers::deserialize(&envelope).expect("the configuration is Keras's");
        let b = Builder::new(Mode::Inference);
        let x = case.f32("x");
        layers::eager_build(&*layer, &[Shape::known(x.shape())], 0).expect("it builds");
        let names = ["kernel", "recurrent_kernel", "bias"].into_iter().filter(|name| case.has(name));
        let weights: Vec<ArrayD<f32>> = names.map(|name| case.f32(name)).collect();
        let variables = layer.variables();
        assert_eq!(variables.len(), weights.len(), "{}", case.name());
        variables.iter().zip(&weights).for_each(|(variable, weight)| variable.assign(weight).unwrap());
        let mut inputs = vec![x];
        let tensor = Tensor::new(b.input("x", &Shape::known(inputs[0].shape())));
        let mut enter = |name: &str| {
            case.has(name).then(|| {
                inputs.push(case.f32(name));
                b.input(name, &Shape::known(inputs[inputs.len() - 1].shape()))
            })
        };
        let (mask, h, c) = (enter("mask"), enter("h0"), enter("c0"));
        let call = LstmCall { mask, initial_state: h.zip(c).map(|(h, c)| [h, c]), training: None };
        let outputs = as_lstm(&*layer).call_with(&b, tensor, call).expect("it can be called");
        let values: Vec<Value> = outputs.iter().map(|output| output.value).collect();
        let got = b.evaluate(&values, &inputs).expect("it runs");
        for (name, got) in ["y", "h", "c"].into_iter().filter(|name| case.has(name)).zip(got) {
            assert_close(&format!("{}/{name}", case.name()), &widen(&got), &case.f64(name), TOLERANCE);
        }
    }
}

/// The layer as what it is.
fn as_lstm(layer: &dyn Layer) -> &layers::Lstm {
    layer.downcast_ref().expect("it is an LSTM")
}

#[test]
fn a_swap_of_any_two_gates_is_seen() {
    let group = Group::read("lstm");
    let case =
        group.cases().find(|case| case.name().starts_with("form_") && case.has("bias")).expect("a case");
    let units = case.json["units"].as_u64().expect("a size") as usize;
    let expected = case.f64("y");
    for (a, b) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
        let mut emitted = emit(&case);
        for (name, array) in input_names(&case).iter().zip(&mut emitted.inputs) {
            if ["kernel", "recurrent_kernel", "bias"].contains(name) {
                *array = with_gates_swapped(array, units, a, b);
            }
        }
        let got = emitted.builder.evaluate_reference(&[emitted.results[0].1], &emitted.inputs).unwrap();
        let difference = max_difference(&got[0], &expected);
        assert!(difference > 100.0 * TOLERANCE, "gates {a} and {b}: differs by {difference:e} only");
    }
}

/// The columns of two gates exchanged.
fn with_gates_swapped(array: &ArrayD<f64>, units: usize, a: usize, b: usize) -> ArrayD<f64> {
    let mut swapped = array.clone();
    let columns = 4 * units;
    for (index, value) in swapped.iter_mut().enumerate() {
        let (row, column) = (index / columns, index % columns);
        let gate = match column / units {
            gate if gate == a => b,
            gate if gate == b => a,
            gate => gate,
        };
        *value = *array.iter().nth(row * columns + gate * units + column % units).expect("a column");
    }
    swapped
}
