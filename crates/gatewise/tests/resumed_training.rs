//! Trainings that are taken up again from weights and the state of the optimizer: the same bits as without a break.

#![allow(missing_docs)]

use gatewise::layers::{Dense, Dropout, Input, Lstm};
use gatewise::optimizers::{
    Adafactor, Adam, Ftrl, LossScaleOptimizer, Muon, Nadam, OptimizerArgument, OptimizerOptions,
    OptimizerValue, RmsProp, Sgd,
};
use gatewise::{Compile, Fit, Sequential};
use ndarray::{Array, ArrayD};

fn data() -> (ArrayD<f32>, ArrayD<f32>) {
    let x = Array::from_shape_fn((22, 4, 2), |(i, t, f)| ((i * 7 + t * 3 + f * 5) % 11) as f32 / 11.0 - 0.4);
    let y = Array::from_shape_fn((22, 1), |(i, _)| ((i * 5) % 7) as f32 / 7.0);
    (x.into_dyn(), y.into_dyn())
}

fn model(optimizer: impl Into<OptimizerArgument>) -> Sequential {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([Some(4), Some(2)])).unwrap();
    model.add(Lstm::new(3).dropout(0.3)).unwrap().add(Dropout::new(0.2)).unwrap().add(Dense::new(1)).unwrap();
    model.compile(Compile::new(optimizer, "mse")).unwrap();
    model
}

fn fit<'a>(initial_epoch: usize, epochs: usize) -> Fit<'a> {
    Fit { initial_epoch, epochs, batch_size: Some(5), ..Fit::default() }
}

fn state(model: &Sequential) -> Vec<OptimizerValue> {
    model.optimizer_variables().unwrap().into_iter().map(|variable| variable.value).collect()
}

/// Trains 4 epochs whole, and 2 and 2 with a model that is given what the first left behind.
fn check(what: &str, optimizer: impl Fn() -> OptimizerArgument) {
    let (x, y) = data();
    let mut whole = model(optimizer());
    let history = whole.fit(&x, &y, fit(0, 4)).unwrap();
    let mut first = model(optimizer());
    first.fit(&x, &y, fit(0, 2)).unwrap();
    let mut second = model(optimizer());
    second.set_weights(&first.get_weights()).unwrap();
    second.set_optimizer_variables(&state(&first)).unwrap();
    assert_eq!(second.training_steps().unwrap(), 10, "{what}");
    let rest = second.fit(&x, &y, fit(2, 4)).unwrap();
    assert_eq!(rest.get("loss"), &history.get("loss")[2..], "{what}");
    assert_eq!(second.get_weights(), whole.get_weights(), "{what}");
    assert_eq!(state(&second), state(&whole), "{what}");
}

#[test]
fn a_resumed_training_gives_the_bits_of_a_whole_one() {
    check("adam", || "adam".into());
    check("sgd", || "sgd".into());
    check("nesterov", || Sgd { momentum: 0.9, nesterov: true, ..Sgd::default() }.into());
    check("amsgrad", || Adam { amsgrad: true, ..Adam::default() }.into());
    check("centered", || RmsProp { centered: true, momentum: 0.5, ..RmsProp::default() }.into());
    check("nadam", || Nadam::default().into());
    check("ftrl", || Ftrl::default().into());
    check("adafactor", || Adafactor::default().into());
    check("muon", || Muon::default().into());
    check("loss scale", || LossScaleOptimizer::new("adam").dynamic_growth_steps(3).into());
    check("accumulation", || {
        let options =
            OptimizerOptions { gradient_accumulation_steps: Some(3), ..OptimizerOptions::default() };
        Adam { options, ..Adam::default() }.into()
    });
    // The end of a training puts the averages in place of the weights, which the tenth step of a whole one does as well.
    check("average", || {
        let options = OptimizerOptions {
            use_ema: true,
            ema_overwrite_frequency: Some(2),
            ..OptimizerOptions::default()
        };
        Adam { options, ..Adam::default() }.into()
    });
}

#[test]
fn the_state_has_the_names_of_keras_and_grows_with_the_weights() {
    let mut model = model("adam");
    let names = |model: &Sequential| -> Vec<String> {
        model.optimizer_variables().unwrap().into_iter().map(|variable| variable.name).collect()
    };
    assert_eq!(names(&model), ["iteration", "learning_rate"]);
    let unbuilt = state(&model);
    model.build_optimizer().unwrap();
    let all = names(&model);
    assert_eq!(all.len(), 2 + 2 * model.variables().len());
    assert_eq!(all[2], "lstm_lstm_cell_kernel_momentum");
    assert_eq!(all[3], "lstm_lstm_cell_kernel_velocity");
    // A state from before the first step can be put back as well.
    let mut other = self::model("adam");
    other.set_optimizer_variables(&unbuilt).unwrap();
    assert_eq!(names(&other).len(), 2);
}

#[test]
fn a_state_that_does_not_fit_is_refused_and_changes_nothing() {
    let (x, y) = data();
    let mut model = model("adam");
    model.fit(&x, &y, fit(0, 1)).unwrap();
    let before = state(&model);
    let error = model.set_optimizer_variables(&before[..5]).unwrap_err();
    assert_eq!(error.to_string(), "Adam: expected 12 state variables, got 5");
    let mut wrong = before.clone();
    wrong[3] = OptimizerValue::Array(ArrayD::zeros(vec![2, 2]));
    let error = model.set_optimizer_variables(&wrong).unwrap_err();
    assert_eq!(error.to_string(), "Adam: expected `lstm_lstm_cell_kernel_velocity` [2, 12], got [2, 2]");
    assert!(error.is_shape());
    assert_eq!(state(&model), before);
    let uncompiled = Sequential::new().optimizer_variables().unwrap_err();
    assert!(uncompiled.is_state());
}

#[test]
fn the_steps_can_be_set_for_random_numbers_to_go_on() {
    let (x, y) = data();
    let losses = |steps: u64| {
        let mut model = model("sgd");
        model.set_training_steps(steps).unwrap();
        model.train_on_batch(&x, &y).unwrap()["loss"]
    };
    assert_eq!(losses(0), losses(0));
    assert_ne!(losses(0), losses(1));
}
