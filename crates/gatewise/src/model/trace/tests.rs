use std::sync::Arc;

use ndarray::{Array, ArrayD, Axis};

use crate::functional::Apply;
use crate::layers::{
    Bidirectional, Dense, Embedding, Input, LayerOptions, Lstm, LstmTrace, Masking, MergeMode,
};
use crate::model::{Model, Predict};
use crate::sequential::Sequential;

/// Rounding of single precision in gates that are computed twice in different orders.
const TOLERANCE: f32 = 2e-6;

/// Data with different numbers, `[2, 5, 3]`; the last steps of the second sample are 0.
fn data() -> ArrayD<f32> {
    let number = |(i, t, f): (usize, usize, usize)| ((i * 31 + t * 17 + f * 7) % 23) as f32 / 11.0 - 0.95;
    Array::from_shape_fn((2, 5, 3), |(i, t, f)| if i == 1 && t > 2 { 0.0 } else { number((i, t, f)) })
        .into_dyn()
}

/// Fails unless the gates give the states by equations (3) and (4), where `is_used`.
fn assert_follows(trace: &LstmTrace, is_used: impl Fn(usize, usize) -> bool) {
    let (batch, time, units) = trace.c.dim();
    let mut checked = 0;
    for (row, step, unit) in ndarray::indices((batch, time, units)) {
        let at = [row, step, unit];
        let previous = if step > 0 { trace.c[[row, step - 1, unit]] } else { 0.0 };
        let (c, h) = match is_used(row, step) {
            true => {
                let c = trace.f[at] * previous + trace.i[at] * trace.g[at];
                (c, trace.o[at] * c.tanh())
            }
            false => (previous, if step > 0 { trace.h[[row, step - 1, unit]] } else { 0.0 }),
        };
        assert!((c - trace.c[at]).abs() < TOLERANCE, "c at {at:?}: {c} and {}", trace.c[at]);
        assert!((h - trace.h[at]).abs() < TOLERANCE, "h at {at:?}: {h} and {}", trace.h[at]);
        checked += 1;
    }
    assert_eq!(checked, batch * time * units);
}

#[test]
fn the_gates_give_the_states_and_the_states_are_what_the_layer_returns() {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([None, Some(3)])).unwrap();
    model.add(Lstm::new(4).return_sequences(true).with_name("first")).unwrap();
    model.add(Lstm::new(2).return_sequences(true).with_name("second")).unwrap();
    let x = data();
    let trace = model.trace("second", &x).unwrap();
    assert_follows(&trace, |_, _| true);
    assert_eq!(trace.h.into_dyn(), model.predict(&x).unwrap(), "the bits of the layer");
}

#[test]
fn masked_steps_keep_their_states() {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([None, Some(3)])).unwrap().add(Masking::new(0.0)).unwrap();
    model.add(Lstm::new(4).return_sequences(true)).unwrap();
    let trace = model.trace("lstm", &data()).unwrap();
    assert_follows(&trace, |row, step| row == 0 || step < 3);
}

#[test]
fn a_backward_layer_is_traced_in_the_order_in_which_it_runs() {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([None, Some(3)])).unwrap();
    model.add(Lstm::new(4).return_sequences(true).go_backwards(true)).unwrap();
    let x = data();
    let trace = model.trace("lstm", &x).unwrap();
    assert_follows(&trace, |_, _| true);
    assert_eq!(trace.h.into_dyn(), model.predict(&x).unwrap());
}

#[test]
fn a_trace_begins_with_the_states_that_the_graph_gives() {
    let tokens = Input::new([None]).tensor().unwrap();
    let source =
        Lstm::new(2).return_state(true).apply_all(Embedding::new(5, 3).apply(&tokens).unwrap()).unwrap();
    let target = Input::new([None, Some(3)]).tensor().unwrap();
    let decoded = Lstm::new(2)
        .with_name("decoder")
        .return_sequences(true)
        .apply([&target, &source[1], &source[2]])
        .unwrap();
    let model = Model::new([&tokens, &target], &decoded).unwrap();
    let ids = Array::from_shape_fn((2, 4), |(i, t)| ((i + t) % 5) as f32).into_dyn();
    let x = data();
    let trace = model.trace("decoder", [&ids, &x]).unwrap();
    assert_eq!(trace.h.into_dyn(), model.predict([&ids, &x]).unwrap());
}

