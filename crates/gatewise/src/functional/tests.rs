use super::*;
use crate::layers::{Dense, LayerOptions, Lstm};
use crate::model::Model;

/// Inputs `[batch, time, 2]`.
fn sequences() -> KerasTensor {
    Input::new([None, Some(2)]).tensor().unwrap()
}

#[test]
fn layers_are_named_as_in_a_session_of_keras() {
    clear_session();
    let x = sequences();
    let names: Vec<String> = (0..3).map(|_| Lstm::new(1).apply(&x).unwrap().name()).collect();
    assert_eq!((x.name().as_str(), names.join(" ").as_str()), ("input_layer", "lstm lstm_1 lstm_2"));
    assert_eq!(Dense::new(1).with_name("own").apply(&x).unwrap().name(), "own");
    clear_session();
    assert_eq!(Lstm::new(1).apply(&x).unwrap().name(), "lstm");
}

#[test]
fn the_seed_of_the_session_fixes_fresh_weights() {
    let weights = |seed| {
        set_random_seed(seed);
        let x = sequences();
        let y = Dense::new(2).apply(Lstm::new(3).apply(&x).unwrap()).unwrap();
        Model::new(&x, &y).unwrap().get_weights()
    };
    assert_eq!(weights(3), weights(3));
    assert_ne!(weights(3), weights(4));
}

#[test]
fn a_layer_with_several_outputs_or_none_is_reported() {
    let x = sequences();
    let error = Lstm::new(3).return_state(true).apply(&x).unwrap_err();
    assert!(error.to_string().contains("expected one output, got 3; use `apply_all`"), "{error}");
    let error = Dense::new(3).apply(Vec::new()).unwrap_err();
    assert!(error.to_string().contains("expected at least one input, got none"), "{error}");
    let error = Input::new([Some(2)]).apply(&x).unwrap_err();
    assert!(error.to_string().contains("`tensor()`"), "{error}");
}

#[test]
fn an_argument_of_a_call_that_is_unknown_is_reported() {
    let arguments = [("use_causal_mask".to_owned(), Json::Bool(true))].into_iter().collect();
    let options = CallOptions { arguments, ..CallOptions::default() };
    let error = Dense::new(3).apply_with(sequences(), options).unwrap_err();
    assert!(error.to_string().contains("there is no argument `use_causal_mask` of `call`"), "{error}");
}
