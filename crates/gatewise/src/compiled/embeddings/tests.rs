use ndarray::ArrayD;

use super::*;
use crate::builder::{Builder, Mode};
use crate::compiled::Compiled;
use crate::layers::{Bidirectional, Dense, Embedding, Gru, Input, Lstm as LstmLayer, SimpleRnn};
use crate::model::RunnerOptions;
use crate::sequential::Sequential;
use crate::{Error, WeightsDtype};

use crate::ops::lstm::Lstm;
use crate::ops::testing::lstm::{SMALL, emit_all, inputs, plain};
use crate::shape::Shape;

const VOCABULARY: usize = 12;

fn with_embedding(mask_zero: bool) -> Sequential {
    let mut model = Sequential::new().with_seed(5);
    model.add(Input::new([None])).unwrap();
    model.add(Embedding::new(VOCABULARY, 7).mask_zero(mask_zero)).unwrap();
    model
}

fn tokens(batch: usize, steps: usize) -> ArrayD<f32> {
    let token =
        |batch: usize, step: usize| if step > 4 + batch { 0 } else { (5 * step + batch) % VOCABULARY };
    ArrayD::from_shape_fn(vec![batch, steps], |at| token(at[0], at[1]) as f32)
}

/// The runner's numbers, which must be the bits of `predict`.
fn assert_runner_predicts(model: &Sequential) {
    for (batch, steps) in [(1, 9), (3, 9), (20, 6)] {
        let x = tokens(batch, steps);
        let mut runner = model.runner([x.shape()]).unwrap();
        for _ in 0..2 {
            let got = runner.run(&[x.as_slice().unwrap()]).unwrap();
            assert_eq!(got, model.predict(&x).unwrap().as_slice().unwrap(), "{batch}, {steps}");
        }
    }
}

#[test]
fn an_lstm_on_ids_gives_the_bits_of_one_on_rows() {
    for mask_zero in [false, true] {
        let mut plain = with_embedding(mask_zero);
        plain.add(LstmLayer::new(9)).unwrap().add(Dense::new(2)).unwrap();
        let mut stacked = with_embedding(mask_zero);
        stacked
            .add(LstmLayer::new(33).return_sequences(true).use_bias(false))
            .unwrap()
            .add(LstmLayer::new(4))
            .unwrap();
        let mut both_ways = with_embedding(mask_zero);
        both_ways.add(Bidirectional::new(LstmLayer::new(6))).unwrap();
        for model in [plain, stacked, both_ways] {
            assert_runner_predicts(&model);
        }
    }
}

#[test]
fn a_layer_with_one_state_on_ids_gives_the_bits_of_one_on_rows() {
    for mask_zero in [false, true] {
        for reset_after in [false, true] {
            let mut model = with_embedding(mask_zero);
            model.add(Bidirectional::new(Gru::new(9).reset_after(reset_after))).unwrap();
            assert_runner_predicts(&model);
        }
        let mut plain = with_embedding(mask_zero);
        plain.add(Gru::new(33).use_bias(false)).unwrap().add(Dense::new(2)).unwrap();
        let mut simple = with_embedding(mask_zero);
        simple.add(SimpleRnn::new(6).return_sequences(true)).unwrap().add(Gru::new(3)).unwrap();
        assert_runner_predicts(&plain);
        assert_runner_predicts(&simple);
    }
}

#[test]
fn rows_that_others_read_are_looked_up() {
    let mut model = with_embedding(false);
    model.add(Dense::new(5)).unwrap().add(Gru::new(5)).unwrap();
    assert_runner_predicts(&model);
    assert_runner_predicts(&with_embedding(false));
}

#[test]
fn steps_of_a_stream_give_the_bits_of_the_sequence() {
    let mut model = with_embedding(false);
    model.add(LstmLayer::new(9).return_sequences(true)).unwrap();
    let x = tokens(2, 5);
    let whole = model.predict(&x).unwrap();
    let mut stepper = model.stepper([[2]]).unwrap();
    for step in 0..5 {
        let got = stepper.step(&[&[x[[0, step]], x[[1, step]]]]).unwrap();
        let expected: Vec<f32> = (0..18).map(|n| whole[[n / 9, step, n % 9]]).collect();
        assert_eq!(got, expected, "step {step}");
    }
}

#[test]
fn an_lstm_on_ids_has_weights_in_bfloat16() {
    let mut model = with_embedding(false);
    model.add(LstmLayer::new(9)).unwrap();
    let x = tokens(3, 5);
    let exact = model.predict(&x).unwrap();
    let options = RunnerOptions { weights_dtype: WeightsDtype::Bfloat16, ..RunnerOptions::default() };
    let mut runner = model.runner_with([x.shape()], options).unwrap();
    let got = runner.run(&[x.as_slice().unwrap()]).unwrap();
    assert!(got.iter().zip(&exact).all(|(got, exact)| (got - exact).abs() < 0.01), "{got:?} {exact}");
    // The layer with rounded weights, to the bit.
    let mut rounded: Vec<ArrayD<f32>> = model.get_weights();
    for weights in &mut rounded[1..3] {
        weights.mapv_inplace(gatewise_kernels::bfloat16::round);
    }
    model.set_weights(&rounded).unwrap();
    assert_eq!(got, model.predict(&x).unwrap().as_slice().unwrap());
}

#[test]
fn an_id_that_no_row_has_is_still_refused() {
    let mut model = with_embedding(false);
    model.add(LstmLayer::new(9)).unwrap();
    let mut runner = model.runner([[1, 2]]).unwrap();
    for id in [12.0, -1.0, 0.5, f32::NAN] {
        let error: Error = runner.run(&[&[1.0, id]]).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("whole numbers from 0 to 11") && text.contains("position 1"), "{text}");
    }
}

/// An LSTM on looked up rows, and whether `find` finds them, with these outputs beside y and with or without weights that stay.
fn is_found(lstm: &Lstm, is_constant: bool, also: impl Fn(&Builder, Value) -> Option<Value>) -> bool {
    let b = Builder::new(Mode::Inference);
    let input = |dims: &[usize]| b.input("x", &Shape::known(dims));
    let (table, ids) = (input(&[6, SMALL.features]), input(&[SMALL.batch, SMALL.steps]));
    let rows = b.gather("embedding", table, ids).unwrap();
    let rest = inputs(lstm, SMALL).into_iter().skip(1).map(|array| input(array.shape()));
    let y = emit_all(lstm, &b, &[vec![rows], rest.collect()].concat()).unwrap()[0];
    let outputs: Vec<Value> = [y].into_iter().chain(also(&b, rows)).collect();
    let program = Compiled::new(&b, &outputs).unwrap().program;
    let weight = |value: Value| (is_constant && value != ids).then_some(&[0.5_f32][..]);
    Embeddings::find(&program, &weight).of(&program, rows).is_some()
}

#[test]
fn ids_are_handed_on_where_only_layers_with_weights_that_stay_read_the_rows() {
    assert!(is_found(&plain(), true, |_, _| None));
    assert!(is_found(&Lstm { has_bias: false, ..plain() }, true, |_, _| None));
    assert!(!is_found(&plain(), false, |_, _| None));
    assert!(!is_found(&plain(), true, |_, rows| Some(rows)));
    assert!(!is_found(&plain(), true, |b, rows| Some(b.sum_all(rows).unwrap())));
    assert!(!is_found(&Lstm { dropout: DropoutForm::Shared, ..plain() }, true, |_, _| None));
}
