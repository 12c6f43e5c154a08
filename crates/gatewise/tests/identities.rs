//! Equalities that hold bit for bit: of streams and batches, of threads, of masks and shorter sequences.

#![allow(missing_docs)]

use gatewise::callbacks::History;
use gatewise::layers::{
    self, BatchNormalization, Bidirectional, Dense, Dropout, Input, Layer, Lstm, LstmState, Masking,
};
use gatewise::{Activation, Compile, Fit, Sequential};
use ndarray::{Array, ArrayD, Axis, Slice, concatenate};

/// Numbers that look random but are the same in every run.
fn numbers(shape: &[usize], seed: u32) -> ArrayD<f32> {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
    Array::from_shape_fn(shape, |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    })
}

fn steps(x: &ArrayD<f32>, from: usize, to: usize) -> ArrayD<f32> {
    x.slice_axis(Axis(1), Slice::from(from..to)).to_owned()
}

fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(work)
}

fn bits(array: &ArrayD<f32>) -> Vec<u32> {
    array.iter().map(|x| x.to_bits()).collect()
}

/// Layers whose steps depend on nothing but the state: all kinds of activations.
fn streaming_layers() -> Vec<Lstm> {
    let own = Activation::custom("x_tanh_x", |b, x| b.mul(x, b.tanh(x)?));
    vec![
        Lstm::new(1),
        Lstm::new(7),
        Lstm::new(33).use_bias(false),
        Lstm::new(16).recurrent_activation("hard_sigmoid"),
        Lstm::new(9).activation("softsign"),
        Lstm::new(9).activation(own).recurrent_activation("softmax"),
    ]
}

#[test]
fn a_stream_of_single_steps_has_the_bits_of_one_call() {
    for batch in [1, 2, 5] {
        for layer in streaming_layers() {
            let layer = layer.return_sequences(true);
            let x = numbers(&[batch, 6, 3], 1);
            let mut state = LstmState::zeros(batch, layer.units());
            let (whole, last) = layer.forward(&x, &state).unwrap();
            let mut parts = Vec::new();
            for t in 0..6 {
                let (y, next) = layer.forward(&steps(&x, t, t + 1), &state).unwrap();
                parts.push(y);
                state = next;
            }
            let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
            let joined = concatenate(Axis(1), &views).unwrap();
            assert_eq!(bits(&joined), bits(&whole), "{} units, batch {batch}", layer.units());
            assert_eq!(state, last);
        }
    }
}

#[test]
fn a_stateful_layer_joins_its_batches_to_one_sequence() {
    let make = |stateful: bool| {
        let mut model = Sequential::new().with_seed(5);
        model.add(Input::batch([Some(3), None, Some(2)])).unwrap();
        model.add(Lstm::new(8).return_sequences(true).stateful(stateful)).unwrap();
        model.add(Lstm::new(4).return_sequences(true).stateful(stateful)).unwrap();
        model
    };
    let x = numbers(&[3, 8, 2], 2);
    let whole = make(false).predict(&x).unwrap();
    let stateful = make(true);
    let first = stateful.predict(&steps(&x, 0, 5)).unwrap();
    let second = stateful.predict(&steps(&x, 5, 8)).unwrap();
    let joined = concatenate(Axis(1), &[first.view(), second.view()]).unwrap();
    assert_eq!(bits(&joined), bits(&whole));
    stateful.reset_states();
    assert_eq!(bits(&stateful.predict(&x).unwrap()), bits(&whole), "a reset forgets everything");
}

#[test]
fn a_right_padded_sequence_ends_as_the_shorter_one() {
    let mut model = Sequential::new().with_seed(6);
    model.add(Input::new([None, Some(2)])).unwrap();
    model.add(Masking::new(9.0)).unwrap();
    model.add(Lstm::new(5).return_sequences(true)).unwrap();
    model.add(Lstm::new(3)).unwrap();
    let x = numbers(&[2, 4, 2], 3);
    let padding = ArrayD::from_elem(vec![2, 3, 2], 9.0);
    let padded = concatenate(Axis(1), &[x.view(), padding.view()]).unwrap();
    assert_eq!(bits(&model.predict(&padded).unwrap()), bits(&model.predict(&x).unwrap()));
}

