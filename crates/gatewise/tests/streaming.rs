//! Models one step at a time: T steps have the bits of one call over T steps.

#![allow(missing_docs)]

use std::sync::Arc;

use gatewise::functional::{Apply, CallOptions};
use gatewise::layers::{
    Activation, ActivityRegularization, Add, AdditiveAttention, Attention, BatchNormalization,
    CategoryEncoding, Concatenate, ConvLstm1d, Dense, Dropout, ELU, Embedding, Flatten, Gru, GruCell,
    Identity, Input, LayerOptions, LeakyReLU, Lstm, LstmCell, Masking, MultiHeadAttention, Multiply,
    OutputMode, PReLU, Permute, ReLU, RepeatVector, Rescaling, Rnn, SimpleRnn, Softmax, SpatialDropout1d,
    StackedRnnCells, TimeDistributed,
};
use gatewise::{Model, Result, Sequential, StreamState};
use ndarray::{Array, ArrayD, Axis, Slice, stack};

/// Numbers that look random but are the same in every run.
fn numbers(shape: &[usize]) -> ArrayD<f32> {
    let mut state = 12_345_u32;
    Array::from_shape_fn(shape, |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    })
}

/// Tokens below 6 with paddings at the start, in the middle and at the end.
fn tokens(batch: usize, time: usize) -> ArrayD<f32> {
    Array::from_shape_fn((batch, time), |(i, t)| ((i * 3 + t * 5 + t * t) % 6) as f32).into_dyn()
}

fn at(x: &ArrayD<f32>, t: usize) -> ArrayD<f32> {
    x.index_axis(Axis(1), t).to_owned()
}

fn bits(array: &ArrayD<f32>) -> Vec<u32> {
    array.iter().map(|x| x.to_bits()).collect()
}

/// The outputs of all steps of `x`, after each other.
fn stream(model: &Model, x: &ArrayD<f32>, whole: &[&ArrayD<f32>]) -> Result<Vec<ArrayD<f32>>> {
    let mut state = StreamState::new();
    let mut outputs = Vec::new();
    for t in 0..x.len_of(Axis(1)) {
        let x_t = at(x, t);
        let inputs: Vec<&ArrayD<f32>> = std::iter::once(&x_t).chain(whole.iter().copied()).collect();
        let (y, next) = model.step(inputs, state)?;
        outputs.push(y);
        state = next;
    }
    Ok(outputs)
}

/// Fails unless the steps are those of a whole sequence, or, for an output without time, predictions so far.
fn assert_streams(model: &Model, x: &ArrayD<f32>, whole: &[&ArrayD<f32>]) {
    let steps = stream(model, x, whole).unwrap();
    let predict = |until: usize| {
        let x = x.slice_axis(Axis(1), Slice::from(..until)).to_owned();
        let inputs: Vec<&ArrayD<f32>> = std::iter::once(&x).chain(whole.iter().copied()).collect();
        model.predict(inputs).unwrap()
    };
    let all = predict(steps.len());
    if all.ndim() == steps[0].ndim() {
        for (t, step) in steps.iter().enumerate() {
            assert_eq!(bits(step), bits(&predict(t + 1)), "step {t}");
        }
    } else {
        let views: Vec<_> = steps.iter().map(|step| step.view()).collect();
        assert_eq!(bits(&stack(Axis(1), &views).unwrap()), bits(&all));
    }
    assert!(all.iter().any(|y| *y != all[vec![0; all.ndim()].as_slice()]), "the outputs differ");
}

fn chain(add: impl FnOnce(&mut Sequential) -> Result<()>) -> Sequential {
    let mut model = Sequential::new().with_seed(3);
    add(&mut model).unwrap();
    model
}

#[test]
fn a_stack_of_layers_streams() {
    let model = chain(|model| {
        model.add(Input::new([None, Some(3)]))?.add(Lstm::new(9).return_sequences(true).dropout(0.5))?;
        model.add(Dropout::new(0.4))?.add(Lstm::new(5).return_sequences(true).unroll(false))?;
        model.add(TimeDistributed::new(Dense::new(4)))?.add(Activation::new("softmax"))?;
        Ok(())
    });
    for batch in [1, 3] {
        assert_streams(&model, &numbers(&[batch, 6, 3]), &[]);
    }
}

