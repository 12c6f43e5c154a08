use serde_json::json;

use super::*;
use crate::layers::{
    AveragePooling1d, BatchNormalization, Concatenate, Conv1d, Cropping1d, DataFormat, Dot,
    GlobalAveragePooling1d, GlobalMaxPooling1d, GroupNormalization, LayerNormalization, MaxPooling1d,
    Padding, RenormClipping, RmsNormalization, UpSampling1d, ZeroPadding1d, get_config, serialize,
};
use crate::layers::{
    Bidirectional, ConvLstm1d, ConvLstm2d, ConvLstm3d, Gru, GruCell, Lstm, LstmCell, MergeMode, Rnn,
    SimpleRnn, SimpleRnnCell, StackedRnnCells,
};

/// One layer of each class with arguments that are not the defaults.
fn layers() -> Vec<Arc<dyn Layer>> {
    vec![
        Arc::new(Input::batch([Some(2), None, Some(3)]).dtype("int32").with_name("entrance")),
        Arc::new(Lstm::new(3).go_backwards(true).trainable(false).with_name("back")),
        Arc::new(
            Dense::new(4)
                .activation("relu")
                .use_bias(false)
                .kernel_initializer("he_normal")
                .kernel_regularizer("l2")
                .activity_regularizer("l1")
                .bias_constraint("non_neg"),
        ),
        Arc::new(
            MaxPooling1d::new(3).strides(1).padding(Padding::Same).data_format(DataFormat::ChannelsFirst),
        ),
        Arc::new(AveragePooling1d::new(3).padding(Padding::Same).data_format(DataFormat::ChannelsFirst)),
        Arc::new(GlobalMaxPooling1d::new().keepdims(true).data_format(DataFormat::ChannelsFirst)),
        Arc::new(GlobalAveragePooling1d::new().keepdims(true).data_format(DataFormat::ChannelsFirst)),
        Arc::new(UpSampling1d::new(3)),
        Arc::new(ZeroPadding1d::new((2, 0)).data_format(DataFormat::ChannelsFirst)),
        Arc::new(Cropping1d::new((0, 3))),
        Arc::new(
            BatchNormalization::new()
                .axis(1)
                .momentum(0.75)
                .epsilon(0.25)
                .scale(false)
                .beta_regularizer("l2")
                .moving_mean_initializer("ones")
                .moving_variance_initializer("he_normal")
                .renorm(true)
                .renorm_clipping(RenormClipping { rmax: Some(3.0), ..RenormClipping::default() })
                .renorm_momentum(0.5),
        ),
        Arc::new(
            LayerNormalization::new()
                .axis([1, -1])
                .epsilon(0.25)
                .center(false)
                .gamma_initializer("he_normal")
                .gamma_regularizer("l2")
                .gamma_constraint("non_neg"),
        ),
        Arc::new(
            GroupNormalization::new(2)
                .axis(1)
                .epsilon(0.25)
                .scale(false)
                .beta_initializer("ones")
                .beta_regularizer("l1")
                .beta_constraint("max_norm"),
        ),
        Arc::new(RmsNormalization::new().axis([1, 2]).epsilon(0.25)),
        Arc::new(Dropout::new(0.3).seed(9).noise_shape([None, Some(1), None])),
        Arc::new(Activation::new("softmax")),
        Arc::new(Flatten::new()),
        Arc::new(Reshape::new([-1, 2])),
        Arc::new(RepeatVector::new(5)),
        Arc::new(TimeDistributed::new(Dense::new(2).with_name("inside"))),
        Arc::new(Masking::new(-1.5)),
        Arc::new(Embedding::new(10, 4).mask_zero(true).embeddings_constraint("unit_norm")),
        Arc::new(Add::new()),
        Arc::new(Subtract::new()),
        Arc::new(Multiply::new()),
        Arc::new(Average::new()),
        Arc::new(Maximum::new()),
        Arc::new(Minimum::new()),
        Arc::new(Concatenate::new().axis(1)),
        Arc::new(Dot::new((1, -1)).normalize(true)),
        Arc::new(
            Rnn::new(LstmCell::new(3).unit_forget_bias(false)).go_backwards(true).activity_regularizer("l2"),
        ),
        Arc::new(Gru::new(3).reset_after(false).implementation(1).activity_regularizer("l1").seed(4)),
        Arc::new(SimpleRnn::new(3).activation("relu").zero_output_for_mask(true).seed(5)),
        Arc::new(
            Bidirectional::new(Gru::new(3).return_sequences(true).trainable(false).with_name("inside"))
                .backward_layer(SimpleRnn::new(3).return_sequences(true).go_backwards(true))
                .merge_mode(MergeMode::None)
                .activity_regularizer("l1"),
        ),
        Arc::new(ConvLstm1d::new(2, 3).padding(Padding::Same).dilation_rate(2).unit_forget_bias(false)),
        Arc::new(ConvLstm2d::new(2, [3, 1]).strides([1, 2]).recurrent_activation("relu").stateful(true)),
        Arc::new(ConvLstm3d::new(2, 1).data_format(DataFormat::ChannelsFirst).activity_regularizer("l2")),
        Arc::new(LstmCell::new(2).recurrent_activation("hard_sigmoid").implementation(1).dropout(0.1)),
        Arc::new(GruCell::new(2).use_bias(false).kernel_regularizer("l2").recurrent_dropout(0.2)),
        Arc::new(SimpleRnnCell::new(2).recurrent_constraint("unit_norm").bias_initializer("ones")),
        Arc::new(StackedRnnCells::new().cell(GruCell::new(2)).cell(GruCell::new(3)).trainable(false)),
        Arc::new(
            Conv1d::new(4, 3)
                .strides(2)
                .padding(Padding::Causal)
                .data_format(DataFormat::ChannelsFirst)
                .groups(2)
                .activation("relu")
                .use_bias(false)
                .kernel_initializer("he_normal")
                .kernel_regularizer("l2")
                .activity_regularizer("l1")
                .bias_constraint("non_neg"),
        ),
    ]
}

