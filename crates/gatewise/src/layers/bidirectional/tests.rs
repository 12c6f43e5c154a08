use ndarray::{ArrayD, Axis};
use serde_json::{Map, Value as Json, json};

use super::*;
use crate::builder::Mode;
use crate::functional::Apply;
use crate::graph::Value;
use crate::layers::{
    self, Cell, Dense, Gru, GruCell, Input, LayerOptions, Lstm, Rnn, SimpleRnn, StackedRnnCells, call_cell,
    deserialize, eager, get_config,
};
use crate::model::{Compile, Fit, Model, StreamState};
use crate::ops::testing;
use crate::sequential::Sequential;

/// Different numbers between −1 and 1.
fn numbers(shape: &[usize], start: usize) -> ArrayD<f32> {
    testing::numbers(shape, start).mapv(|x| x as f32)
}

fn text<T>(result: Result<T>) -> String {
    result.err().expect("a mistake").to_string()
}

/// A cell that adds up its inputs and does not say how it is made again.
#[derive(Debug, Default)]
struct Sum {
    base: LayerBase,
}

impl Layer for Sum {
    fn class_name(&self) -> &str {
        "Sum"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        call_cell(self, b, inputs)
    }

    fn own_config(&self) -> Map<String, Json> {
        Map::new()
    }
}

impl Cell for Sum {
    fn state_shapes(&self, inputs: &Shape) -> Result<Vec<Shape>> {
        Ok(vec![inputs.clone()])
    }

    fn advance(&self, b: &Builder, x: Value, states: &[Value]) -> Result<(Value, Vec<Value>)> {
        let sum = b.add(x, states[0])?;
        Ok((sum, vec![sum]))
    }
}

#[test]
fn it_is_the_two_layers_one_of_them_turned_round() {
    let layer = Bidirectional::new(Lstm::new(2).return_sequences(true));
    let x = [numbers(&[3, 4, 5], 0)];
    let both = eager::call(&layer, &x, 7).unwrap().remove(0);
    let ahead = eager::call(&**layer.forward(), &x, 0).unwrap().remove(0);
    let mut back = eager::call(&**layer.backward().unwrap(), &x, 0).unwrap().remove(0);
    back.invert_axis(Axis(1));
    assert_eq!(both, ndarray::concatenate![Axis(2), ahead, back]);
    assert_ne!(ahead, back);
}

#[test]
fn padding_at_either_end_is_as_if_it_were_not_there() {
    let layer = Bidirectional::new(Gru::new(3)).merge_mode(MergeMode::Ave);
    let x = numbers(&[2, 5, 4], 3);
    let whole = eager::call(&layer, std::slice::from_ref(&x), 1).unwrap().remove(0);
    for (before, after) in [(2, 0), (0, 3), (1, 1)] {
        let rows = |steps| numbers(&[2, steps, 4], 50);
        let padded = ndarray::concatenate![Axis(1), rows(before), x, rows(after)];
        let steps = before + 5 + after;
        let is_used = |step: usize| if (before..before + 5).contains(&step) { 1.0 } else { 0.0 };
        let mask = ArrayD::from_shape_fn(vec![2, steps], |at| is_used(at[1]));
        let b = Builder::new(Mode::Inference);
        let mut tensor = Tensor::new(b.input("x", &Shape::known(padded.shape())));
        tensor.mask = Some(b.input("mask", &Shape::known(mask.shape())));
        let y = layer.call(&b, &[tensor]).unwrap()[0].value;
        assert_eq!(b.evaluate(&[y], &[padded, mask]).unwrap()[0], whole);
    }
}

#[test]
fn the_directions_drop_each_their_own() {
    // Ones in, an identity as kernel and nothing of the state: the output of a step is the mask that was drawn.
    let inside = SimpleRnn::new(32)
        .activation("linear")
        .kernel_initializer("identity")
        .recurrent_initializer("zeros")
        .dropout(0.5)
        .seed(3);
    let layer = Bidirectional::new(inside).merge_mode(MergeMode::None);
    let b = Builder::new(Mode::Training);
    let x = b.input("x", &Shape::known(&[2, 3, 32]));
    eager::build(&layer, &[b.shape(x)], 0).unwrap();
    let outputs = layer.call(&b, &[Tensor::new(x)]).unwrap();
    let values: Vec<Value> = outputs.iter().map(|output| output.value).collect();
    let drawn = b.evaluate(&values, &[ArrayD::ones(vec![2, 3, 32])]).unwrap();
    assert!(drawn[0].iter().all(|x| [0.0, 2.0].contains(x)), "{drawn:?}");
    assert_ne!(drawn[0], drawn[1]);
}

