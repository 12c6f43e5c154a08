use serde_json::{Value as Json, json};

use super::*;

fn convert(version: Option<&str>, value: Json) -> (Json, Vec<String>) {
    let mut converter = Converter::new(version);
    let converted = converter.model(value).unwrap();
    (converted, converter.into_notes())
}

fn layer(class: &str, config: Json) -> Json {
    json!({"class_name": class, "config": config})
}

fn error(value: Json) -> String {
    Converter::new(Some("3.15.1")).model(value).unwrap_err().to_string()
}

#[test]
fn a_configuration_of_keras_3_stays_as_it_is() {
    let config = layer(
        "Sequential",
        json!({"name": "a", "layers": [layer("LSTM", json!({"name": "lstm", "units": 3,
        "recurrent_activation": "hard_sigmoid", "activation": "tanh"}))]}),
    );
    assert_eq!(convert(Some("3.15.1"), config.clone()), (config, Vec::new()));
}

#[test]
fn arguments_without_meaning_are_dropped_and_noted() {
    let config =
        json!({"units": 3, "time_major": false, "recurrent_activation": "sigmoid", "input_length": 5});
    let (converted, notes) = convert(Some("2.21.0"), layer("LSTM", config));
    assert_eq!(converted["config"], json!({"units": 3, "recurrent_activation": "sigmoid"}));
    assert_eq!(notes, ["LSTM: `input_length` not needed"]);
    let time_major = layer("GRU", json!({"name": "g", "units": 3, "time_major": true}));
    assert!(error(time_major).starts_with("g: `time_major` is not supported"));
}

#[test]
fn hard_sigmoid_of_keras_2_is_another_function() {
    let config = json!({"units": 1, "recurrent_activation": "hard_sigmoid"});
    let (converted, notes) = convert(Some("2.2.4-tf"), layer("LSTM", config));
    assert_eq!(converted["config"]["recurrent_activation"], HARD_SIGMOID_2);
    assert_eq!(notes.len(), 1);
}

#[test]
fn a_gru_of_the_first_versions_resets_before_the_product() {
    let config = json!({"units": 1, "recurrent_activation": "sigmoid"});
    assert_eq!(convert(Some("2.0.8"), layer("GRU", config)).0["config"]["reset_after"], false);
    let (cudnn, notes) = convert(Some("2.2.4"), layer("CuDNNGRU", json!({"units": 1})));
    assert_eq!((&cudnn["class_name"], &cudnn["config"]["reset_after"]), (&json!("GRU"), &json!(true)));
    assert!(notes.contains(&"CuDNNGRU read as GRU".to_owned()), "{notes:?}");
}

#[test]
fn a_chain_may_be_a_bare_list() {
    let (converted, _) =
        convert(Some("2.1.0"), layer("Sequential", json!([layer("Dense", json!({"units": 1}))])));
    assert_eq!(converted["config"]["layers"][0]["class_name"], "Dense");
}

#[test]
fn arguments_of_keras_1_get_the_names_of_today() {
    let config = json!({"name": "d", "output_dim": 2, "init": "uniform", "bias": false, "W_regularizer": null,
        "input_dim": 7});
    let (converted, notes) = convert(None, layer("Dense", config));
    let expected = json!({"name": "d", "units": 2, "kernel_initializer": "uniform", "use_bias": false,
        "kernel_regularizer": null});
    assert_eq!(converted["config"], expected);
    assert_eq!(notes, ["Dense: arguments of Keras 1 read under the names of today"]);
    let (dropout, _) = convert(None, layer("Dropout", json!({"p": 0.5})));
    assert_eq!(dropout["config"], json!({"rate": 0.5}));
}

#[test]
fn calls_of_keras_2_become_calls_of_keras_3() {
    let place = |layer: &str, call: u64, output: u64| json!([layer, call, output, {}]);
    let graph = json!({"name": "g", "layers": [
        {"class_name": "InputLayer", "config": {"batch_input_shape": [null, 2]}, "name": "x", "inbound_nodes": []},
        {"class_name": "Sequential", "config": {"layers": []}, "name": "chain", "inbound_nodes": [[place("x", 0, 0)]]},
        {"class_name": "Add", "config": {}, "name": "add",
            "inbound_nodes": [[place("chain", 1, 0), ["x", 0, 0, {"mask": ["x", 0, 0]}]]]},
    ], "input_layers": [["x", 0, 0]], "output_layers": [["chain", 1, 0], ["add", 0, 0]]});
    let (converted, notes) = convert(Some("2.12.0"), layer("Functional", graph));
    let tensor =
        |layer: &str| json!({"class_name": "__keras_tensor__", "config": {"keras_history": [layer, 0, 0]}});
    let config = &converted["config"];
    assert_eq!(
        config["layers"][2]["inbound_nodes"],
        json!([{"args": [tensor("chain"), tensor("x")], "kwargs": {"mask": tensor("x")}}])
    );
    assert_eq!(config["output_layers"], json!([["chain", 0, 0], ["add", 0, 0]]));
    assert_eq!(config["layers"][0]["config"], json!({"batch_shape": [null, 2]}));
    assert!(notes.iter().any(|note| note.contains("graph of Keras 2")), "{notes:?}");
}

#[test]
fn code_and_foreign_classes_are_refused_by_name() {
    let lambda = error(layer("Lambda", json!({"name": "twice", "function": ["4wEAAAA", null, null]})));
    assert!(lambda.starts_with("twice: the class \"Lambda\" stands for code"), "{lambda}");
    let inside =
        layer("Dense", json!({"name": "d", "activation": {"class_name": "__lambda__", "config": {}}}));
    assert!(error(inside).contains("__lambda__"));
    let module = json!({"class_name": "system", "module": "os", "config": {"name": "x"}});
    assert_eq!(
        error(module),
        "x: the class \"system\" (os) is not one of Keras's own, and cannot be made without its code"
    );
    let custom = json!({"class_name": "LSTM", "module": null, "registered_name": "mine>LSTM", "config": {}});
    assert!(error(custom).contains("(mine>LSTM)"));
}

#[test]
fn what_keras_2_compiled_is_read_in_todays_words() {
    let config = json!({
        "loss": {"class_name": "MeanSquaredError", "config": {"reduction": "auto", "name": "m", "fn": "mse"}},
        "metrics": [[{"class_name": "MeanMetricWrapper",
            "config": {"name": "mae", "dtype": "float32", "fn": "mean_absolute_error"}}]],
        "optimizer_config": {"class_name": "Custom>Adam",
            "config": {"lr": 0.5, "decay": 0.0, "jit_compile": true, "is_legacy_optimizer": false}},
        "sample_weight_mode": null,
    });
    let mut converter = Converter::new(Some("2.11.0"));
    let converted = converter.compile_config(config).unwrap();
    let expected = json!({
        "loss": {"class_name": "MeanSquaredError", "config": {"reduction": "sum_over_batch_size", "name": "m"}},
        "metrics": [[{"class_name": "mean_absolute_error", "config": {"name": "mae"}}]],
        "optimizer": {"class_name": "Adam", "config": {"learning_rate": 0.5}},
    });
    assert_eq!(converted, expected);
    assert_eq!(converter.into_notes(), ["Custom>Adam read as Adam"]);
    let decay = json!({"optimizer": {"class_name": "SGD", "config": {"decay": 0.1}}});
    let error = Converter::new(Some("2.0")).compile_config(decay).unwrap_err().to_string();
    assert!(error.starts_with("SGD: the argument `decay` = 0.1"), "{error}");
}
