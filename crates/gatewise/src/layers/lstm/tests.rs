use std::sync::Arc;

use ndarray::{ArrayD, Axis, Slice};
use serde_json::json;

use super::*;
use crate::initializers::Constant;
use crate::layers::{Input, LayerOptions, deserialize, eager, get_config, serialize};
use crate::ops::testing;
use crate::sequential::Sequential;

/// Different numbers between −1 and 1.
fn numbers(shape: &[usize], start: usize) -> ArrayD<f32> {
    testing::numbers(shape, start).mapv(|x| x as f32)
}

/// The layer with weights for inputs of three features.
fn built(layer: Lstm) -> Lstm {
    eager::build(&layer, &[Shape::new([None, None, Some(3)])], 7).unwrap();
    layer
}

/// Steps `range` of `[batch, time, features]`.
fn steps(x: &ArrayD<f32>, range: std::ops::Range<usize>) -> ArrayD<f32> {
    x.slice_axis(Axis(1), Slice::from(range)).to_owned()
}

/// A stateful model around one layer of two units, and the layer.
fn stateful_model() -> (Sequential, Arc<Lstm>) {
    let layer = Arc::new(Lstm::new(2).stateful(true));
    let mut model = Sequential::new().with_seed(5);
    model.add(Input::new([None, Some(3)])).unwrap().add(Arc::clone(&layer)).unwrap();
    (model, layer)
}

/// Rows `range` of a state.
fn rows(state: &LstmState, range: std::ops::Range<usize>) -> LstmState {
    let cut = |array: &ndarray::Array2<f32>| array.slice_axis(Axis(0), Slice::from(range.clone())).to_owned();
    LstmState { h: cut(&state.h), c: cut(&state.c) }
}

fn zero_state(batch: usize) -> LstmState {
    LstmState::zeros(batch, 2)
}

#[test]
fn every_argument_comes_back_from_the_configuration() {
    let layer = Lstm::new(5)
        .activation("softsign")
        .recurrent_activation("hard_sigmoid")
        .use_bias(false)
        .unit_forget_bias(false)
        .kernel_initializer("he_uniform")
        .recurrent_initializer("glorot_normal")
        .bias_initializer("ones")
        .kernel_regularizer("l1")
        .recurrent_regularizer("l2")
        .bias_regularizer("l1l2")
        .activity_regularizer("l2")
        .kernel_constraint("max_norm")
        .recurrent_constraint("unit_norm")
        .bias_constraint("non_neg")
        .dropout(0.1)
        .recurrent_dropout(0.2)
        .seed(11)
        .return_sequences(true)
        .return_state(true)
        .go_backwards(true)
        .stateful(true)
        .unroll(true)
        .zero_output_for_mask(true)
        .implementation(1)
        .with_name("everything");
    let (config, defaults) = (get_config(&layer), get_config(&Lstm::new(4)));
    // Every argument but these differs from its default, so that one that is lost is seen.
    let same: Vec<&String> = config.keys().filter(|key| defaults.get(*key) == config.get(*key)).collect();
    assert_eq!(same, ["trainable", "dtype"]);
    let again = deserialize(&serialize(&layer)).unwrap();
    assert_eq!(get_config(&*again), config);
    assert_eq!(config["dropout"], json!(0.1));
}

#[test]
fn the_state_as_a_value_joins_calls_to_the_bits_of_one_call() {
    let layer = built(Lstm::new(2).return_sequences(true));
    let x = numbers(&[4, 6, 3], 0);
    let (whole, last) = layer.forward(&x, &zero_state(4)).unwrap();
    let mut state = zero_state(4);
    for step in 0..6 {
        let (y, next) = layer.forward(&steps(&x, step..step + 1), &state).unwrap();
        assert_eq!(y, steps(&whole, step..step + 1), "step {step}");
        state = next;
    }
    assert_eq!(state, last);
}

#[test]
fn forward_does_not_touch_the_states_that_the_layer_keeps() {
    let layer = built(Lstm::new(2).stateful(true));
    let x = numbers(&[2, 4, 3], 0);
    let (first, _) = layer.forward(&x, &zero_state(2)).unwrap();
    assert!(layer.states().is_none());
    let kept = LstmState { h: ndarray::Array2::ones((2, 2)), c: ndarray::Array2::ones((2, 2)) };
    layer.reset_states_to(kept.clone()).unwrap();
    assert_eq!(layer.forward(&x, &zero_state(2)).unwrap().0, first);
    assert_eq!(layer.states(), Some(kept));
}

