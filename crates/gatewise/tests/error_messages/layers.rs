//! Arguments and inputs of layers.

use gatewise::layers::{
    self, Activation, Dense, Dropout, Embedding, Flatten, Input, Layer, LayerOptions, Lstm, LstmCall,
    LstmState, Masking, RepeatVector, Reshape, Tensor, TimeDistributed,
};
use gatewise::{Builder, Mode, Sequential, Shape};
use serde_json::json;

use super::{error, zeros};

/// What adding a layer to a model of inputs `[batch, 5, 4]` reports.
fn adding(layer: impl Layer) -> gatewise::Error {
    let mut model = Sequential::new();
    model.add(Input::new([Some(5), Some(4)])).unwrap();
    error(model.add(layer))
}

/// What calling a layer on zeros reports.
fn calling(layer: impl Layer, shape: &[usize]) -> gatewise::Error {
    error(layers::call(&layer, &[zeros(shape)], 1))
}

#[test]
fn other_features_than_the_layer_was_built_for() {
    let layer = Lstm::new(3).with_name("lstm_1");
    layers::call(&layer, &[zeros(&[2, 10, 8])], 1).unwrap();
    let error = error(layers::call(&layer, &[zeros(&[32, 10, 7])], 1));
    let text =
        "lstm_1: expected inputs [batch, time, 8], got [32, 10, 7]; the layer was built for 8 features";
    assert_eq!(error.to_string(), text);
    assert!(error.is_shape());
}

#[test]
fn inputs_of_a_recurrent_layer_without_a_time_axis() {
    let error = calling(Lstm::new(3), &[32, 10]);
    assert_eq!(error.to_string(), "lstm: expected inputs [batch, time, features], got [32, 10]");
    assert!(error.is_shape());
}

#[test]
fn an_unknown_number_of_features() {
    let mut model = Sequential::new();
    model.add(Input::new([Some(5), None])).unwrap();
    let error = error(model.add(Lstm::new(3)));
    assert_eq!(error.to_string(), "lstm: expected a known number of features, got [None, 5, None]");
    assert!(error.is_shape());
}

#[test]
fn other_features_for_a_dense_layer() {
    let layer = Dense::new(3);
    layers::call(&layer, &[zeros(&[2, 4])], 1).unwrap();
    let error = error(layers::call(&layer, &[zeros(&[2, 5])], 1));
    assert_eq!(error.to_string(), "dense: expected inputs [batch, ..., 4], got [2, 5]");
    assert!(error.is_shape());
}

#[test]
fn inputs_with_too_few_axes() {
    let messages = [
        (calling(Dense::new(3), &[4]), "dense: expected inputs [batch, ..., features], got [4]"),
        (calling(Masking::new(0.0), &[4]), "masking: expected inputs [batch, time, features], got [4]"),
        (
            calling(TimeDistributed::new(Dense::new(2)), &[4, 3]),
            "time_distributed: expected inputs [batch, time, ...], got [4, 3]",
        ),
        (
            calling(RepeatVector::new(2), &[4, 3, 2]),
            "repeat_vector: expected inputs [batch, features], got [4, 3, 2]",
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_shape());
    }
}

#[test]
fn a_number_that_is_no_token() {
    let tokens = |token: f32| {
        let mut x = zeros(&[2, 3]);
        x[[1, 1]] = token;
        error(layers::call(&Embedding::new(10, 4), &[x], 1))
    };
    for (token, got) in [(2.5, "2.5"), (-1.0, "-1"), (10.0, "10"), (f32::NAN, "NaN")] {
        let text = format!(
            "embedding: expected whole numbers from 0 to 9, got {got} at position 4 of the flattened input"
        );
        assert_eq!(tokens(token).to_string(), text);
        assert!(tokens(token).is_data());
    }
}

#[test]
fn rates_of_dropout_out_of_range() {
    let messages = [
        (adding(Lstm::new(3).dropout(1.0)), "lstm: `dropout` must be at least 0 and below 1, got 1"),
        (
            adding(Lstm::new(3).recurrent_dropout(-0.1)),
            "lstm: `recurrent_dropout` must be at least 0 and below 1, got -0.1",
        ),
        (adding(Dropout::new(1.5)), "dropout: `rate` must be at least 0 and below 1, got 1.5"),
        (adding(Dropout::new(f32::NAN)), "dropout: `rate` must be at least 0 and below 1, got NaN"),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_argument());
    }
}

#[test]
fn sizes_that_are_too_small_or_too_large() {
    let messages = [
        (adding(Lstm::new(0)), "lstm: `units` must be at least 1, got 0"),
        (adding(Dense::new(0)), "dense: `units` must be at least 1, got 0"),
        (adding(RepeatVector::new(0)), "repeat_vector: `n` must be at least 1, got 0"),
        (
            adding(Embedding::new(0, 4)),
            "embedding: `input_dim` must be from 1 to 16777216 and `output_dim` at least 1, got 0 and 4",
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_argument());
    }
}

