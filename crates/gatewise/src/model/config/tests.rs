use ndarray::Array;
use serde_json::{Value as Json, json};

use crate::functional::Apply;
use crate::layers::{Input, LayerOptions, Lstm, Masking};
use crate::model::Model;

fn tensor(history: Json, dtype: &str, shape: Json) -> Json {
    json!({"class_name": "__keras_tensor__",
        "config": {"shape": shape, "dtype": dtype, "keras_history": history}})
}

/// What Keras 3.15 writes for an input `[batch, time, 2]`, a `Masking` and an LSTM: the mask is made once more by
/// operations of the graph.
fn graph_with_operations() -> Json {
    let sequence = || json!([null, null, 2]);
    let operation = |class_name: &str, config: Json, args: Json| {
        json!({"module": "keras.src.ops.numpy", "class_name": class_name, "registered_name": class_name,
            "name": config["name"], "config": config, "inbound_nodes": [{"args": args, "kwargs": {}}]})
    };
    let x = tensor(json!(["x", 0, 0]), "float32", sequence());
    let lstm_call = json!({
        "args": [tensor(json!(["masking", 0, 0]), "float32", sequence())],
        "kwargs": {"training": false, "mask": tensor(json!(["any", 0, 0]), "bool", json!([null, null]))},
    });
    json!({
        "name": "graph", "trainable": true,
        "layers": [
            {"class_name": "InputLayer", "config": {"batch_shape": sequence(), "name": "x"}, "name": "x",
                "inbound_nodes": []},
            operation("NotEqual", json!({"name": "not_equal"}), json!([x, 0.0])),
            {"class_name": "Masking", "config": {"name": "masking", "mask_value": 0.0}, "name": "masking",
                "inbound_nodes": [{"args": [x], "kwargs": {}}]},
            operation("Any", json!({"name": "any", "axis": -1, "keepdims": false}),
                json!([tensor(json!(["not_equal", 0, 0]), "bool", sequence())])),
            {"class_name": "LSTM", "config": {"name": "lstm", "units": 3}, "name": "lstm",
                "inbound_nodes": [lstm_call]},
        ],
        "input_layers": ["x", 0, 0], "output_layers": ["lstm", 0, 0],
    })
}

#[test]
fn masks_that_keras_computes_in_the_graph_are_those_that_travel_with_tensors() {
    let read = Model::from_config(&graph_with_operations()).unwrap();
    let x = Input::new([None, Some(2)]).tensor().unwrap();
    let own = Lstm::new(3).apply(Masking::new(0.0).apply(&x).unwrap()).unwrap();
    let own = Model::new(&x, &own).unwrap();
    read.set_weights(&own.get_weights()).unwrap();

    let data =
        Array::from_shape_fn((2, 4, 2), |(i, t, f)| if i + t > 3 { 0.0 } else { (t + f) as f32 - 1.5 });
    let data = data.into_dyn();
    assert_eq!(read.predict(&data).unwrap(), own.predict(&data).unwrap());
    let mut unmasked = graph_with_operations();
    unmasked["layers"][4]["inbound_nodes"][0]["kwargs"] = json!({});
    unmasked["layers"][2] = json!({"class_name": "Activation", "config": {"name": "masking", "activation": "linear"},
        "name": "masking", "inbound_nodes": unmasked["layers"][2]["inbound_nodes"]});
    let unmasked = Model::from_config(&unmasked).unwrap();
    unmasked.set_weights(&own.get_weights()).unwrap();
    assert_ne!(unmasked.predict(&data).unwrap(), own.predict(&data).unwrap(), "the mask must matter");
}

#[test]
fn operations_are_written_as_they_were_read_and_are_no_layers_of_the_user() {
    let read = Model::from_config(&graph_with_operations()).unwrap();
    let written = read.get_config();
    for index in [1, 3] {
        assert_eq!(written["layers"][index], graph_with_operations()["layers"][index]);
    }
    let mask = &written["layers"][4]["inbound_nodes"][0]["kwargs"]["mask"];
    assert_eq!(mask["config"]["keras_history"], json!(["any", 0, 0]));
    let names: Vec<_> = read.layers().iter().filter_map(|layer| layer.base().name()).collect();
    assert_eq!(names, ["x", "masking", "lstm"]);
}

#[test]
fn an_end_that_is_not_in_a_list_is_written_so() {
    let ends = |model: &Model| {
        let config = model.get_config();
        [config["input_layers"].clone(), config["output_layers"].clone()]
    };
    let x = Input::new([None, Some(2)]).with_name("x").tensor().unwrap();
    let y = Lstm::new(3).with_name("y").apply(&x).unwrap();
    let bare = Model::new(&x, &y).unwrap();
    assert_eq!(ends(&bare), [json!(["x", 0, 0]), json!(["y", 0, 0])]);
    let listed = Model::new([&x], [&y]).unwrap();
    assert_eq!(ends(&listed), [json!([["x", 0, 0]]), json!([["y", 0, 0]])]);
    for model in [bare, listed] {
        assert_eq!(ends(&Model::from_config(&model.get_config()).unwrap()), ends(&model));
    }
}

#[test]
fn the_calls_of_an_inner_graph_count_from_0_for_calls_and_from_1_for_ends() {
    let x = Input::new([None, Some(2)]).with_name("x").tensor().unwrap();
    let inner = Lstm::new(3).return_sequences(true).with_name("lstm").apply(&x).unwrap();
    let inner = Model::new(&x, &inner).unwrap().with_name("inner");
    let again = inner.apply(&x).unwrap();
    let last = Lstm::new(1).with_name("last").apply(&again).unwrap();
    let config = Model::new(&x, [&again, &last]).unwrap().get_config();
    assert_eq!(config["output_layers"], json!([["inner", 1, 0], ["last", 0, 0]]));
    let input = config["layers"][2]["inbound_nodes"][0]["args"][0].pointer("/config/keras_history");
    assert_eq!(input, Some(&json!(["inner", 0, 0])));
    assert_eq!(Model::from_config(&config).unwrap().output_names(), ["inner", "last"]);
}

#[test]
fn a_comparison_with_a_tensor_is_refused_by_name() {
    let mut config = graph_with_operations();
    let x = config["layers"][1]["inbound_nodes"][0]["args"][0].clone();
    config["layers"][1]["inbound_nodes"][0]["args"] = json!([x]);
    let error = Model::from_config(&config).unwrap_err();
    assert!(error.to_string().contains("not_equal") && error.to_string().contains("one number"), "{error}");
}
