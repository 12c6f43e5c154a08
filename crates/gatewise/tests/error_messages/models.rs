//! Models that are not ready, and arguments of training.

use gatewise::callbacks::EarlyStopping;
use gatewise::layers::{Dense, Input, Lstm};
use gatewise::{Compile, Evaluate, Fit, Predict, Sequential};

use super::{compiled, error, model, zeros};

#[test]
fn training_before_compile() {
    let mut model = model();
    let (x, y) = (zeros(&[2, 5, 4]), zeros(&[2, 1]));
    let text = "sequential: the model must be compiled first; call `compile` with an optimizer and a loss";
    let errors = [
        error(model.fit(&x, &y, Fit::default())),
        error(model.evaluate(&x, &y, Evaluate::default())),
        error(model.train_on_batch(&x, &y)),
        error(model.test_on_batch(&x, &y)),
    ];
    for error in errors {
        assert_eq!(error.to_string(), text);
        assert!(error.is_state());
    }
}

#[test]
fn weights_for_a_model_that_has_none_yet() {
    let mut model = Sequential::new();
    model.add(Lstm::new(3)).unwrap();
    let error = error(model.set_weights(&[]));
    let text =
        "sequential: the model has no weights yet; add an `Input`, call `build`, or give it data first";
    assert_eq!(error.to_string(), text);
    assert!(error.is_state());
}

#[test]
fn a_model_without_layers() {
    let error = error(Sequential::new().predict(&zeros(&[2, 3])));
    assert_eq!(error.to_string(), "sequential: the model has no layers; add one with `add`");
    assert!(error.is_state());
}

#[test]
fn too_few_weights() {
    let model = model();
    let error = error(model.set_weights(&model.get_weights()[..3]));
    assert_eq!(error.to_string(), "sequential: expected 5 weights, got 3");
    assert!(error.is_argument());
}

#[test]
fn a_weight_of_another_shape() {
    let model = model();
    let mut weights = model.get_weights();
    weights[1] = zeros(&[3, 13]);
    let error = error(model.set_weights(&weights));
    assert_eq!(error.to_string(), "lstm/lstm_cell/recurrent_kernel: expected a weight [3, 12], got [3, 13]");
    assert!(error.is_shape());
}

#[test]
fn an_input_that_does_not_come_first() {
    let mut model = Sequential::new();
    model.add(Lstm::new(3)).unwrap();
    let late = error(model.add(Input::new([Some(5), Some(4)])));
    assert_eq!(
        late.to_string(),
        "sequential: expected an input as the first layer only, got one after \"lstm\""
    );
    assert!(late.is_state());
    let mut model = Sequential::new();
    model.add(Input::new([Some(5), Some(4)])).unwrap();
    let twice = error(model.add(Input::new([Some(5), Some(4)])));
    let text = "sequential: expected an input as the first layer only, got one after \"input_layer\"";
    assert_eq!(twice.to_string(), text);
}

#[test]
fn a_layer_after_one_that_returns_states() {
    let mut model = Sequential::new();
    model.add(Input::new([Some(5), Some(4)])).unwrap().add(Lstm::new(3).return_state(true)).unwrap();
    let error = error(model.add(Dense::new(1)));
    assert_eq!(error.to_string(), "lstm: expected one output for the layer \"dense\" after it, got 3");
    assert!(error.is_argument());
}

#[test]
fn one_prediction_of_a_model_with_several_outputs() {
    let mut model = Sequential::new();
    model.add(Input::new([Some(5), Some(4)])).unwrap().add(Lstm::new(3).return_state(true)).unwrap();
    let error = error(model.predict(&zeros(&[2, 5, 4])));
    assert_eq!(error.to_string(), "sequential: expected one output, got 3; call `predict_all`");
    assert!(error.is_argument());
}

#[test]
fn training_a_model_with_several_outputs() {
    let mut model = Sequential::new();
    model.add(Input::new([Some(5), Some(4)])).unwrap().add(Lstm::new(3).return_state(true)).unwrap();
    model.compile(Compile::new("adam", "mse")).unwrap();
    let error = error(model.train_on_batch(&zeros(&[2, 5, 4]), &zeros(&[2, 3])));
    assert_eq!(error.to_string(), "y: expected 3 arrays (lstm, lstm, lstm), got 1");
    assert!(error.is_argument());
}

#[test]
fn inputs_that_the_model_was_not_built_for() {
    let model = model();
    for shape in [&[2, 5, 3][..], &[2, 5], &[2, 5, 4, 1]] {
        let error = error(model.predict(&zeros(shape)));
        assert_eq!(error.to_string(), format!("sequential: expected inputs [None, 5, 4], got {shape:?}"));
        assert!(error.is_shape());
    }
}

#[test]
fn batches_of_nothing() {
    let mut model = compiled();
    let (x, y) = (zeros(&[2, 5, 4]), zeros(&[2, 1]));
    let text = "`batch_size` must be at least 1, got 0";
    let batch_size = Some(0);
    let errors = [
        ("fit", error(model.fit(&x, &y, Fit { batch_size, ..Fit::default() }))),
        ("evaluate", error(model.evaluate(&x, &y, Evaluate { batch_size, ..Evaluate::default() }))),
        ("predict", error(model.predict_all(&x, Predict { batch_size, ..Predict::default() }))),
    ];
    for (subject, error) in errors {
        assert_eq!(error.to_string(), format!("{subject}: {text}"));
        assert!(error.is_argument());
    }
}

#[test]
fn a_share_for_validation_out_of_range() {
    let (x, y) = (zeros(&[5, 5, 4]), zeros(&[5, 1]));
    let fit = |validation_split| error(compiled().fit(&x, &y, Fit { validation_split, ..Fit::default() }));
    for (share, got) in [(1.0, "1"), (-0.5, "-0.5"), (f64::NAN, "NaN")] {
        let text = format!("fit: `validation_split` must be at least 0 and below 1, got {got}");
        assert_eq!(fit(share).to_string(), text);
        assert!(fit(share).is_argument());
    }
    let nothing = fit(0.9);
    let text = "fit: `validation_split` must leave samples on both sides, got 0.9 of 5 samples";
    assert_eq!(nothing.to_string(), text);
    assert!(nothing.is_argument());
}

#[test]
fn watching_what_is_not_in_the_logs() {
    let (x, y) = (zeros(&[5, 5, 4]), zeros(&[5, 1]));
    let mut stop = EarlyStopping::default();
    let error = error(compiled().fit(&x, &y, Fit { callbacks: vec![&mut stop], ..Fit::default() }));
    assert_eq!(error.to_string(), "EarlyStopping: `monitor` must be one of loss, got \"val_loss\"");
    assert!(error.is_argument());
}