#[test]
fn layers_that_look_at_one_element_stream() {
    let model = chain(|model| {
        model.add(Input::new([None, Some(3)]))?.add(Rescaling::new([2.0, -1.0, 0.5]).offset(0.1))?;
        model.add(Lstm::new(5).return_sequences(true))?.add(ReLU::new().negative_slope(0.3))?;
        model.add(PReLU::new().shared_axes([1]).alpha_initializer("ones"))?.add(LeakyReLU::new())?;
        model.add(Permute::new([1, 2]))?.add(ELU::new())?.add(Identity::new())?;
        model.add(ActivityRegularization::new().l1(0.1))?.add(Softmax::new())?;
        Ok(())
    });
    assert_streams(&model, &numbers(&[2, 6, 3]), &[]);
}

#[test]
fn a_last_output_is_the_prediction_so_far() {
    let model = chain(|model| {
        model.add(Input::new([None, Some(3)]))?.add(Lstm::new(9).return_sequences(true))?;
        // What follows the last state is called whole: a vector repeated and read again.
        model.add(Lstm::new(4))?.add(RepeatVector::new(3))?.add(Lstm::new(5).go_backwards(true))?;
        model.add(Dense::new(2))?;
        Ok(())
    });
    assert_streams(&model, &numbers(&[2, 5, 3]), &[]);
}

#[test]
fn masked_steps_hold_the_state_and_repeat_the_output() {
    for zero in [false, true] {
        for sequences in [false, true] {
            let model = chain(|model| {
                model.add(Input::new([None]))?.add(Embedding::new(6, 4).mask_zero(true))?;
                model.add(Lstm::new(7).return_sequences(true).zero_output_for_mask(zero))?;
                model.add(Lstm::new(5).return_sequences(sequences).zero_output_for_mask(zero))?;
                Ok(())
            });
            assert_streams(&model, &tokens(3, 9), &[]);
        }
    }
    let model = chain(|model| {
        model.add(Input::new([None, Some(2)]))?.add(Masking::new(0.0))?;
        model.add(Lstm::new(5).return_sequences(true))?;
        Ok(())
    });
    let mut x = numbers(&[2, 6, 2]);
    for (row, t) in [(0, 0), (0, 3), (1, 5), (1, 4)] {
        x.index_axis_mut(Axis(0), row).index_axis_mut(Axis(0), t).fill(0.0);
    }
    assert_streams(&model, &x, &[]);
}

#[test]
fn every_recurrent_layer_streams() {
    for (masked, zero) in [(false, false), (true, false), (true, true)] {
        for sequences in [false, true] {
            let model = chain(|model| {
                model.add(Input::new([None]))?.add(Embedding::new(6, 4).mask_zero(masked))?;
                let cells = StackedRnnCells::new().cell(LstmCell::new(4)).cell(GruCell::new(3));
                model.add(Rnn::new(cells).return_sequences(true).zero_output_for_mask(zero))?;
                let gru = Gru::new(7).reset_after(!zero).dropout(0.3);
                model.add(gru.return_sequences(true).zero_output_for_mask(zero))?;
                let simple = SimpleRnn::new(5).recurrent_dropout(0.2);
                model.add(simple.return_sequences(sequences).zero_output_for_mask(zero))?;
                Ok(())
            });
            assert_streams(&model, &tokens(3, 9), &[]);
        }
    }
}

#[test]
fn a_convolutional_lstm_streams() {
    let model = chain(|model| {
        model.add(Input::new([None, Some(4), Some(2)]))?;
        model.add(ConvLstm1d::new(3, 2).return_sequences(true))?;
        model.add(BatchNormalization::new())?.add(ConvLstm1d::new(1, 2).return_sequences(true))?;
        Ok(())
    });
    assert_streams(&model, &numbers(&[2, 5, 4, 2]), &[]);
}

