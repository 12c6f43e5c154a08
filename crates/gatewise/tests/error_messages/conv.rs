//! Convolutions over time.

use gatewise::Error;
use gatewise::layers::{self, Conv1d, DataFormat, Layer, Padding};
use serde_json::json;

use super::{error, zeros};

/// What calling a layer on zeros reports.
fn calling(layer: impl Layer, shape: &[usize]) -> Error {
    error(layers::call(&layer, &[zeros(shape)], 1))
}

/// What reading a configuration reports.
fn reading(config: serde_json::Value) -> Error {
    error(layers::deserialize(&json!({"class_name": "Conv1D", "config": config})))
}

#[test]
fn arguments_of_a_convolution_out_of_range() {
    let messages = [
        (Conv1d::new(0, 2), "conv1d: `filters` must be at least 1, got 0"),
        (Conv1d::new(2, 0), "conv1d: `kernel_size` must be at least 1, got 0"),
        (Conv1d::new(2, 2).strides(0), "conv1d: `strides` must be at least 1, got 0"),
        (Conv1d::new(2, 2).dilation_rate(0), "conv1d: `dilation_rate` must be at least 1, got 0"),
        (Conv1d::new(2, 2).groups(0), "conv1d: `groups` must be at least 1, got 0"),
        (
            Conv1d::new(2, 2).strides(2).dilation_rate(3),
            "conv1d: `strides` and `dilation_rate` cannot both be greater than 1, got 2 and 3",
        ),
        (Conv1d::new(3, 2).groups(2), "conv1d: `filters` must be a multiple of `groups`, got 3 and 2"),
        (
            Conv1d::new(2, 2).kernel_constraint("small"),
            "conv1d: `kernel_constraint`: expected one of max_norm, non_neg, unit_norm, min_max_norm, got \"small\"",
        ),
        (
            Conv1d::new(2, 2).activity_regularizer("l3"),
            "conv1d: `activity_regularizer`: expected one of l1, l2, l1l2, l1_l2, orthogonal_regularizer, got \"l3\"",
        ),
    ];
    for (layer, text) in messages {
        let error = calling(layer, &[2, 5, 4]);
        assert_eq!(error.to_string(), text);
        assert!(error.is_argument());
    }
}

#[test]
fn inputs_that_a_convolution_cannot_take() {
    let messages = [
        (calling(Conv1d::new(2, 2), &[2, 5]), "conv1d: expected inputs [batch, time, channels], got [2, 5]"),
        (
            calling(Conv1d::new(2, 2).data_format(DataFormat::ChannelsFirst), &[2, 5]),
            "conv1d: expected inputs [batch, channels, time], got [2, 5]",
        ),
        (
            calling(Conv1d::new(2, 3).dilation_rate(2), &[2, 4, 3]),
            "conv1d: expected at least 5 steps for a `kernel_size` of 3 and a `dilation_rate` of 2, got inputs \
             [2, 4, 3]",
        ),
        (
            calling(Conv1d::new(4, 2).groups(2), &[2, 5, 3]),
            "conv1d: expected a number of channels that 2 `groups` divide, got inputs [2, 5, 3]",
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_shape());
    }
}

#[test]
fn other_channels_than_a_convolution_was_built_for() {
    let layer = Conv1d::new(4, 2).groups(2).padding(Padding::Same);
    layers::call(&layer, &[zeros(&[2, 5, 6])], 1).unwrap();
    let error = error(layers::call(&layer, &[zeros(&[2, 5, 4])], 1));
    assert_eq!(error.to_string(), "conv1d: expected inputs [batch, time, 6], got [2, 5, 4]");
    assert!(error.is_shape());
}

#[test]
fn configurations_of_a_convolution_that_cannot_be_read() {
    let messages = [
        (
            json!({"filters": 2, "kernel_size": [3, 3]}),
            "Conv1D: `kernel_size` must be a whole number of at least 0, got [3,3]",
        ),
        (
            json!({"filters": 2, "kernel_size": 3, "padding": "full"}),
            "Conv1D: `padding` must be one of valid, same, causal, got \"full\"",
        ),
        (
            json!({"filters": 2, "kernel_size": 3, "data_format": "last"}),
            "Conv1D: `data_format` must be one of channels_last, channels_first, got \"last\"",
        ),
    ];
    for (config, text) in messages {
        let error = reading(config);
        assert_eq!(error.to_string(), text);
        assert!(error.is_argument());
    }
}