#[test]
fn a_stateful_layer_goes_on_from_the_batch_before() {
    let (model, layer) = stateful_model();
    let x = numbers(&[4, 7, 3], 0);
    let (whole, state) = layer.forward(&x, &zero_state(4)).unwrap();
    model.predict(&steps(&x, 0..4)).unwrap();
    assert_eq!(model.predict(&steps(&x, 4..7)).unwrap(), whole);
    assert_eq!(layer.states(), Some(state));
}

#[test]
fn states_are_forgotten_by_reset_states_only() {
    let (model, layer) = stateful_model();
    let x = numbers(&[2, 3, 3], 0);
    let first = model.predict(&x).unwrap();
    assert_ne!(model.predict(&x).unwrap(), first);
    model.reset_states();
    assert!(layer.states().is_none());
    assert_eq!(model.predict(&x).unwrap(), first);
}

#[test]
fn states_can_be_set() {
    let (model, layer) = stateful_model();
    let x = numbers(&[2, 3, 3], 0);
    let (_, middle) = layer.forward(&x, &zero_state(2)).unwrap();
    layer.reset_states_to(middle.clone()).unwrap();
    let (expected, _) = layer.forward(&x, &middle).unwrap();
    assert_eq!(model.predict(&x).unwrap(), expected);
}

#[test]
fn a_smaller_last_batch_moves_the_states_of_its_samples_only() {
    let (model, layer) = stateful_model();
    model.predict(&numbers(&[4, 3, 3], 0)).unwrap();
    let before = layer.states().unwrap();
    let x = numbers(&[2, 3, 3], 50);
    let (expected, next) = layer.forward(&x, &rows(&before, 0..2)).unwrap();
    assert_eq!(model.predict(&x).unwrap(), expected);
    let after = layer.states().unwrap();
    assert_eq!(rows(&after, 0..2), next);
    assert_eq!(rows(&after, 2..4), rows(&before, 2..4));
}

#[test]
fn samples_of_a_larger_batch_start_from_zeros() {
    let (model, layer) = stateful_model();
    model.predict(&numbers(&[1, 3, 3], 0)).unwrap();
    let kept = layer.states().unwrap();
    let mut start = zero_state(3);
    start.h.row_mut(0).assign(&kept.h.row(0));
    start.c.row_mut(0).assign(&kept.c.row(0));
    let x = numbers(&[3, 3, 3], 50);
    let (expected, next) = layer.forward(&x, &start).unwrap();
    assert_eq!(model.predict(&x).unwrap(), expected);
    assert_eq!(layer.states(), Some(next));
}