#[test]
fn a_gru_starts_from_what_is_given_whole() {
    let x = Input::new([None, Some(3)]).tensor().unwrap();
    let first = Input::new([Some(2)]).tensor().unwrap();
    let start = Dense::new(4).apply(&first).unwrap();
    let gru = Gru::new(4).return_sequences(true).apply([&x, &start]).unwrap();
    let model = Model::new([&x, &first], &gru).unwrap();
    assert_streams(&model, &numbers(&[2, 5, 3]), &[&numbers(&[2, 2])]);
}

#[test]
fn what_a_stateful_layer_keeps_is_left_alone() {
    let model = chain(|model| {
        model.add(Input::batch([Some(2), None, Some(3)]))?;
        model.add(Lstm::new(4).stateful(true).return_sequences(true))?;
        Ok(())
    });
    let x = numbers(&[2, 5, 3]);
    let fresh = model.predict(&x).unwrap();
    let steps = stream(&model, &x, &[]).unwrap();
    assert_eq!(bits(&steps[4]), bits(&at(&fresh, 4)));
    let further = model.predict(&x).unwrap();
    model.reset_states();
    model.predict(&x).unwrap();
    assert_eq!(bits(&model.predict(&x).unwrap()), bits(&further), "the steps have kept nothing");
}

/// An encoder and a decoder as one model, tokens first.
fn translator(masked: bool) -> (Model, KerasParts) {
    let target = Input::new([None]).tensor().unwrap();
    let source = Input::new([None, Some(3)]).tensor().unwrap();
    let states = Lstm::new(6).return_state(true).apply_all(&source).unwrap();
    let embedded = Embedding::new(6, 4).mask_zero(masked).apply(&target).unwrap();
    let decoder = Arc::new(Lstm::new(6).return_sequences(true).return_state(true));
    let decoded = decoder.apply_all([&embedded, &states[1], &states[2]]).unwrap();
    let head = Arc::new(Dense::new(6).activation("softmax"));
    let probabilities = head.apply(&decoded[0]).unwrap();
    let model = Model::new([&target, &source], &probabilities).unwrap();
    (
        model,
        KerasParts {
            encoder: Model::new(&source, [&states[1], &states[2]]).unwrap(),
            target,
            embedded,
            decoder,
            head,
        },
    )
}

/// What a user keeps to make an inference model of.
struct KerasParts {
    encoder: Model,
    target: gatewise::functional::KerasTensor,
    embedded: gatewise::functional::KerasTensor,
    decoder: Arc<Lstm>,
    head: Arc<Dense>,
}

#[test]
fn an_encoder_that_is_given_whole_starts_the_decoder() {
    for masked in [false, true] {
        let (model, parts) = translator(masked);
        let (x, source) = (tokens(2, 6), numbers(&[2, 4, 3]));
        assert_streams(&model, &x, &[&source]);
        // The same from the encoder's states, which enter whole.
        let [h, c] = [(); 2].map(|()| Input::new([Some(6)]).tensor().unwrap());
        let decoded = parts.decoder.apply_all([&parts.embedded, &h, &c]).unwrap();
        let decoder = Model::new([&parts.target, &h, &c], parts.head.apply(&decoded[0]).unwrap()).unwrap();
        let states = parts.encoder.predict_all(&source, Default::default()).unwrap();
        assert_streams(&decoder, &x, &[&states[0], &states[1]]);
        let steps = stream(&decoder, &x, &[&states[0], &states[1]]).unwrap();
        let whole = model.predict([&x, &source]).unwrap();
        assert_eq!(bits(&steps[5]), bits(&at(&whole, 5)));
    }
}

#[test]
fn encoded_tokens_stream() {
    let model = chain(|model| {
        model.add(Input::new([None]))?.add(CategoryEncoding::new(6).output_mode(OutputMode::OneHot))?;
        model.add(SpatialDropout1d::new(0.3))?.add(Lstm::new(4).return_sequences(true))?;
        Ok(())
    });
    assert_streams(&model, &tokens(2, 7), &[]);
}