#[test]
fn looking_at_a_stateful_model_leaves_its_states() {
    let layer = Arc::new(Lstm::new(2).stateful(true).return_sequences(true));
    let mut model = Sequential::new().with_seed(5);
    model.add(Input::new([None, Some(3)])).unwrap().add(Arc::clone(&layer)).unwrap();
    model.add(Lstm::new(1).with_name("after")).unwrap();
    let x = data();
    model.predict(&x).unwrap();
    let before = layer.states();
    model.trace("after", &x).unwrap();
    let trace = model.trace("lstm", &x).unwrap();
    assert_eq!(layer.states(), before);
    model.predict(&x).unwrap();
    let last = layer.states().unwrap().h;
    assert_eq!(trace.h.index_axis(Axis(1), 4), last, "the trace goes on from the states");
    assert_ne!(trace.h.index_axis(Axis(1), 4), before.unwrap().h);
}

#[test]
fn a_layer_that_is_no_lstm_or_not_there_is_reported() {
    let mut model = Sequential::new();
    model.add(Input::new([None, Some(3)])).unwrap().add(Lstm::new(2)).unwrap().add(Dense::new(1)).unwrap();
    let error = model.trace("dense", &data()).unwrap_err().to_string();
    assert_eq!(error, "dense: expected an LSTM to trace, got the class Dense");
    let error = model.trace("gru", &data()).unwrap_err().to_string();
    assert_eq!(error, "sequential: there is no layer \"gru\", the layers are: lstm, dense");
}

#[test]
fn both_directions_of_a_bidirectional_layer_are_traced() {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([None, Some(3)])).unwrap().add(Masking::new(0.0)).unwrap();
    let both = Bidirectional::new(Lstm::new(2).return_sequences(true)).merge_mode(MergeMode::None);
    model.add(both).unwrap();
    let x = data();
    let outputs = model.predict_all(&x, Predict::default()).unwrap();
    let ahead = model.trace("bidirectional/forward_lstm", &x).unwrap();
    let back = model.trace("bidirectional/backward_lstm", &x).unwrap();
    let mut back = back.h;
    back.invert_axis(Axis(1));
    for (traced, output) in [(ahead.h, &outputs[0]), (back, &outputs[1])] {
        for ((row, step, unit), h) in traced.indexed_iter() {
            // Masked steps are zero in the output; the trace shows the state that is held.
            let expected = if row == 0 || step < 3 { *h } else { 0.0 };
            assert_eq!(output[[row, step, unit]], expected);
        }
    }
    let error = model.trace("bidirectional", &x).unwrap_err().to_string();
    let text =
        "bidirectional: expected \"bidirectional/forward_lstm\" or \"bidirectional/backward_lstm\", got \"\"";
    assert_eq!(error, text);
    let error = model.trace("masking/lstm", &x).unwrap_err().to_string();
    assert_eq!(error, "masking: there is no layer \"lstm\" inside the class Masking");
}

#[test]
fn a_direction_is_traced_from_its_half_of_the_states() {
    let states: Vec<_> = (0..4).map(|_| Input::new([Some(2)]).tensor().unwrap()).collect();
    let sequence = Input::new([None, Some(3)]).tensor().unwrap();
    let all = [&sequence, &states[0], &states[1], &states[2], &states[3]];
    let both = Bidirectional::new(Lstm::new(2)).with_name("both").apply(all).unwrap();
    let model = Model::new(all, &both).unwrap();
    let x = data();
    let start = |at: usize| Array::from_shape_fn((2, 2), |(i, u)| (at * 4 + i * 2 + u) as f32 / 8.0 - 1.0);
    let start: Vec<ArrayD<f32>> = (0..4).map(|at| start(at).into_dyn()).collect();
    let arrays = [&x, &start[0], &start[1], &start[2], &start[3]];
    let y = model.predict(arrays).unwrap();
    for (name, half) in [("both/forward_lstm", 0), ("both/backward_lstm", 2)] {
        let trace = model.trace(name, arrays).unwrap();
        let last = y.slice_axis(Axis(1), (half..half + 2).into());
        assert_eq!(trace.h.index_axis(Axis(1), 4).into_dyn(), last);
    }
}
