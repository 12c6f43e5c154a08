//! Attention with one head and with several.

use gatewise::functional::{Apply, CallOptions, KerasTensor};
use gatewise::layers::{self, AdditiveAttention, Attention, Input, Layer, LayerOptions, MultiHeadAttention};
use gatewise::{Error, Model, StreamState};
use serde_json::{Map, Value as Json, json};

use super::{error, zeros};

/// What calling a layer on zeros of these shapes reports.
fn calling(layer: impl Layer, shapes: &[&[usize]]) -> Error {
    let inputs: Vec<_> = shapes.iter().map(|shape| zeros(shape)).collect();
    error(layers::call(&layer, &inputs, 1))
}

fn heads() -> MultiHeadAttention {
    MultiHeadAttention::new(2, 3).with_name("heads")
}

fn options(arguments: Json) -> CallOptions {
    let arguments: Map<String, Json> = arguments.as_object().cloned().unwrap_or_default();
    CallOptions { arguments, ..CallOptions::default() }
}

fn sequence() -> KerasTensor {
    Input::new([None, Some(4)]).tensor().unwrap()
}

const QUERY: &[usize] = &[2, 3, 4];
const VALUE: &[usize] = &[2, 5, 4];

#[test]
fn arguments_out_of_range() {
    let messages = [
        (
            calling(Attention::new().dropout(1.0), &[QUERY, VALUE]),
            "attention: `dropout` must be at least 0 and below 1, got 1",
        ),
        (
            calling(AdditiveAttention::new().dropout(-0.5), &[QUERY, VALUE]),
            "additive_attention: `dropout` must be at least 0 and below 1, got -0.5",
        ),
        (
            calling(MultiHeadAttention::new(0, 3), &[QUERY, VALUE]),
            "multi_head_attention: `num_heads` must be at least 1, got 0",
        ),
        (calling(heads().value_dim(0), &[QUERY, VALUE]), "heads: `value_dim` must be at least 1, got 0"),
        (
            calling(heads().sliding_window(0), &[QUERY, VALUE]),
            "heads: `sliding_window` must be at least 1, got 0",
        ),
        (
            calling(heads().output_shape([]), &[QUERY, VALUE]),
            "heads: `output_shape` must hold sizes of at least 1, got []",
        ),
        (
            calling(heads().attention_axes([2]), &[QUERY, VALUE]),
            "heads: `attention_axes` must name axes between that of the samples and the last of inputs with 3 axes, each \
             once, got [2]",
        ),
        (
            calling(heads().activity_regularizer("l3"), &[QUERY, VALUE]),
            "heads: `activity_regularizer`: expected one of l1, l2, l1l2, l1_l2, orthogonal_regularizer, got \"l3\"",
        ),
        (
            calling(Attention::new(), &[QUERY]),
            "attention: expected the inputs query, value and perhaps key, got 1",
        ),
        (
            calling(heads(), &[QUERY, VALUE, VALUE, VALUE]),
            "heads: expected the inputs query, value and perhaps key, one after another, got 4",
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_argument());
    }
}

#[test]
fn inputs_that_do_not_fit() {
    let messages = [
        (
            calling(Attention::new(), &[QUERY, &[2, 5, 3]]),
            "attention: expected a query [batch, ..., time, size], a value [batch, ..., steps, features] and a key \
             [batch, ..., steps, size], got [2, 3, 4] and [2, 5, 3]",
        ),
        (
            calling(AdditiveAttention::new(), &[QUERY, VALUE, &[2, 6, 4]]),
            "additive_attention: expected a query [batch, ..., time, size], a value [batch, ..., steps, features] and a \
             key [batch, ..., steps, size], got [2, 3, 4] and [2, 5, 4] and [2, 6, 4]",
        ),
        (
            calling(heads(), &[QUERY, &[2, 4]]),
            "heads: expected a value [batch, time, features] of known features, got [2, 4]",
        ),
        (
            calling(heads(), &[QUERY, VALUE, &[2, 6, 4]]),
            "heads: expected a query [batch, time, features] and, with as many axes, a value and a key [batch, steps, \
             features] of equal length, got [2, 3, 4], [2, 5, 4] and [2, 6, 4]",
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_shape());
    }
    let built = heads();
    layers::call(&built, &[zeros(QUERY), zeros(VALUE)], 1).unwrap();
    let text = "heads: expected inputs with 4 features for \"heads/query/kernel\", got [2, 3, 6]";
    assert_eq!(calling(built, &[&[2, 3, 6], VALUE]).to_string(), text);
}

#[test]
fn masks_that_do_not_fit() {
    let (x, mask) = (sequence(), Input::new([None]).tensor().unwrap());
    let given = |inputs: Vec<(String, KerasTensor)>| CallOptions { inputs, ..CallOptions::default() };
    let named = |name: &str| given(vec![(name.to_owned(), mask.clone())]);
    let message = error(heads().apply_with([&x, &x], named("attention_mask"))).to_string();
    assert_eq!(
        message,
        "heads: expected an `attention_mask` with 3 axes, or 4 with one of heads, got [None, None]"
    );
    let message = error(heads().apply_with([&x, &x], named("query_mask"))).to_string();
    assert_eq!(message, "heads: there is no input `query_mask` of `call`");
    let images = Input::new([Some(2), None, Some(4)]).tensor().unwrap();
    let causal = options(json!({"use_causal_mask": true}));
    let error = error(heads().apply_with([&images, &images], causal));
    assert_eq!(
        error.to_string(),
        "heads: masks other than `attention_mask` are only supported for inputs [batch, time, features], got a query \
         [None, 2, None, 4]"
    );
    assert!(error.is_unsupported());
}

#[test]
fn arguments_of_a_call() {
    let x = sequence();
    let error_of =
        |arguments: Json| error(Attention::new().with_name("look").apply_with([&x, &x], options(arguments)));
    assert_eq!(
        error_of(json!({"causal": true})).to_string(),
        "look: there is no argument `causal` of `call`"
    );
    assert_eq!(
        error_of(json!({"use_causal_mask": 1})).to_string(),
        "look: `use_causal_mask` must be true or false, got 1"
    );
    let config = json!({"class_name": "Attention", "config": {"score_mode": "add"}});
    assert_eq!(
        error(layers::deserialize(&config)).to_string(),
        "Attention: `score_mode` must be one of dot, concat, got \"add\""
    );
}

#[test]
fn streams_of_what_is_looked_at() {
    let x = sequence();
    let refused = |output: KerasTensor| {
        let model = Model::new(&x, &output).unwrap();
        error(model.step(&zeros(&[2, 4]), StreamState::new())).to_string()
    };
    let text = "cannot take one step at a time: it looks at all steps of a sequence";
    let dot = Attention::new().with_name("look").apply([&x, &x]).unwrap();
    assert_eq!(refused(dot), format!("look: the layer (Attention) {text}"));
    assert_eq!(
        refused(heads().apply([&x, &x]).unwrap()),
        format!("heads: the layer (MultiHeadAttention) {text}")
    );
}