#[test]
fn the_forget_part_of_the_bias_starts_at_one_and_the_others_as_they_are_told() {
    let bias = |layer: Lstm| built(layer).variables()[2].value().iter().copied().collect::<Vec<f32>>();
    assert_eq!(bias(Lstm::new(1)), [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(bias(Lstm::new(1).unit_forget_bias(false)), [0.0; 4]);
    let half = || Lstm::new(2).bias_initializer(Constant { value: 0.5 });
    assert_eq!(bias(half()), [0.5, 0.5, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]);
    assert_eq!(bias(half().unit_forget_bias(false)), [0.5; 8]);
    assert_eq!(built(Lstm::new(2).use_bias(false)).variables().len(), 2);
}

#[test]
fn recurrent_dropout_and_the_first_implementation_draw_a_mask_for_each_gate() {
    use DropoutForm::{None, PerGate, Shared};
    let forms = |layer: Lstm| layer.dropout_forms();
    assert_eq!(forms(Lstm::new(2)), (None, None));
    assert_eq!(forms(Lstm::new(2).dropout(0.5)), (Shared, None));
    assert_eq!(forms(Lstm::new(2).dropout(0.5).implementation(1)), (PerGate, None));
    assert_eq!(forms(Lstm::new(2).recurrent_dropout(0.5)), (None, PerGate));
    assert_eq!(forms(Lstm::new(2).dropout(0.5).recurrent_dropout(0.5)), (PerGate, PerGate));
}

/// The output of the layer in this mode, for the same inputs and weights each time.
fn output(layer: Lstm, mode: Mode, call: LstmCall) -> ArrayD<f32> {
    let layer = built(layer);
    let (b, inputs) = (Builder::new(mode), numbers(&[3, 4, 3], 0));
    let x = Tensor::new(b.input("x", &Shape::known(inputs.shape())));
    let outputs = layer.call_with(&b, x, call).unwrap();
    b.evaluate(&[outputs[0].value], &[inputs]).unwrap().remove(0)
}

#[test]
fn the_same_seed_drops_the_same_and_another_drops_others() {
    let layer = |seed| Lstm::new(4).dropout(0.5).recurrent_dropout(0.5).seed(seed);
    let train = |seed| output(layer(seed), Mode::Training, LstmCall::default());
    assert_eq!(train(1), train(1));
    assert_ne!(train(1), train(2));
}

#[test]
fn nothing_is_dropped_in_inference_unless_the_call_says_so() {
    let dropping = || Lstm::new(4).dropout(0.5).recurrent_dropout(0.5).seed(1);
    let plain = output(Lstm::new(4), Mode::Inference, LstmCall::default());
    let training = |training| LstmCall { training: Some(training), ..LstmCall::default() };
    assert_eq!(output(dropping(), Mode::Inference, LstmCall::default()), plain);
    assert_eq!(output(dropping(), Mode::Training, training(false)), plain);
    let dropped = output(dropping(), Mode::Inference, training(true));
    assert_eq!(dropped, output(dropping(), Mode::Training, LstmCall::default()));
    assert_ne!(dropped, plain);
}

#[test]
fn a_mask_goes_on_with_sequences_and_ends_with_the_last_output() {
    for (return_sequences, goes_on) in [(true, true), (false, false)] {
        let layer = built(Lstm::new(2).return_sequences(return_sequences).return_state(true));
        let b = Builder::new(Mode::Inference);
        let x = b.input("x", &Shape::known(&[2, 4, 3]));
        let mask = b.input("mask", &Shape::known(&[2, 4]));
        let outputs = layer.call(&b, &[Tensor { value: x, mask: Some(mask) }]).unwrap();
        assert_eq!(outputs[0].mask, goes_on.then_some(mask));
        assert_eq!(outputs.len(), 3);
        assert!(outputs[1..].iter().all(|state| state.mask.is_none()));
    }
}

#[test]
fn states_given_as_further_inputs_are_where_the_layer_begins() {
    let layer = built(Lstm::new(2).return_state(true));
    let (x, h, c) = (numbers(&[2, 4, 3], 0), numbers(&[2, 2], 40), numbers(&[2, 2], 60));
    let got = eager::call(&layer, &[x.clone(), h.clone(), c.clone()], 0).unwrap();
    let matrix = |array: ArrayD<f32>| array.into_dimensionality().unwrap();
    let (y, next) = layer.forward(&x, &LstmState { h: matrix(h), c: matrix(c) }).unwrap();
    assert_eq!(got, [y, next.h.into_dyn(), next.c.into_dyn()]);
}

#[test]
fn an_activity_penalty_counts_all_outputs_divided_by_the_batch() {
    let layer = built(Lstm::new(2).return_state(true).activity_regularizer("l2"));
    let (b, inputs) = (Builder::new(Mode::Training), numbers(&[4, 3, 3], 0));
    let x = Tensor::new(b.input("x", &Shape::known(inputs.shape())));
    let outputs = layer.call(&b, &[x]).unwrap();
    let mut values: Vec<Value> = outputs.iter().map(|output| output.value).collect();
    values.extend(b.losses());
    let got = b.evaluate(&values, &[inputs]).unwrap();
    for (output, penalty) in got[..3].iter().zip(&got[3..]) {
        let expected = 0.01 * output.iter().map(|x| x * x).sum::<f32>() / 4.0;
        assert!((penalty.sum() - expected).abs() < 1e-7, "{penalty} {expected}");
    }
    assert_eq!(got.len(), 6);
}