#[test]
fn a_decoder_that_looks_at_a_whole_encoder_streams() {
    let target = Input::new([None, Some(5)]).tensor().unwrap();
    let source = Input::new([None, Some(3)]).tensor().unwrap();
    let encoded = Lstm::new(6).return_sequences(true).apply(&source).unwrap();
    let decoded = Lstm::new(6).return_sequences(true).apply(&target).unwrap();
    let dot = Attention::new().use_scale(true).apply([&decoded, &encoded]).unwrap();
    let additive = AdditiveAttention::new().apply([&decoded, &encoded]).unwrap();
    let heads = MultiHeadAttention::new(2, 3).use_gate(true).apply([&decoded, &encoded]).unwrap();
    let joined = Concatenate::new().apply([&decoded, &dot, &additive, &heads]).unwrap();
    let model = Model::new([&target, &source], &joined).unwrap();
    assert_streams(&model, &numbers(&[2, 6, 5]), &[&numbers(&[2, 4, 3])]);
}

#[test]
fn shared_layers_nested_models_and_merges_stream() {
    let inner_x = Input::new([None, Some(4)]).tensor().unwrap();
    let inner = Lstm::new(4).return_sequences(true).apply(&inner_x).unwrap();
    let inner = Model::new(&inner_x, &inner).unwrap();
    let x = Input::new([None, Some(4)]).tensor().unwrap();
    let shared = Arc::new(Lstm::new(4).return_sequences(true));
    let once = shared.apply(&x).unwrap();
    let twice = shared.apply(&once).unwrap();
    let nested = inner.apply(inner.apply(&twice).unwrap()).unwrap();
    let added = Add::new().apply([&once, &nested]).unwrap();
    let gated =
        Multiply::new().apply([&added, &Dense::new(4).activation("sigmoid").apply(&x).unwrap()]).unwrap();
    let joined = Concatenate::new().apply([&gated, &twice]).unwrap();
    let model = Model::new(&x, &joined).unwrap();
    assert_streams(&model, &numbers(&[2, 5, 4]), &[]);
    let (_, state) = model.step(&numbers(&[2, 4]), StreamState::new()).unwrap();
    let mut paths: Vec<&str> = state.parts().map(|(path, _)| path).collect();
    paths.sort_unstable();
    assert_eq!(paths.len(), 8, "two calls of two layers keep h and c each: {paths:?}");
    paths.dedup();
    assert_eq!(paths.len(), 8, "each under a path of its own");
}