#[test]
fn a_reversed_input_read_backwards_is_the_input() {
    let x = numbers(&[2, 5, 3], 4);
    let mut reversed = x.clone();
    reversed.invert_axis(Axis(1));
    let forwards = Lstm::new(6).return_sequences(true);
    let backwards = Lstm::new(6).return_sequences(true).go_backwards(true);
    let y = layers::call(&forwards, &[x], 11).unwrap();
    let z = layers::call(&backwards, &[reversed.as_standard_layout().to_owned()], 11).unwrap();
    assert_eq!(bits(&y[0]), bits(&z[0]));
}

/// A training with every source of randomness, on any number of threads.
fn train(seed: u64, threads: usize) -> (History, Vec<ArrayD<f32>>, ArrayD<f32>) {
    on_threads(threads, || {
        let mut model = Sequential::new().with_seed(seed);
        model.add(Input::new([None, Some(3)])).unwrap();
        model.add(Lstm::new(24).return_sequences(true).dropout(0.2).recurrent_dropout(0.3)).unwrap();
        model.add(Dropout::new(0.25)).unwrap().add(BatchNormalization::new()).unwrap();
        model.add(Bidirectional::new(Lstm::new(17).dropout(0.1))).unwrap();
        model.add(Dense::new(2)).unwrap();
        model.compile(Compile::new("adam", "mse")).unwrap();
        let (x, y) = (numbers(&[150, 20, 3], 7), numbers(&[150, 2], 8));
        let fit = Fit { epochs: 2, batch_size: Some(64), validation_split: 0.1, ..Fit::default() };
        let history = model.fit(&x, &y, fit).unwrap();
        let prediction = model.predict(&x).unwrap();
        (history, model.get_weights(), prediction)
    })
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    let (history, weights, prediction) = train(1, 1);
    for threads in [2, 3, 5] {
        let (again, other_weights, other_prediction) = train(1, threads);
        assert_eq!(history, again, "{threads} threads");
        for (a, b) in weights.iter().zip(&other_weights) {
            assert_eq!(bits(a), bits(b), "{threads} threads");
        }
        assert_eq!(bits(&prediction), bits(&other_prediction), "{threads} threads");
    }
}

#[test]
fn another_seed_gives_other_weights_and_another_curve() {
    let (first, ..) = train(1, 2);
    let (second, ..) = train(2, 2);
    assert_ne!(first, second);
}

#[test]
fn dropout_draws_other_masks_at_every_step_and_none_in_inference() {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([None, Some(3)])).unwrap();
    model.add(Lstm::new(8).dropout(0.5)).unwrap();
    model
        .compile(Compile::new(
            gatewise::optimizers::Sgd { learning_rate: 1e-30.into(), ..Default::default() },
            "mse",
        ))
        .unwrap();
    let (x, y) = (numbers(&[16, 5, 3], 1), numbers(&[16, 8], 2));
    let losses: Vec<f64> = (0..3).map(|_| model.train_on_batch(&x, &y).unwrap()["loss"]).collect();
    assert!(losses[0] != losses[1] && losses[1] != losses[2], "{losses:?}");
    assert_eq!(bits(&model.predict(&x).unwrap()), bits(&model.predict(&x).unwrap()));
}

#[test]
fn a_trained_model_is_shared_by_threads() {
    let mut model = Sequential::new().with_seed(4);
    model.add(Input::new([None, Some(3)])).unwrap();
    model.add(Lstm::new(12)).unwrap();
    let inputs: Vec<ArrayD<f32>> = (0..8).map(|seed| numbers(&[3, 10, 3], seed)).collect();
    let expected: Vec<ArrayD<f32>> = inputs.iter().map(|x| model.predict(x).unwrap()).collect();
    std::thread::scope(|scope| {
        for (x, expected) in inputs.iter().zip(&expected) {
            let model = &model;
            scope.spawn(move || {
                for _ in 0..20 {
                    assert_eq!(bits(&model.predict(x).unwrap()), bits(expected));
                }
            });
        }
    });
}

#[test]
fn a_smaller_last_batch_of_a_stateful_layer_keeps_the_other_rows() {
    let layer = Lstm::new(4).stateful(true).return_sequences(true);
    let x = numbers(&[3, 2, 2], 1);
    layers::call(&layer, &[x], 1).unwrap();
    let before = layer.states().expect("states are kept");
    layers::call(&layer, &[numbers(&[2, 2, 2], 2)], 1).unwrap();
    let after = layer.states().expect("states are kept");
    assert_eq!(after.h.row(2), before.h.row(2));
    assert_ne!(after.h.row(0), before.h.row(0));
    layer.reset_states();
    assert!(layer.states().is_none());
}