/// Layers of the classes that are not in `layers`, with arguments that are not the defaults.
fn others() -> Vec<Arc<dyn Layer>> {
    let configurations = [
        ("ReLU", json!({"max_value": 6.0, "negative_slope": 0.25, "threshold": 0.5})),
        ("LeakyReLU", json!({"negative_slope": 0.25})),
        ("PReLU", json!({"shared_axes": [1], "alpha_regularizer": "l2"})),
        ("ELU", json!({"alpha": 0.5})),
        ("Softmax", json!({"axis": 1})),
        ("Permute", json!({"dims": [2, 1]})),
        ("Identity", json!({"trainable": false})),
        ("ActivityRegularization", json!({"l1": 0.25, "l2": 0.5})),
        ("Rescaling", json!({"scale": 0.5, "offset": 0.25})),
        ("Attention", json!({"use_scale": true, "score_mode": "concat", "seed": 3})),
        ("AdditiveAttention", json!({"use_scale": false, "dropout": 0.25})),
        ("MultiHeadAttention", json!({"num_heads": 2, "key_dim": 3, "value_dim": 4, "use_bias": false})),
        ("SpatialDropout1D", json!({"rate": 0.25, "seed": 3})),
        ("GaussianNoise", json!({"stddev": 0.25})),
        ("GaussianDropout", json!({"rate": 0.25})),
        ("AlphaDropout", json!({"rate": 0.25, "seed": 3})),
        ("CategoryEncoding", json!({"num_tokens": 4, "output_mode": "count"})),
        ("Normalization", json!({"axis": 1, "invert": true})),
    ];
    let read =
        |(class_name, config)| deserialize(&json!({"class_name": class_name, "config": config})).unwrap();
    configurations.into_iter().map(read).collect()
}

