//! Layers that normalize.

use gatewise::Error;
use gatewise::layers::{self, GroupNormalization, Input, Layer, LayerNormalization, RmsNormalization};
use gatewise::{Result, Sequential, StreamState};
use ndarray::ArrayD;

use super::{error, zeros};

/// What calling a layer on zeros reports.
fn calling(layer: impl Layer, shape: &[usize]) -> Error {
    error(layers::call(&layer, &[zeros(shape)], 1))
}

#[test]
fn arguments_out_of_range() {
    let shape = [2, 5, 4];
    let messages = [
        (
            calling(LayerNormalization::new().epsilon(-1.0), &shape),
            "layer_normalization: `epsilon` must be at least 0, got -1",
        ),
        (
            calling(RmsNormalization::new().epsilon(f32::NAN), &shape),
            "rms_normalization: `epsilon` must be at least 0, got NaN",
        ),
        (
            calling(GroupNormalization::new(0), &shape),
            "group_normalization: `groups` must be at least 1, or -1 for one a channel, got 0",
        ),
        (
            calling(LayerNormalization::new().axis(3), &shape),
            "layer_normalization: `axis` 3 is out of range for inputs [2, 5, 4]",
        ),
        (
            calling(GroupNormalization::new(2).axis(-3), &shape),
            "group_normalization: `axis` must not name the axis of samples, got -3 for inputs [2, 5, 4]",
        ),
        (
            calling(LayerNormalization::new().axis([2, -1]), &shape),
            "layer_normalization: `axis` must name an axis once, got [2,-1] for [2, 5, 4]",
        ),
        (
            calling(LayerNormalization::new().axis([]), &shape),
            "layer_normalization: `axis` must name at least one axis, got []",
        ),
        (
            calling(RmsNormalization::new().axis(1), &shape),
            "rms_normalization: `axis` must name the last axes in ascending order, got 1 for inputs [2, 5, 4]",
        ),
        (
            calling(LayerNormalization::new().gamma_initializer("uno"), &shape),
            "layer_normalization: `gamma_initializer`: expected one of zeros, ones, constant, identity, \
             random_normal, truncated_normal, random_uniform, variance_scaling, glorot_uniform, glorot_normal, \
             he_uniform, he_normal, lecun_uniform, lecun_normal, orthogonal, got \"uno\"",
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_argument());
    }
}

#[test]
fn inputs_that_do_not_fit() {
    let error = calling(GroupNormalization::new(3), &[2, 5, 4]);
    let text =
        "group_normalization: expected a number of channels that 3 `groups` divide, got inputs [2, 5, 4]";
    assert_eq!(error.to_string(), text);
    assert!(error.is_shape());

    let mut model = Sequential::new();
    model.add(Input::new([None, Some(4)])).unwrap();
    let error = super::error(model.add(LayerNormalization::new().axis([1, 2])));
    let text = "layer_normalization: expected known sizes along the axes [1, 2], got inputs [None, None, 4]";
    assert_eq!(error.to_string(), text);
    assert!(error.is_shape());
}

#[test]
fn other_sizes_than_a_layer_was_built_for() {
    let layer = LayerNormalization::new();
    layers::call(&layer, &[zeros(&[2, 5, 4])], 1).unwrap();
    let error = error(layers::call(&layer, &[zeros(&[2, 5, 3])], 1));
    let text = "layer_normalization: expected sizes [4] along the axes [2], got inputs [2, 5, 3]";
    assert_eq!(error.to_string(), text);
    assert!(error.is_shape());
}

#[test]
fn a_stream_that_is_normalized_over_time() {
    let step = |layer: LayerNormalization| -> Result<(ArrayD<f32>, StreamState)> {
        let mut model = Sequential::new();
        model.add(Input::new([Some(5), Some(4)])).unwrap().add(layer).unwrap();
        model.step(&zeros(&[2, 4]), StreamState::new())
    };
    assert!(step(LayerNormalization::new()).is_ok());
    let error = error(step(LayerNormalization::new().axis(1)));
    let text = "layer_normalization: the layer (LayerNormalization) cannot take one step at a time: it normalizes \
                over the time axis";
    assert_eq!(error.to_string(), text);
    assert!(error.is_unsupported());
}