#[test]
fn states_are_kept_forward_and_then_backward_and_forgotten_together() {
    let inside = Rnn::new(StackedRnnCells::new().cell(GruCell::new(2)).cell(GruCell::new(3)));
    let layer = Bidirectional::new(inside.stateful(true).return_state(true));
    let x = [numbers(&[2, 4, 3], 0)];
    let outputs = eager::call(&layer, &x, 5).unwrap();
    assert_eq!(layer.states().unwrap(), outputs[1..]);
    assert_eq!(outputs[1..].iter().map(|state| state.shape()[1]).collect::<Vec<_>>(), [2, 3, 2, 3]);
    let second = eager::call(&layer, &x, 5).unwrap();
    assert_ne!(second, outputs);
    layer.reset_states();
    assert_eq!(layer.states(), None);
    assert_eq!(eager::call(&layer, &x, 5).unwrap(), outputs);
}

#[test]
fn states_that_are_given_are_halved() {
    let layer = Bidirectional::new(Lstm::new(2)).merge_mode(MergeMode::None);
    let x = numbers(&[3, 4, 5], 0);
    let states: Vec<ArrayD<f32>> = (0..4).map(|index| numbers(&[3, 2], 7 * index)).collect();
    let call = |layer: &dyn Layer, states: &[ArrayD<f32>]| {
        eager::call(layer, &[std::slice::from_ref(&x), states].concat(), 1).unwrap()
    };
    let both = call(&layer, &states);
    assert_eq!(both[0], call(&**layer.forward(), &states[..2])[0]);
    assert_eq!(both[1], call(&**layer.backward().unwrap(), &states[2..])[0]);
    let odd = eager::call(&layer, &[vec![x.clone()], states[..3].to_vec()].concat(), 1);
    let expected = "bidirectional: expected as many initial states for the backward layer as for the forward layer, \
                    got 3 in all";
    assert_eq!(text(odd), expected);
}

#[test]
fn the_wrapper_sets_what_masked_steps_give() {
    let form = |layer: &Bidirectional| {
        [layer.forward().form(), layer.backward().unwrap().form()].map(|form| form.zero_output_for_mask)
    };
    assert_eq!(form(&Bidirectional::new(Lstm::new(2).return_sequences(true))), [true, true]);
    assert_eq!(form(&Bidirectional::new(Gru::new(2).zero_output_for_mask(true))), [false, false]);
    let backward = Lstm::new(2).return_sequences(true).go_backwards(true);
    let layer = Bidirectional::new(Lstm::new(2).return_sequences(true)).backward_layer(backward);
    assert_eq!(form(&layer), [true, true]);
}

#[test]
fn a_frozen_wrapper_freezes_both_directions() {
    for (layer, trained) in [
        (Bidirectional::new(Lstm::new(2)).trainable(false), 0),
        (Bidirectional::new(Lstm::new(2).trainable(false)), 0),
        (Bidirectional::new(Lstm::new(2)), 6),
    ] {
        let mut model = Sequential::new().with_seed(1);
        model.add(Input::new([None, Some(3)])).unwrap().add(layer).unwrap().add(Dense::new(1)).unwrap();
        model.compile(Compile::new("sgd", "mse")).unwrap();
        let before = model.get_weights();
        let (x, y) = (numbers(&[4, 5, 3], 0), numbers(&[4, 1], 9));
        model.fit(&x, &y, Fit { epochs: 1, ..Fit::default() }).unwrap();
        let changed = before.iter().zip(model.get_weights()).filter(|(before, after)| *before != after);
        assert_eq!(changed.count(), trained + 2);
    }
}

#[test]
fn a_cell_that_cannot_be_made_again_needs_a_backward_layer() {
    let alone = Bidirectional::new(Rnn::new(Sum::default()));
    let expected =
        "sum: the cell cannot be made a second time; implement `Cell::fresh`, or give a `backward_layer`";
    assert_eq!(text(alone.check()), expected);
    let x = [numbers(&[2, 3, 4], 0)];
    assert_eq!(text(eager::call(&alone, &x, 0)), expected);
    let layer = Bidirectional::new(Rnn::new(Sum::default()))
        .backward_layer(Rnn::new(Sum::default()).go_backwards(true))
        .merge_mode(MergeMode::Sum);
    let y = eager::call(&layer, &x, 0).unwrap().remove(0);
    let worst = (&y - 2.0 * x[0].sum_axis(Axis(1))).iter().fold(0.0f32, |worst, x| worst.max(x.abs()));
    assert!(worst < 1e-6, "{worst}");
}

