//! Losses in the forms that `compile` takes, against trainings by Keras of a model with two outputs.

#![allow(missing_docs)]

mod common;

use common::{Case, Group, assert_close, widen};
use gatewise::functional::Apply;
use gatewise::layers::{Dense, Input, LayerOptions};
use gatewise::losses::{self, Loss};
use gatewise::optimizers::Sgd;
use gatewise::{Compile, Evaluate, Fit, LossArgument, Model, Shuffle};
use serde_json::Value as Json;

/// For losses and weights after three steps.
const TOLERANCE: f64 = 1e-5;

fn model(case: &Case<'_>) -> Model {
    let input = Input::new([Some(3)]).tensor().unwrap();
    let outputs =
        [("a", 2), ("b", 1)].map(|(name, units)| Dense::new(units).with_name(name).apply(&input).unwrap());
    let model = Model::new(&input, [&outputs[0], &outputs[1]]).unwrap();
    let weights: Vec<_> = (0..4).map(|index| case.f32(&format!("initial_{index}"))).collect();
    model.set_weights(&weights).unwrap();
    model
}

fn compile(case: &Case<'_>) -> Compile {
    let list = case.json["loss"].as_array().expect("a list");
    let read = |json: &Json| (!json.is_null()).then(|| losses::deserialize(json).unwrap());
    let losses: Vec<Option<Loss>> = list.iter().map(read).collect();
    let by_name = case.json["by_name"] == true;
    let names = ["a", "b"];
    let argument = if by_name {
        let named = names.iter().zip(losses).filter_map(|(name, loss)| Some((name.to_string(), loss?)));
        LossArgument::Named(named.collect())
    } else if case.name().ends_with("for_all") {
        LossArgument::All(losses[0].clone().expect("a loss"))
    } else {
        LossArgument::InOrder(losses)
    };
    let compile = Compile::new(Sgd { learning_rate: 0.1.into(), ..Sgd::default() }, argument);
    let Some(weights) = case.json["loss_weights"].as_array() else {
        return compile;
    };
    let weights: Vec<f64> = weights.iter().map(|weight| weight.as_f64().expect("a number")).collect();
    match by_name {
        true => compile.loss_weights_named([("a", weights[0]), ("b", weights[1])]),
        false => compile.loss_weights(weights),
    }
}

fn train(case: &Case<'_>) {
    let mut model = model(case);
    model.compile(compile(case)).unwrap();
    let (x, y) = (case.f32("x"), [case.f32("y_a"), case.f32("y_b")]);
    let count = case.json["loss"].as_array().expect("a list").iter().filter(|loss| !loss.is_null()).count();
    let batch_size = Some(x.shape()[0]);
    let fit = Fit { epochs: 3, batch_size, shuffle: Some(Shuffle::Off), ..Fit::default() };
    let history = model.fit(&x, &y[..count], fit).unwrap_or_else(|error| panic!("{}: {error}", case.name()));
    let evaluation = model.evaluate(&x, &y[..count], Evaluate { batch_size, ..Evaluate::default() }).unwrap();
    let near = |name: &str, got: f64, expected: &Json| {
        let expected = expected.as_f64().expect("a number");
        let is_near = (got - expected).abs() <= TOLERANCE * expected.abs();
        assert!(is_near, "{}: {name} is {got}, Keras has {expected}", case.name());
    };
    let expected = case.json["history"].as_object().expect("a table");
    assert_eq!(
        history.history.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>(),
        "{}",
        case.name()
    );
    for (name, values) in expected {
        let pairs = history.get(name).iter().zip(values.as_array().expect("a list"));
        pairs.for_each(|(got, value)| near(name, *got, value));
    }
    for (name, value) in case.json["evaluation"].as_object().expect("a table") {
        near(name, evaluation[name], value);
    }
    for (index, weight) in model.get_weights().iter().enumerate() {
        let name = format!("final_{index}");
        assert_close(&format!("{}: {name}", case.name()), &widen(weight), &case.f64(&name), TOLERANCE);
    }
}

#[test]
fn losses_of_several_outputs_train_as_in_keras() {
    let group = Group::read("losses_compiled");
    group.cases().for_each(|case| train(&case));
    assert!(group.cases().count() >= 11);
}
