//! Layers that prepare data, draw random numbers or are code.

use gatewise::functional::{Apply, CallOptions};
use gatewise::layers::{
    self, AlphaDropout, CategoryEncoding, GaussianDropout, GaussianNoise, Input, Lambda, Layer, LayerOptions,
    Normalization, OutputMode, SpatialDropout1d,
};
use gatewise::{Error, Sequential, StreamState};
use ndarray::array;
use serde_json::json;

use super::{error, zeros};

/// What calling a layer on zeros reports.
fn calling(layer: impl Layer, shape: &[usize]) -> Error {
    error(layers::call(&layer, &[zeros(shape)], 1))
}

#[test]
fn arguments_out_of_range() {
    let shape = [2, 5, 4];
    let messages = [
        (calling(GaussianNoise::new(1.5), &shape), "gaussian_noise: `stddev` must be from 0 to 1, got 1.5"),
        (
            calling(GaussianDropout::new(1.0), &shape),
            "gaussian_dropout: `rate` must be at least 0 and below 1, got 1",
        ),
        (
            calling(AlphaDropout::new(-0.1), &shape),
            "alpha_dropout: `rate` must be at least 0 and below 1, got -0.1",
        ),
        (
            calling(SpatialDropout1d::new(f32::NAN), &shape),
            "spatial_dropout1d: `rate` must be at least 0 and below 1, got NaN",
        ),
        (
            calling(CategoryEncoding::new(0), &shape),
            "category_encoding: `num_tokens` must be at least 1, got 0",
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_argument());
    }
}

#[test]
fn inputs_that_do_not_fit() {
    let messages = [
        (
            calling(SpatialDropout1d::new(0.5), &[2, 5]),
            "spatial_dropout1d: expected inputs [batch, time, features], got [2, 5]",
        ),
        (
            calling(CategoryEncoding::new(3), &[2]),
            "category_encoding: expected tokens [batch, ..., numbers], got [2]",
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_shape());
    }
}

#[test]
fn tokens_that_are_no_class() {
    let encode = |token: f32| {
        let layer = CategoryEncoding::new(3).output_mode(OutputMode::OneHot);
        error(layers::call(&layer, &[array![[0.0, token]].into_dyn()], 1))
    };
    for (token, text) in [(3.0, "3"), (-1.0, "-1"), (0.5, "0.5")] {
        let error = encode(token);
        assert!(error.is_data());
        assert!(error.to_string().starts_with("category_encoding: expected"), "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn weights_of_counts() {
    let tokens = Input::new([Some(4)]).tensor().unwrap();
    let given = |width: usize| {
        let weights = Input::new([Some(width)]).tensor().unwrap();
        CallOptions { inputs: vec![("count_weights".to_owned(), weights)], ..CallOptions::default() }
    };
    let encoding = || CategoryEncoding::new(3).with_name("encoding");
    let counts = encoding().output_mode(OutputMode::Count);
    let mode = error(encoding().apply_with(&tokens, given(4)));
    assert_eq!(mode.to_string(), "encoding: `count_weights` are for the mode count, got multi_hot");
    let shape = error(counts.apply_with(&tokens, given(5)));
    assert_eq!(
        shape.to_string(),
        "encoding: expected `count_weights` of the shape [None, 4] of the tokens, got [None, 5]"
    );
}

#[test]
fn functions_as_layers() {
    let wrong = Lambda::new(|b, x| b.matmul(x, x)).with_name("product");
    let failed = calling(wrong, &[2, 5, 4]);
    assert!(failed.to_string().starts_with("product: `function`: matmul: expected"), "{failed}");
    let mut model = Sequential::new();
    model.add(Input::new([Some(5), Some(4)])).unwrap();
    model.add(Lambda::new(|b, x| b.square(x)).with_name("squares")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let saving = error(model.save(folder.path().join("model.safetensors")));
    assert_eq!(
        saving.to_string(),
        "save: the model cannot be described in a file: squares: a Lambda is code, which no configuration can hold; \
         write a layer of a class of your own"
    );
    assert!(saving.is_unsupported());
    let step = error(model.step(&zeros(&[2, 4]), StreamState::new()));
    assert_eq!(
        step.to_string(),
        "squares: the layer (Lambda) cannot take one step at a time: it needs the whole sequence"
    );
    let config = json!({"class_name": "GaussianNoise", "config": {}});
    let lacking = error(layers::deserialize(&config));
    assert_eq!(lacking.to_string(), "GaussianNoise: the configuration lacks the argument `stddev`");
}

#[test]
fn normalizations_that_cannot_adapt() {
    let given = || Normalization::new().mean_and_variance([1.0, 2.0], [1.0, 4.0]);
    let adapting = |layer: Normalization, shape: &[usize]| error(layer.adapt(&zeros(shape))).to_string();
    let messages = [
        (
            adapting(given(), &[3, 2]),
            "normalization: mean and variance were given, there is nothing to adapt",
        ),
        (
            adapting(Normalization::new(), &[0, 2]),
            "normalization: expected data to adapt to, got none: [0, 2]",
        ),
        (
            adapting(Normalization::new().axis(2), &[3, 2]),
            "normalization: `axis` 2 is out of range for inputs [3, 2]",
        ),
        (
            calling(Normalization::new().mean_and_variance([1.0, 2.0], 1.0), &[3, 2]).to_string(),
            "normalization: `mean` and `variance` must have the same shape, with at most 1 axes as `axis` has, got [2] \
             and []",
        ),
        (
            calling(given(), &[3, 4]).to_string(),
            "normalization: expected inputs for a `mean` [2] along the axes [1], got [3, 4]",
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error, text);
    }
    let adapted = Normalization::new();
    adapted.adapt(&zeros(&[3, 2])).unwrap();
    assert_eq!(
        adapting(adapted, &[3, 4]),
        "normalization: expected sizes [2] along the axes [1], got inputs [3, 4]"
    );
    let config = json!({"class_name": "Normalization", "config": {"mean": 1.0}});
    let text = "Normalization: `mean` and `variance` must be given together";
    assert_eq!(error(layers::deserialize(&config)).to_string(), text);
}
