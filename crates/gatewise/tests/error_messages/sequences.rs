//! Layers that shorten and lengthen sequences.

use gatewise::Error;
use gatewise::layers::{
    self, AveragePooling1d, Cropping1d, DataFormat, GlobalAveragePooling1d, GlobalMaxPooling1d, Layer,
    MaxPooling1d, Padding, UpSampling1d, ZeroPadding1d,
};
use serde_json::{Value, json};

use super::{error, zeros};

/// What calling a layer on zeros reports.
fn calling(layer: impl Layer, shape: &[usize]) -> Error {
    error(layers::call(&layer, &[zeros(shape)], 1))
}

#[test]
fn arguments_out_of_range() {
    let shape = [2, 5, 4];
    let messages = [
        (calling(MaxPooling1d::new(0), &shape), "max_pooling1d: `pool_size` must be at least 1, got 0"),
        (
            calling(AveragePooling1d::new(2).strides(0), &shape),
            "average_pooling1d: `strides` must be at least 1, got 0",
        ),
        (
            calling(MaxPooling1d::new(2).padding(Padding::Causal), &shape),
            "max_pooling1d: `padding` must be valid or same, got causal",
        ),
        (calling(UpSampling1d::new(0), &shape), "up_sampling1d: `size` must be at least 1, got 0"),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_argument());
    }
}

#[test]
fn inputs_that_do_not_fit() {
    let first = DataFormat::ChannelsFirst;
    let messages = [
        (
            calling(MaxPooling1d::new(2), &[2, 5]),
            "max_pooling1d: expected inputs [batch, time, channels], got [2, 5]",
        ),
        (
            calling(AveragePooling1d::new(6), &[2, 5, 4]),
            "average_pooling1d: expected at least 6 steps for a `pool_size` of 6, got inputs [2, 5, 4]",
        ),
        (
            calling(MaxPooling1d::new(5).data_format(first), &[2, 5, 4]),
            "max_pooling1d: expected at least 5 steps for a `pool_size` of 5, got inputs [2, 5, 4]",
        ),
        (
            calling(GlobalMaxPooling1d::new().data_format(first), &[2, 5]),
            "global_max_pooling1d: expected inputs [batch, channels, time], got [2, 5]",
        ),
        (
            calling(GlobalMaxPooling1d::new(), &[2, 0, 3]),
            "global_max_pooling1d: expected at least one step, got inputs [2, 0, 3]",
        ),
        (
            calling(GlobalAveragePooling1d::new(), &[2, 5]),
            "global_average_pooling1d: expected inputs [batch, time, channels], got [2, 5]",
        ),
        (
            calling(UpSampling1d::new(2), &[2, 5]),
            "up_sampling1d: expected inputs [batch, time, channels], got [2, 5]",
        ),
        (
            calling(ZeroPadding1d::new(1).data_format(first), &[2, 5]),
            "zero_padding1d: expected inputs [batch, channels, time], got [2, 5]",
        ),
        (
            calling(Cropping1d::new(1), &[2, 5]),
            "cropping1d: expected inputs [batch, time, channels], got [2, 5]",
        ),
        (
            calling(Cropping1d::new((2, 3)), &[2, 5, 4]),
            "cropping1d: expected more than 2 + 3 steps to crop, got inputs [2, 5, 4]",
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_shape());
    }
}

#[test]
fn configurations_that_cannot_be_read() {
    let reading = |class_name: &str, config: Value| {
        error(layers::deserialize(&json!({"class_name": class_name, "config": config})))
    };
    let messages = [
        (
            reading("MaxPooling1D", json!({"padding": "causal"})),
            "MaxPooling1D: `padding` must be one of valid, same, got \"causal\"",
        ),
        (
            reading("AveragePooling1D", json!({})),
            "AveragePooling1D: the configuration lacks the argument `pool_size`",
        ),
        (
            reading("Cropping1D", json!({"cropping": [1, 2, 3]})),
            "Cropping1D: `cropping` must be one or two whole numbers of at least 0, got [1,2,3]",
        ),
        (
            reading("ZeroPadding1D", json!({"padding": -1})),
            "ZeroPadding1D: `padding` must be one or two whole numbers of at least 0, got [-1]",
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_argument());
    }
}