#[test]
fn a_saved_state_goes_on_and_samples_can_be_selected() {
    let model = chain(|model| {
        model
            .add(Input::new([None, Some(3)]))?
            .add(Lstm::new(4).return_sequences(true))?
            .add(Lstm::new(3))?;
        Ok(())
    });
    let x = numbers(&[3, 2, 3]);
    let (_, state) = model.step(&at(&x, 0), StreamState::new()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    state.save(&path).unwrap();
    assert_eq!(StreamState::load(&path).unwrap(), state);
    let (y, _) = model.step(&at(&x, 1), state.clone()).unwrap();
    let (again, _) = model.step(&at(&x, 1), StreamState::load(&path).unwrap()).unwrap();
    assert_eq!(bits(&y), bits(&again));
    let chosen = [2, 0, 2, 1];
    let (selected, _) =
        model.step(&at(&x, 1).select(Axis(0), &chosen), state.select(&chosen).unwrap()).unwrap();
    assert_eq!(bits(&selected), bits(&y.select(Axis(0), &chosen)));
    let text = state.select(&[3]).unwrap_err().to_string();
    assert_eq!(text, "select: expected samples below 3, the size of the batch, got 3");
    // A new batch size needs a new state.
    let text = model.step(&numbers(&[2, 3]), state.clone()).unwrap_err().to_string();
    assert_eq!(text, "state: expected [2, 4] for \"lstm/h\", got [3, 4]");
    let other = chain(|model| {
        model.add(Input::new([None, Some(3)]))?.add(Lstm::new(4).with_name("memory"))?;
        Ok(())
    });
    let text = other.step(&at(&x, 1), state.clone()).unwrap_err().to_string();
    assert_eq!(text, "state: it has no \"memory/h\", so it is the state of another model");
    let dense = chain(|model| model.add(Input::new([None, Some(3)]))?.add(Dense::new(4)).map(|_| ()));
    let text = dense.step(&at(&x, 1), state).unwrap_err().to_string();
    assert_eq!(text, "state: the model has no state \"lstm/c\", so it is the state of another model");
}

/// The error of the first step of a model of `[batch, time, 3]`.
fn refused(last: impl FnOnce(&mut Sequential) -> Result<()>) -> String {
    let model = chain(|model| {
        model.add(Input::new([Some(4), Some(3)]))?;
        last(model)
    });
    model.step(&numbers(&[2, 3]), StreamState::new()).unwrap_err().to_string()
}

#[test]
fn layers_that_cannot_stream_say_so_by_name() {
    assert_eq!(
        refused(|model| model.add(Lstm::new(2).go_backwards(true).with_name("back")).map(|_| ())),
        "back: the layer (LSTM) cannot take one step at a time: it reads the sequence backwards"
    );
    assert_eq!(
        refused(|model| model.add(Gru::new(2).go_backwards(true)).map(|_| ())),
        "gru: the layer (GRU) cannot take one step at a time: it reads the sequence backwards"
    );
    assert_eq!(
        refused(|model| model.add(Flatten::new()).map(|_| ())),
        "flatten: the layer (Flatten) cannot take one step at a time: it needs the whole sequence"
    );
    let x = Input::new([None, Some(3)]).tensor().unwrap();
    let options = CallOptions { training: Some(true), ..CallOptions::default() };
    let always = Dropout::new(0.5).with_name("always").apply_with(&x, options).unwrap();
    let model = Model::new(&x, &always[0]).unwrap();
    let text = model.step(&numbers(&[2, 3]), StreamState::new()).unwrap_err().to_string();
    assert_eq!(
        text,
        "always: the layer (Dropout) cannot take one step at a time: it is called with training=True, which draws \
         once a sequence"
    );
    let y = Input::new([None, Some(3)]).tensor().unwrap();
    let added = Add::new().with_name("sum").apply([&x, &y]).unwrap();
    let joined = Concatenate::new().axis(1).with_name("joined").apply([&x, &y]).unwrap();
    let step = |output| {
        let model = Model::new([&x, &y], output).unwrap();
        model.step([&numbers(&[2, 3]), &numbers(&[2, 4, 3])], StreamState::new()).unwrap_err().to_string()
    };
    assert_eq!(
        step(&added),
        "sum: the layer (Add) cannot take one step at a time: it joins a sequence that arrives step by step with a \
         whole one, [2, 4, 3]"
    );
    assert_eq!(
        step(&joined),
        "joined: the layer (Concatenate) cannot take one step at a time: it joins sequences along time, or a step \
         with a whole sequence"
    );
}

#[test]
fn arrays_that_are_no_step_are_refused() {
    let model = chain(|model| model.add(Input::new([None, Some(3)]))?.add(Lstm::new(4)).map(|_| ()));
    let error = |x: &ArrayD<f32>| model.step(x, StreamState::new()).unwrap_err().to_string();
    assert_eq!(
        error(&numbers(&[2, 5, 3])),
        "x: expected one step without its time axis, [None, 3], got [[2, 5, 3]]; `predict` takes whole sequences"
    );
    assert_eq!(
        error(&numbers(&[2, 4])),
        "lstm: expected inputs [batch, time, 3], got [2, 1, 4]; the layer was built for 3 features"
    );
    let whole = "x: expected one step [None, 3] of \"input_layer\", or the whole [None, None, 3], of one batch size in \
                 all arrays, got";
    for shape in [&[2][..], &[0, 3], &[1, 2, 3, 4]] {
        let text = error(&ArrayD::zeros(shape));
        assert!(text.starts_with(whole), "{text}");
    }
    let unbuilt = chain(|model| model.add(Lstm::new(4)).map(|_| ()));
    assert!(unbuilt.step(&numbers(&[2, 3]), StreamState::new()).unwrap_err().is_state());
}
