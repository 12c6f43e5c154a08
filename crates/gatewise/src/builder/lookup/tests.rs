use ndarray::ArrayD;

use crate::builder::{Builder, Mode, Start};
use crate::layers::{
    Bidirectional, CategoryEncoding, Dense, Embedding, Gru, Input, IntoLayer, Lambda, Lstm, OutputMode,
    SimpleRnn,
};
use crate::model::Model;
use crate::shape::Shape;
use crate::{Compile, Result, Sequential};

const VOCABULARY: usize = 12;
const WIDTH: usize = 40;
const BATCH: usize = 10;
const STEPS: usize = 6;

/// Ids of which the last of some samples are padding.
fn ids() -> ArrayD<f32> {
    let id = |sample: usize, step: usize| match step > 2 + sample {
        true => 0,
        false => (5 * step + 3 * sample) % VOCABULARY,
    };
    ArrayD::from_shape_fn(vec![BATCH, STEPS], |at| id(at[0], at[1]) as f32)
}

/// An embedding under a layer, and between them, if asked for, something that hides the one from the other.
fn model(mask_zero: bool, is_hidden: bool, layer: impl IntoLayer) -> Sequential {
    let mut model = Sequential::new().with_seed(5);
    model.add(Input::new([None])).unwrap();
    model.add(Embedding::new(VOCABULARY, WIDTH).mask_zero(mask_zero)).unwrap();
    if is_hidden {
        model.add(Lambda::new(|b, x| b.scale(x, 1.0)).keep_mask()).unwrap();
    }
    model.add(layer).unwrap();
    model.add(Dense::new(2)).unwrap();
    model.compile(Compile::new("adam", "mse")).unwrap();
    model
}

/// Whether a model's prediction for a batch of so many samples takes ids.
fn takes_ids(model: &Model, batch: usize) -> bool {
    let program = model.predict_program(&[batch, STEPS]).unwrap();
    assert_ne!(program.contains("ids("), program.contains("gather("), "{program}");
    program.contains("ids(")
}

/// Trains on ids and on rows, from the same weights: predictions must have the same bits, and gradients are the same up to
/// rounding.
fn assert_ids_are_rows<L: IntoLayer>(name: &str, layer: impl Fn() -> L) {
    for mask_zero in [false, true] {
        let [on_ids, on_rows] = [false, true].map(|is_hidden| model(mask_zero, is_hidden, layer()));
        on_rows.set_weights(&on_ids.get_weights()).unwrap();
        assert!(takes_ids(&on_ids, BATCH) && !takes_ids(&on_rows, BATCH), "{name}");
        let expected = on_rows.predict(&ids()).unwrap();
        assert_eq!(on_ids.predict(&ids()).unwrap(), expected, "{name}");
        let mut runner = on_ids.runner([[BATCH, STEPS]]).unwrap();
        let got = runner.run(&[ids().as_slice().unwrap()]).unwrap();
        assert_eq!(got, expected.as_slice().unwrap(), "{name}");
        let y = ArrayD::from_elem(vec![BATCH, 2], 0.5);
        let [mut on_ids, mut on_rows] = [on_ids, on_rows];
        for _ in 0..3 {
            on_ids.train_on_batch(&ids(), &y).unwrap();
            on_rows.train_on_batch(&ids(), &y).unwrap();
        }
        for (ids, rows) in on_ids.get_weights().iter().zip(&on_rows.get_weights()) {
            let difference = ids.iter().zip(rows).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            // Adam takes steps of 0.001, whatever the size of a gradient.
            assert!(difference < 2e-5, "{name}, mask_zero {mask_zero}: {difference} of {:?}", ids.shape());
        }
    }
}

#[test]
fn layers_on_ids_are_those_on_rows() {
    assert_ids_are_rows("lstm", || Lstm::new(9));
    assert_ids_are_rows("lstm without bias", || Lstm::new(9).use_bias(false).go_backwards(true));
    assert_ids_are_rows("lstm with recurrent dropout", || Lstm::new(9).recurrent_dropout(0.3).seed(3));
    assert_ids_are_rows("lstm with other activations", || Lstm::new(9).activation("gelu"));
    assert_ids_are_rows("gru", || Gru::new(9));
    assert_ids_are_rows("gru without bias", || Gru::new(9).use_bias(false));
    assert_ids_are_rows("gru, reset before", || Gru::new(9).reset_after(false));
    assert_ids_are_rows("simple_rnn", || SimpleRnn::new(9));
    assert_ids_are_rows("both ways", || Bidirectional::new(Lstm::new(9)));
    assert_ids_are_rows("gru both ways", || Bidirectional::new(Gru::new(5)));
}

#[test]
fn a_table_is_not_multiplied_for_few_ids() {
    let model = model(false, false, Lstm::new(9));
    assert!(takes_ids(&model, 9));
    assert!(!takes_ids(&model, 8));
}

#[test]
fn dropout_of_the_input_needs_the_rows() {
    let b = Builder::new(Mode::Training).with_lookups();
    let x = b.gather(
        "embedding",
        b.input("table", &Shape::known(&[2, 3])),
        b.input("ids", &Shape::known(&[20, 5])),
    );
    let mut model = Sequential::new();
    model.add(Input::new([None, Some(3)])).unwrap().add(Lstm::new(4).dropout(0.5)).unwrap();
    let outputs = model.layers()[0].call(&b, &[crate::layers::Tensor::new(x.unwrap())]).unwrap();
    let program = b.finish(&[outputs[0].value]).unwrap().to_string();
    assert!(program.contains("gather(") && !program.contains("ids("), "{program}");
}

#[test]
fn one_hot_rows_are_ids_too() {
    let mut model = Sequential::new();
    model.add(Input::new([Some(STEPS)])).unwrap();
    model.add(CategoryEncoding::new(VOCABULARY).output_mode(OutputMode::OneHot)).unwrap();
    model.add(Lstm::new(4)).unwrap();
    let program = model.predict_program(&[2, STEPS]).unwrap();
    assert!(program.contains("ids(") && !program.contains("one_hot("), "{program}");
    let ids = ids();
    let x = ids.as_slice().unwrap();
    let mut runner = model.runner([[BATCH, STEPS]]).unwrap();
    assert_eq!(runner.run(&[x]).unwrap(), model.predict(&ids).unwrap().as_slice().unwrap());
}

#[test]
fn an_id_without_a_row_is_an_error_that_names_the_embedding() {
    let model = model(false, false, Lstm::new(9));
    let mut ids = ids();
    ids[[1, 2]] = 12.0;
    let text = model.predict(&ids).unwrap_err().to_string();
    assert!(text.contains("embedding: expected whole numbers from 0 to 11, got 12 at position 8"), "{text}");
}

#[test]
fn a_gradient_by_rows_that_are_not_read_is_an_error_that_says_what_to_do() {
    let b = Builder::new(Mode::Inference).with_lookups();
    let emit = || -> Result<()> {
        let table = b.input("table", &Shape::known(&[2, 3]));
        let rows = b.gather("embedding", table, b.input("ids", &Shape::known(&[20, 5])))?;
        let kernel = b.input("kernel", &Shape::known(&[3, 8]));
        b.recurrent_inputs(rows, kernel, None, Some(Start::Bias))?;
        b.gradients(b.sum_all(rows)?, &[rows]).map(drop)
    };
    let text = emit().unwrap_err().to_string();
    assert!(text.contains("`b.scale(rows, 1.0)`"), "{text}");
}