#[test]
fn every_class_comes_back_from_its_configuration() {
    let layers = [layers(), others()].concat();
    let is_there = |class: &str| layers.iter().any(|layer| layer.class_name() == class);
    let missing: Vec<&str> =
        CLASSES.iter().map(|(class, _)| *class).filter(|class| !is_there(class)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for layer in layers {
        let envelope = serialize(&*layer);
        let again = deserialize(&envelope).unwrap();
        assert_eq!(serialize(&*again), envelope);
        assert_eq!(again.base().is_trainable(), layer.base().is_trainable());
    }
}

#[test]
fn absent_and_null_arguments_have_their_defaults() {
    let short =
        deserialize(&json!({"class_name": "Dense", "config": {"units": 2, "activation": null}})).unwrap();
    assert_eq!(get_config(&*short), get_config(&Dense::new(2)));
    let short = deserialize(&json!({"class_name": "LSTM", "config": {"units": 2, "seed": null}})).unwrap();
    assert_eq!(get_config(&*short), get_config(&Lstm::new(2)));
}

#[test]
fn implementation_zero_of_keras_2_is_one() {
    let layer =
        deserialize(&json!({"class_name": "LSTM", "config": {"units": 2, "implementation": 0}})).unwrap();
    assert_eq!(get_config(&*layer)["implementation"], 1);
    let layer =
        deserialize(&json!({"class_name": "LSTM", "config": {"units": 2, "implementation": 2}})).unwrap();
    assert!(!get_config(&*layer).contains_key("implementation"));
}

#[test]
fn a_shape_on_a_layer_of_keras_2_is_read() {
    let config = json!({"units": 2, "batch_input_shape": [null, 5, 3]});
    let layer = deserialize(&json!({"class_name": "LSTM", "config": config})).unwrap();
    assert_eq!(layer.base().batch_shape().unwrap().to_string(), "[None, 5, 3]");
}

#[test]
fn a_type_may_be_a_name_or_a_policy() {
    let policy = json!({"class_name": "DTypePolicy", "config": {"name": "float32"}});
    for dtype in [json!("float32"), policy] {
        let envelope = json!({"class_name": "Dense", "config": {"units": 2, "dtype": dtype}});
        assert!(deserialize(&envelope).is_ok());
    }
    for dtype in [json!("float16"), json!({"class_name": "DTypePolicy", "config": {"name": "mixed_float16"}})]
    {
        let error = deserialize(&json!({"class_name": "Dense", "config": {"units": 2, "dtype": dtype}}));
        assert!(error.unwrap_err().is_unsupported());
    }
}

#[test]
fn nothing_in_a_configuration_is_ignored() {
    let wrong = [
        json!({"class_name": "LSTM", "config": {"units": 2, "time_major": true}}),
        json!({"class_name": "LSTM", "config": {"units": 2.5}}),
        json!({"class_name": "LSTM", "config": {}}),
        json!({"class_name": "LSTM", "config": {"units": 2, "implementation": 3}}),
        json!({"class_name": "LSTM", "config": {"units": 2, "use_bias": 1}}),
        json!({"class_name": "LSTM", "config": {"units": 2, "dropout": 1.0}}),
        json!({"class_name": "LSTM", "config": {"units": 2, "name": "a/b"}}),
        json!({"class_name": "Flatten", "config": {"data_format": "channels_first"}}),
        json!({"class_name": "InputLayer", "config": {"batch_shape": [null, 2], "sparse": true}}),
        json!({"class_name": "InputLayer", "config": {"batch_shape": [null, "two"]}}),
        json!({"class_name": "InputLayer", "config": {"batch_shape": [null, 2], "dtype": "string"}}),
        json!({"class_name": "Reshape", "config": {"target_shape": [1.5]}}),
        json!({"class_name": "TimeDistributed", "config": {"layer": {"class_name": "Unknown", "config": {"units": 1}}}}),
        json!({"class_name": "Embedding", "config": {"input_dim": 3, "output_dim": 2, "activity_regularizer": "l2"}}),
    ];
    for envelope in wrong {
        let error = deserialize(&envelope).expect_err(&envelope.to_string());
        assert!(error.is_argument() || error.is_unsupported(), "{error}");
    }
}