#[test]
fn layers_that_do_not_go_together_are_refused() {
    let pairs = [
        (
            Bidirectional::new(Lstm::new(2)).backward_layer(Lstm::new(2)),
            "bidirectional: expected a forward and a backward layer that differ in `go_backwards`, got false for both",
        ),
        (
            Bidirectional::new(Lstm::new(2).go_backwards(true)),
            "bidirectional: expected a forward and a backward layer that differ in `go_backwards`, got true for both",
        ),
        (
            Bidirectional::new(Lstm::new(2)).backward_layer(Lstm::new(2).go_backwards(true).stateful(true)),
            "bidirectional: expected a forward and a backward layer with the same `stateful`, got false and true",
        ),
        (Bidirectional::new(Gru::new(0)), "forward_gru: `units` must be at least 1, got 0"),
        (
            Bidirectional::new(Gru::new(2)).activity_regularizer("l3"),
            "bidirectional: `activity_regularizer`: expected one of l1, l1_l2, l2, orthogonal_regularizer, got \"l3\"",
        ),
    ];
    for (layer, expected) in pairs {
        let got = text(layer.check());
        let expected_start = expected.split(": expected one of").next().expect("a text");
        assert!(got.starts_with(expected_start), "{got}");
    }
    let other = Lstm::new(3).go_backwards(true);
    let layer = Bidirectional::new(Lstm::new(2)).backward_layer(other).merge_mode(MergeMode::Mul);
    let got = text(eager::call(&layer, &[numbers(&[1, 2, 3], 0)], 0));
    assert_eq!(got, "bidirectional: expected both directions to return one shape, got [1, 2] and [1, 3]");
}

#[test]
fn configurations_that_do_not_fit_are_refused() {
    let inside = json!({"class_name": "LSTM", "config": {"units": 2}});
    let wrong = [
        (
            json!({"layer": inside, "merge_mode": "join"}),
            "Bidirectional: `merge_mode` must be one of concat, sum, mul, ave or null, got \"join\"",
        ),
        (
            json!({"layer": {"class_name": "Dense", "config": {"units": 2}}}),
            "Bidirectional: the class \"Dense\" is not supported inside, known are: LSTM, RNN, GRU, SimpleRNN, ConvLSTM1D, \
             ConvLSTM2D, ConvLSTM3D",
        ),
        (json!({}), "Bidirectional: the configuration lacks the argument `layer`"),
    ];
    for (config, expected) in wrong {
        let got = deserialize(&json!({"class_name": "Bidirectional", "config": config}));
        assert_eq!(text(got), expected);
    }
    // Keras 2 writes the layer once, and the mode of no merging as null.
    let short = json!({"class_name": "Bidirectional", "config": {"layer": inside, "merge_mode": null}});
    let layer = deserialize(&short).unwrap();
    let same = Bidirectional::new(Lstm::new(2)).merge_mode(MergeMode::None);
    assert_eq!(get_config(&*layer), get_config(&same));
}

#[test]
fn it_cannot_be_streamed_and_says_why() {
    let mut model = Sequential::new().with_seed(1);
    model.add(Input::new([None, Some(3)])).unwrap();
    model.add(Bidirectional::new(Lstm::new(2)).with_name("both")).unwrap();
    let step = model.step(&numbers(&[1, 3], 0), StreamState::default());
    let expected = "both: the layer (Bidirectional) cannot take one step at a time: its backward direction begins at the \
                    last step";
    assert_eq!(text(step), expected);
}

#[test]
fn its_values_and_layers_can_be_reached_in_a_model() {
    let sequence = Input::new([None, Some(3)]).tensor().unwrap();
    let shared = Arc::new(Bidirectional::new(Lstm::new(2).return_sequences(true)).with_name("both"));
    let first = shared.apply(&sequence).unwrap();
    let other = Input::new([None, Some(3)]).tensor().unwrap();
    let second = shared.apply(&other).unwrap();
    let model = Model::new([&sequence, &other], [&first, &second]).unwrap();
    assert_eq!(model.get_weights().len(), 6);
    let found = model.get_layer("both").unwrap().downcast_ref::<Bidirectional>().unwrap();
    let ahead: &dyn Layer = &**found.forward();
    assert_eq!(ahead.downcast_ref::<Lstm>().unwrap().units(), 2);
    assert_eq!(ahead.variables()[0].path(), "both/forward_lstm/lstm_cell/kernel");
    let inner = Model::new(&sequence, model.output_of("both").unwrap()).unwrap();
    let x = numbers(&[2, 4, 3], 0);
    let y = inner.predict(&x).unwrap();
    assert_eq!(y.shape(), [2, 4, 4]);
    // The same model as a layer of another.
    let outer = Input::new([None, Some(3)]).tensor().unwrap();
    let again = Model::new(&outer, (&inner).apply(&outer).unwrap()).unwrap();
    assert_eq!(again.predict(&x).unwrap(), y);
}

#[test]
fn gradients_are_those_of_central_differences() {
    for mode in [MergeMode::Concat, MergeMode::Sum, MergeMode::Mul, MergeMode::Ave] {
        let layer = Bidirectional::new(Lstm::new(2).return_sequences(true)).merge_mode(mode);
        let x = numbers(&[2, 3, 3], 1);
        layers::call(&layer, std::slice::from_ref(&x), 4).unwrap();
        testing::assert_gradients(&[x.mapv(f64::from)], &[0], &|b, x| {
            Ok(layer.call(b, &[Tensor::new(x[0])])?[0].value)
        });
    }
}