#[test]
fn an_implementation_that_does_not_exist() {
    let error = adding(Lstm::new(3).implementation(3));
    assert_eq!(error.to_string(), "lstm: `implementation` must be 1 or 2, got 3");
    assert!(error.is_argument());
}

#[test]
fn a_noise_shape_of_another_rank() {
    let b = Builder::new(Mode::Training);
    let x = Tensor::new(b.input("x", &Shape::known(&[2, 3])));
    let error = error(Dropout::new(0.5).noise_shape([None, Some(1), None]).call(&b, &[x]));
    assert_eq!(
        error.to_string(),
        "dropout: expected a `noise_shape` of 2 sizes for [2, 3], got [None, 1, None]"
    );
    assert!(error.is_shape());
}

#[test]
fn unrolling_an_unknown_number_of_steps() {
    let mut model = Sequential::new();
    model.add(Input::new([None, Some(4)])).unwrap();
    let error = error(model.add(Lstm::new(3).unroll(true)));
    let text = "lstm: `unroll` needs a known number of time steps, got an unknown one; give it in the shape of the \
                input";
    assert_eq!(error.to_string(), text);
    assert!(error.is_argument());
}

#[test]
fn an_initial_state_of_another_width() {
    let state = LstmState::zeros(2, 4);
    let error = error(Lstm::new(3).forward(&zeros(&[2, 5, 4]), &state));
    assert_eq!(error.to_string(), "lstm: expected initial state h [2, 3] (batch, units), got [2, 4]");
    assert!(error.is_shape());
}

#[test]
fn a_mask_of_another_shape() {
    let layer = Lstm::new(3);
    layers::call(&layer, &[zeros(&[2, 5, 4])], 1).unwrap();
    let b = Builder::new(Mode::Inference);
    let x = Tensor::new(b.input("x", &Shape::known(&[2, 5, 4])));
    let mask = Some(b.input("mask", &Shape::known(&[2, 6])));
    let error = error(layer.call_with(&b, x, LstmCall { mask, ..LstmCall::default() }));
    assert_eq!(error.to_string(), "lstm: expected mask [2, 5] (batch, time), got [2, 6]");
    assert!(error.is_shape());
}

#[test]
fn a_state_for_a_layer_that_keeps_none() {
    let error = error(Lstm::new(3).reset_states_to(LstmState::zeros(2, 3)));
    let text = "lstm: the layer is not stateful and keeps no states; build it with `stateful(true)`";
    assert_eq!(error.to_string(), text);
    assert!(error.is_state());
}

#[test]
fn states_to_keep_of_another_width() {
    let error = error(Lstm::new(3).stateful(true).reset_states_to(LstmState::zeros(2, 4)));
    assert_eq!(error.to_string(), "lstm: expected states h and c [batch, 3], got [2, 4] and [2, 4]");
    assert!(error.is_shape());
}

#[test]
fn two_inputs_for_a_layer() {
    let pair = [zeros(&[2, 5, 4]), zeros(&[2, 3])];
    let error_of = |layer: &dyn Layer| error(layers::call(layer, &pair, 1));
    let text = "lstm: expected the sequences, or the sequences and h and c, got 2 inputs";
    assert_eq!(error_of(&Lstm::new(3)).to_string(), text);
    assert_eq!(error_of(&Flatten::new()).to_string(), "flatten: expected one input, got 2");
    assert!(error_of(&Flatten::new()).is_argument());
}

#[test]
fn a_layer_called_before_it_has_weights() {
    let b = Builder::new(Mode::Inference);
    let x = Tensor::new(b.input("x", &Shape::known(&[2, 5, 4])));
    let error = error(Lstm::new(3).call(&b, &[x]));
    assert_eq!(
        error.to_string(),
        "lstm: the layer has no weights yet; add it to a model or use `layers::call`"
    );
    assert!(error.is_state());
}

