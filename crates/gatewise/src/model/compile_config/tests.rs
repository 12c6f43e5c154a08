use serde_json::{Value as Json, json};

use crate::functional::Apply;
use crate::layers::{Dense, Input, LayerOptions};
use crate::optimizers::Sgd;
use crate::{Compile, LossArgument, Model, losses};

fn two_outputs() -> Model {
    let x = Input::new([Some(2)]).with_name("x").tensor().unwrap();
    let outputs = ["size", "kind"].map(|name| Dense::new(2).with_name(name).apply(&x).unwrap());
    Model::new(&x, [&outputs[0], &outputs[1]]).unwrap()
}

fn one_output() -> Model {
    let x = Input::new([Some(2)]).with_name("x").tensor().unwrap();
    Model::new(&x, Dense::new(1).with_name("y").apply(&x).unwrap()).unwrap()
}

/// The configuration, and that of the model that was compiled from it.
fn twice(mut model: Model, compile: Compile, mut fresh: Model) -> [Json; 2] {
    model.compile(compile).unwrap();
    let config = model.get_compile_config().unwrap().unwrap();
    fresh.compile_from_config(&config).unwrap();
    [config, fresh.get_compile_config().unwrap().unwrap()]
}

#[test]
fn one_output_has_a_list_of_metrics() {
    let compile = Compile::new(Sgd::default(), "mse").metrics(["mae"]).weighted_metrics(["mse"]);
    let [first, second] = twice(one_output(), compile, one_output());
    assert_eq!(first, second);
    assert_eq!(first["loss"], "mse");
    assert_eq!((&first["metrics"], &first["weighted_metrics"]), (&json!(["mae"]), &json!(["mse"])));
    assert_eq!((&first["loss_weights"], &first["optimizer"]["class_name"]), (&Json::Null, &json!("SGD")));
}

#[test]
fn several_outputs_have_losses_weights_and_metrics_by_name() {
    let losses = LossArgument::named([("size", "mse"), ("kind", "mae")]);
    let compile =
        Compile::new("adam", losses).loss_weights_named([("size", 0.5)]).metrics_of("kind", ["mse"]);
    let [first, second] = twice(two_outputs(), compile, two_outputs());
    assert_eq!(first, second);
    assert_eq!(first["loss"], json!({"size": "mse", "kind": "mae"}));
    assert_eq!(first["loss_weights"], json!({"size": 0.5}));
    assert_eq!(first["metrics"], json!({"kind": ["mse"]}));
}

#[test]
fn lists_are_taken_in_the_order_of_the_outputs() {
    let mut model = two_outputs();
    let config = json!({"optimizer": "sgd", "loss": ["mse", "mae"], "loss_weights": [1.0, 2.0],
        "metrics": [["mae"], [["mse"]]], "weighted_metrics": null, "jit_compile": false});
    model.compile_from_config(&config).unwrap();
    let again = model.get_compile_config().unwrap().unwrap();
    assert_eq!((&again["loss"], &again["loss_weights"]), (&json!(["mse", "mae"]), &json!([1.0, 2.0])));
    assert_eq!(again["metrics"], json!({"size": ["mae"], "kind": ["mse"]}));
}

#[test]
fn what_cannot_be_kept_or_read_is_named() {
    let mut model = one_output();
    assert_eq!(model.get_compile_config().unwrap(), None);
    let own = losses::Loss::custom("mine", |b, y, p| b.sub(y, p));
    model.compile(Compile::new("sgd", own)).unwrap();
    assert!(model.get_compile_config().unwrap_err().to_string().contains("mine"));
    for (config, expected) in [
        (json!({"optimizer": "sgd", "loss": "mse", "speed": 1}), "there is no argument `speed`"),
        (json!({"loss": "mse"}), "the configuration lacks `optimizer`"),
        (json!({"optimizer": "sgd", "loss": "mse", "loss_weights": ["x"]}), "must be numbers"),
        (json!({"optimizer": "sgd", "loss": {"class_name": "Mine", "config": {}}}), "Mine"),
        (json!([]), "expected an object"),
    ] {
        let error = model.compile_from_config(&config).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
