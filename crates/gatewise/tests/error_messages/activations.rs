//! Activations as layers, and layers that move, scale or watch what passes.

use gatewise::functional::{Apply, CallOptions};
use gatewise::layers::{
    self, ActivityRegularization, Input, Layer, LayerOptions, LeakyReLU, PReLU, Permute, ReLU, Rescaling,
    Softmax,
};
use gatewise::{Error, Result, Sequential, StreamState};
use ndarray::ArrayD;
use serde_json::json;

use super::{error, zeros};

/// What calling a layer on zeros reports.
fn calling(layer: impl Layer) -> Error {
    error(layers::call(&layer, &[zeros(&[2, 5, 4])], 1))
}

#[test]
fn arguments_out_of_range() {
    let messages = [
        (calling(ReLU::new().max_value(-1.0)), "re_lu: `max_value` must be at least 0, got -1"),
        (calling(ReLU::new().negative_slope(-0.5)), "re_lu: `negative_slope` must be at least 0, got -0.5"),
        (calling(ReLU::new().threshold(f32::NAN)), "re_lu: `threshold` must be at least 0, got NaN"),
        (
            calling(LeakyReLU::new().negative_slope(-1.0)),
            "leaky_re_lu: `negative_slope` must be at least 0, got -1",
        ),
        (
            calling(ActivityRegularization::new().l2(-0.1)),
            "activity_regularization: `l2` must be at least 0, got -0.1",
        ),
        (
            calling(PReLU::new().shared_axes([3])),
            "p_re_lu: `shared_axes` must be from 1 to 2 for inputs [2, 5, 4], got 3",
        ),
        (
            calling(PReLU::new().alpha_constraint("small")),
            "p_re_lu: `alpha_constraint`: expected one of max_norm, non_neg, unit_norm, min_max_norm, got \"small\"",
        ),
        (
            calling(Permute::new([1, 3])),
            "permute: `dims` must hold the numbers from 1 on, each once, got [1, 3]",
        ),
        (calling(Softmax::new().axis(3)), "softmax: `axis` 3 is out of range for inputs [2, 5, 4]"),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_argument());
    }
}

#[test]
fn inputs_that_do_not_fit() {
    let built = PReLU::new();
    layers::call(&built, &[zeros(&[2, 3])], 1).unwrap();
    let messages = [
        (calling(built), "p_re_lu: expected inputs for an `alpha` [3] of a sample, got [2, 5, 4]"),
        (
            calling(Permute::new([2, 1, 3])),
            "permute: expected inputs with 4 axes for `dims` [2, 1, 3], got [2, 5, 4]",
        ),
        (
            calling(Rescaling::new([1.0, 2.0])),
            "rescaling: `scale` must broadcast to the inputs [2, 5, 4], got [2]",
        ),
        (
            calling(Rescaling::new(1.0).offset(ArrayD::zeros(vec![1, 2, 5, 4]))),
            "rescaling: `offset` must broadcast to the inputs [2, 5, 4], got [1, 2, 5, 4]",
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_shape());
    }
    let unknown = Input::new([None, Some(4)]).tensor().unwrap();
    let error = error(PReLU::new().with_name("slopes").apply(&unknown));
    let text = "slopes: expected known sizes along the axes that are not shared, got inputs [None, None, 4]";
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_mask_that_does_not_lie_over_the_inputs_of_a_softmax() {
    let x = Input::new([Some(5), Some(4)]).tensor().unwrap();
    let mask = Input::new([Some(5)]).tensor().unwrap();
    let options = CallOptions { mask: Some(mask), ..CallOptions::default() };
    let error = error(Softmax::new().apply_with(&x, options));
    let text = "softmax: expected a mask with the axes of the inputs [None, 5, 4], or 1, got [None, 5]";
    assert!(error.to_string().ends_with(&text[7..]), "{error}");
    assert!(error.is_shape());
}

#[test]
fn configurations_that_are_wrong() {
    let read =
        |class: &str, config| error(layers::deserialize(&json!({"class_name": class, "config": config})));
    let messages = [
        (read("Rescaling", json!({})), "Rescaling: the configuration lacks the argument `scale`"),
        (
            read("Rescaling", json!({"scale": "big"})),
            "Rescaling: `scale` must be a number or lists of numbers, got \"big\"",
        ),
        (
            read("Permute", json!({"dims": [-1, 2]})),
            "Permute: `dims` must be a list of whole numbers of at least 0, got [-1,2]",
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_argument());
    }
}

#[test]
fn streams_that_need_other_steps() {
    let step = |layer: &dyn Fn(&mut Sequential) -> Result<()>| -> Result<(ArrayD<f32>, StreamState)> {
        let mut model = Sequential::new();
        model.add(Input::new([Some(5), Some(4)])).unwrap();
        layer(&mut model).unwrap();
        model.step(&zeros(&[2, 4]), StreamState::new())
    };
    let refused = "cannot take one step at a time:";
    let messages = [
        (
            error(step(&|model| model.add(Softmax::new().axis(1)).map(|_| ()))),
            format!("softmax: the layer (Softmax) {refused} it joins all steps"),
        ),
        (
            error(step(&|model| model.add(Permute::new([2, 1])).map(|_| ()))),
            format!("permute: the layer (Permute) {refused} it moves the time axis"),
        ),
        (
            error(step(&|model| model.add(PReLU::new()).map(|_| ()))),
            format!("p_re_lu: the layer (PReLU) {refused} each step has an `alpha` of its own; share axis 1"),
        ),
        (
            error(step(&|model| model.add(Rescaling::new(ArrayD::ones(vec![5, 4]))).map(|_| ()))),
            format!("rescaling: the layer (Rescaling) {refused} each step has numbers of its own"),
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_unsupported());
    }
}