#[test]
fn a_shape_that_cannot_be_had_by_reshaping() {
    let error = adding(Reshape::new([3, 4]));
    assert_eq!(
        error.to_string(),
        "reshape: expected inputs of 12 numbers a sample for [batch, 3, 4], got [None, 5, 4]"
    );
    assert!(error.is_shape());
    let error = adding(Reshape::new([-1, 3]));
    let text =
        "reshape: expected inputs of a multiple of 3 numbers a sample for [batch, -1, 3], got [None, 5, 4]";
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_target_shape_with_two_unknowns() {
    let error = adding(Reshape::new([-1, -1]));
    let text = "reshape: `target_shape` must have positive sizes and at most one -1, got [-1, -1]";
    assert_eq!(error.to_string(), text);
    assert!(error.is_argument());
}

#[test]
fn an_activation_that_halves_the_width_in_a_cell() {
    let error = adding(Lstm::new(4).activation("glu"));
    let text = "lstm: the activation \"glu\" halves the width and cannot be used inside a cell";
    assert_eq!(error.to_string(), text);
    assert!(error.is_unsupported());
}

#[test]
fn an_activation_of_ones_own_that_is_not_elementwise_in_a_cell() {
    let own = gatewise::Activation::custom("centred", |b, x| b.sub(x, b.mean(x, &[0])?));
    let error = adding(Lstm::new(4).activation(own));
    let text = "lstm: an activation inside a cell must be elementwise, got the operation `mean`";
    assert_eq!(error.to_string(), text);
    assert!(error.is_unsupported());
}

#[test]
fn an_activation_that_needs_pairs() {
    let error = calling(Activation::new("glu"), &[2, 3]);
    assert_eq!(error.to_string(), "glu: expected a last axis of known, even size, got [2, 3]");
    assert!(error.is_shape());
}

#[test]
fn a_class_of_layer_that_does_not_exist() {
    let error = error(layers::deserialize(&json!({"class_name": "Recurrence", "config": {"units": 3}})));
    let text = "layer: the class \"Recurrence\" is not supported, known are: InputLayer, LSTM, Dense, Dropout, Activation, \
                Flatten, Reshape, RepeatVector, TimeDistributed, Masking, Embedding, Add, Subtract, Multiply, \
                Average, Maximum, Minimum, Concatenate, Dot, \
                RNN, GRU, SimpleRNN, ConvLSTM1D, ConvLSTM2D, ConvLSTM3D, Bidirectional, LSTMCell, GRUCell, SimpleRNNCell, StackedRNNCells, \
                Conv1D, MaxPooling1D, AveragePooling1D, \
                GlobalMaxPooling1D, GlobalAveragePooling1D, UpSampling1D, ZeroPadding1D, Cropping1D, \
                ReLU, LeakyReLU, PReLU, ELU, Softmax, Permute, Identity, ActivityRegularization, Rescaling, \
                Attention, AdditiveAttention, MultiHeadAttention, \
                SpatialDropout1D, GaussianNoise, GaussianDropout, AlphaDropout, CategoryEncoding, Normalization, \
                BatchNormalization, LayerNormalization, GroupNormalization, RMSNormalization";
    assert_eq!(error.to_string(), text);
    assert!(error.is_unsupported());
}

#[test]
fn an_argument_that_does_not_exist() {
    let envelope = json!({"class_name": "LSTM", "config": {"units": 3, "time_major": true}});
    let error = error(layers::deserialize(&envelope));
    assert_eq!(error.to_string(), "LSTM: there is no argument `time_major`");
    assert!(error.is_argument());
}

#[test]
fn arguments_of_another_type() {
    let messages = [
        (
            json!({"units": "many"}),
            "LSTM: `units` must be a whole number of at most 2147483647, got \"many\"",
        ),
        (json!({"units": 3, "use_bias": 1}), "LSTM: `use_bias` must be true or false, got 1"),
        (json!({"units": 3, "dropout": "much"}), "LSTM: `dropout` must be a number, got \"much\""),
        (json!({"units": 3, "implementation": 3}), "LSTM: `implementation` must be 0, 1 or 2, got 3"),
        (json!({"units": 3, "seed": -1}), "LSTM: `seed` must be a whole number of at least 0, got -1"),
        (json!({}), "LSTM: the configuration lacks the argument `units`"),
    ];
    for (config, text) in messages {
        let error = error(layers::deserialize(&json!({"class_name": "LSTM", "config": config})));
        assert_eq!(error.to_string(), text);
        assert!(error.is_argument());
    }
}

#[test]
fn types_of_numbers_that_are_not_supported() {
    let messages = [
        (
            json!({"class_name": "LSTM", "config": {"units": 3, "dtype": "float16"}}),
            "LSTM: the dtype \"float16\" is not supported, only float32",
        ),
        (
            json!({"class_name": "InputLayer", "config": {"batch_shape": [null, 3], "dtype": "string"}}),
            "input_layer: `dtype` must be one of float32, int32, int64, got \"string\"",
        ),
        (
            json!({"class_name": "InputLayer", "config": {"batch_shape": [null, 3], "ragged": true}}),
            "InputLayer: `ragged` is only supported as false, got true",
        ),
    ];
    for (envelope, text) in messages {
        let error = error(layers::deserialize(&envelope));
        assert_eq!(error.to_string(), text);
        assert!(error.is_unsupported());
    }
}
