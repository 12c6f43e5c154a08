use std::sync::Mutex;

use ndarray::{Axis, Slice};

use super::*;
use crate::callbacks::{Callback, EarlyStopping, Logs, TrainingControl, TrainingPlan};
use crate::layers::{Dense, Dropout, Input, LayerOptions, Lstm};
use crate::ops::testing;
use crate::optimizers::Adam;
use crate::sequential::Sequential;

/// Different numbers between −1 and 1.
fn numbers(shape: &[usize], start: usize) -> ArrayD<f32> {
    testing::numbers(shape, start).mapv(|x| x as f32)
}

/// Inputs `[samples, 4, 2]` and targets `[samples, 1]`.
fn data(samples: usize) -> (ArrayD<f32>, ArrayD<f32>) {
    (numbers(&[samples, 4, 2], 0), numbers(&[samples, 1], 300))
}

/// A compiled model with dropout, for [`data`].
fn model(seed: u64) -> Sequential {
    let mut model = Sequential::new().with_seed(seed);
    model.add(Input::new([Some(4), Some(2)])).unwrap();
    model.add(Lstm::new(3).dropout(0.3)).unwrap().add(Dropout::new(0.2)).unwrap().add(Dense::new(1)).unwrap();
    model.compile(Compile::new("adam", "mse").metrics(["mae"])).unwrap();
    model
}

fn is_shared_by_threads<T: Send + Sync>(_: &T) {}

#[test]
fn layers_are_named_by_class_and_number() {
    let mut model = Sequential::new();
    model.add(Dense::new(1)).unwrap().add(Dense::new(1).with_name("dense_2")).unwrap();
    model.add(Dense::new(1)).unwrap().add(Dense::new(1)).unwrap();
    let names: Vec<String> = model.layers().iter().map(|layer| name_of(&**layer)).collect();
    assert_eq!(names, ["dense", "dense_2", "dense_1", "dense_3"]);
}

#[test]
fn a_layer_that_does_not_fit_leaves_the_model_as_it_was() {
    let mut model = Sequential::new().with_seed(1);
    model.add(Input::new([Some(4), Some(2)])).unwrap().add(Lstm::new(3)).unwrap();
    let before = model.get_weights();
    assert!(model.add(Lstm::new(3)).is_err());
    assert_eq!(model.layers().len(), 1);
    model.add(Dense::new(1)).unwrap();
    assert_eq!(model.get_weights()[..3], before);
}

#[test]
fn weights_depend_on_the_seed_alone() {
    assert_eq!(model(1).get_weights(), model(1).get_weights());
    assert_ne!(model(1).get_weights(), model(2).get_weights());
    let mut later = Sequential::new().with_seed(1);
    later.add(Lstm::new(3)).unwrap().add(Dropout::new(0.2)).unwrap().add(Dense::new(1)).unwrap();
    later.build(&Shape::new([None, Some(4), Some(2)])).unwrap();
    assert_eq!(later.get_weights(), model(1).get_weights());
}

#[test]
fn weights_that_do_not_fit_change_nothing() {
    let model = model(1);
    let before = model.get_weights();
    let mut weights: Vec<ArrayD<f32>> = before.iter().map(|weight| weight + 1.0).collect();
    let last = weights.len() - 1;
    weights[last] = ArrayD::zeros(vec![2]);
    assert!(model.set_weights(&weights).unwrap_err().is_shape());
    assert!(model.set_weights(&before[..last]).unwrap_err().is_argument());
    assert_eq!(model.get_weights(), before);
    weights[last] = ArrayD::zeros(vec![1]);
    model.set_weights(&weights).unwrap();
    assert_eq!(model.get_weights(), weights);
}

#[test]
fn predictions_do_not_depend_on_the_batch_size_or_the_thread() {
    let model = model(1);
    is_shared_by_threads(&model);
    let (x, _) = data(37);
    let expected = model.predict(&x).unwrap();
    for batch_size in [1, 5, 36, 37, 100] {
        let got =
            model.predict_all(&x, Predict { batch_size: Some(batch_size), ..Predict::default() }).unwrap();
        assert_eq!(got, std::slice::from_ref(&expected), "batches of {batch_size}");
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(model.predict(&x).unwrap(), expected));
        }
    });
}

#[test]
fn a_training_can_be_repeated_bit_by_bit() {
    let (x, y) = data(20);
    let train = |seed| {
        let mut model = model(seed);
        let history = model.fit(&x, &y, Fit { epochs: 3, batch_size: Some(8), ..Fit::default() }).unwrap();
        (history, model.get_weights())
    };
    assert_eq!(train(1), train(1));
    assert_ne!(train(1).0, train(2).0);
}

#[test]
fn samples_are_shuffled_unless_told_not_to() {
    let (x, y) = data(20);
    let train = |shuffle| {
        let mut model = model(1);
        model.fit(&x, &y, Fit { batch_size: Some(8), shuffle, ..Fit::default() }).unwrap();
        model.get_weights()
    };
    assert_eq!(train(None), train(Some(Shuffle::Samples)));
    assert_ne!(train(None), train(Some(Shuffle::Off)));
}

#[test]
fn fit_trains_one_epoch_by_default() {
    let (x, y) = data(5);
    let history = model(1).fit(&x, &y, Fit::default()).unwrap();
    assert_eq!(history.epoch, [0]);
    assert_eq!(history.history.keys().collect::<Vec<_>>(), ["loss", "mae"]);
}

#[test]
fn epochs_count_from_the_first_one() {
    let (x, y) = data(5);
    let history = model(1).fit(&x, &y, Fit { initial_epoch: 2, epochs: 5, ..Fit::default() }).unwrap();
    assert_eq!(history.epoch, [2, 3, 4]);
    let none = model(1).fit(&x, &y, Fit { initial_epoch: 5, epochs: 5, ..Fit::default() }).unwrap();
    assert!(none.epoch.is_empty());
}

#[test]
fn the_last_samples_validate_and_do_not_train() {
    let (x, y) = data(10);
    let head = |array: &ArrayD<f32>| array.slice_axis(Axis(0), Slice::from(0..7)).to_owned();
    let tail = |array: &ArrayD<f32>| array.slice_axis(Axis(0), Slice::from(7..10)).to_owned();
    let mut split = model(1);
    let a = split.fit(&x, &y, Fit { epochs: 2, validation_split: 0.3, ..Fit::default() }).unwrap();
    let mut given = model(1);
    let (x_tail, y_tail) = (tail(&x), tail(&y));
    let fit = Fit { epochs: 2, validation_data: Some((&x_tail, &y_tail).into()), ..Fit::default() };
    let b = given.fit(&head(&x), &head(&y), fit).unwrap();
    assert_eq!(a, b);
    assert_eq!(split.get_weights(), given.get_weights());
    let logs = given.evaluate(&x_tail, &y_tail, Evaluate::default()).unwrap();
    assert_eq!(logs["loss"], b.get("val_loss")[1]);
    assert_eq!(logs["mae"], b.get("val_mae")[1]);
}

#[test]
fn evaluation_does_not_depend_on_the_batch_size() {
    let (x, y) = data(11);
    let mut model = model(1);
    let mut loss = |batch_size| {
        let evaluate = Evaluate { batch_size: Some(batch_size), ..Evaluate::default() };
        model.evaluate(&x, &y, evaluate).unwrap()["loss"]
    };
    let whole = loss(11);
    assert!((loss(4) - whole).abs() < 1e-6 && (loss(1) - whole).abs() < 1e-6);
}

#[test]
fn one_step_on_a_batch_is_an_epoch_of_one_batch() {
    let (x, y) = data(6);
    let (mut step, mut epoch) = (model(1), model(1));
    let logs = step.train_on_batch(&x, &y).unwrap();
    let fit = Fit { batch_size: Some(6), shuffle: Some(Shuffle::Off), ..Fit::default() };
    let history = epoch.fit(&x, &y, fit).unwrap();
    assert_eq!(step.get_weights(), epoch.get_weights());
    assert_eq!(logs["loss"], history.get("loss")[0]);
}

#[test]
fn testing_changes_no_weight() {
    let (x, y) = data(6);
    let mut model = model(1);
    let before = model.get_weights();
    model.test_on_batch(&x, &y).unwrap();
    model.evaluate(&x, &y, Evaluate::default()).unwrap();
    model.predict(&x).unwrap();
    assert_eq!(model.get_weights(), before);
}

#[test]
fn frozen_layers_keep_their_weights() {
    let (x, y) = data(6);
    let mut model = model(1);
    let before = model.get_weights();
    model.layers()[0].base().set_trainable(false);
    model.compile(Compile::new("adam", "mse")).unwrap();
    model.fit(&x, &y, Fit::default()).unwrap();
    let after = model.get_weights();
    assert_eq!(after[..3], before[..3]);
    assert_ne!(after[3], before[3]);
}

#[test]
fn models_that_share_a_layer_share_its_weights() {
    let (x, y) = data(6);
    let shared = Arc::new(Lstm::new(3));
    let mut trained = Sequential::new();
    trained.add(Input::new([Some(4), Some(2)])).unwrap().add(Arc::clone(&shared)).unwrap();
    let mut other = Sequential::new();
    other.add(Input::new([None, Some(2)])).unwrap().add(shared).unwrap();
    trained.add(Dense::new(1)).unwrap();
    let before = other.predict(&x).unwrap();
    trained.compile(Compile::new("sgd", "mse")).unwrap();
    trained.fit(&x, &y, Fit::default()).unwrap();
    assert_eq!(other.get_weights(), trained.get_weights()[..3]);
    assert_ne!(other.predict(&x).unwrap(), before);
}

#[test]
fn a_last_layer_with_states_makes_a_model_with_three_outputs() {
    let mut model = Sequential::new();
    model.add(Input::new([Some(4), Some(2)])).unwrap();
    model.add(Lstm::new(3).return_sequences(true).return_state(true)).unwrap();
    let got = model.predict_all(&data(5).0, Predict { batch_size: Some(2), ..Predict::default() }).unwrap();
    let shapes: Vec<&[usize]> = got.iter().map(ArrayD::shape).collect();
    assert_eq!(shapes, [&[5, 4, 3][..], &[5, 3], &[5, 3]]);
    let last = got[0].index_axis(Axis(1), 3);
    assert_eq!(last, got[1]);
    assert!(model.summary().contains("[(None, 4, 3), (None, 3)"));
}

#[test]
fn any_number_of_steps_may_be_predicted() {
    let model = model(1);
    assert_eq!(model.predict(&numbers(&[3, 9, 2], 0)).unwrap().shape(), [3, 1]);
    assert_eq!(model.predict(&numbers(&[3, 1, 2], 0)).unwrap().shape(), [3, 1]);
    assert!(model.predict(&numbers(&[3, 4, 3], 0)).unwrap_err().is_shape());
}

#[test]
fn sample_weights_decide_what_is_learnt() {
    let (x, y) = data(6);
    let train = |weights: &[f32], x: &ArrayD<f32>, y: &ArrayD<f32>| {
        let weights = ArrayD::from_shape_vec(vec![weights.len()], weights.to_vec()).unwrap();
        let mut model = Sequential::new().with_seed(1);
        model.add(Input::new([Some(4), Some(2)])).unwrap().add(Lstm::new(1)).unwrap();
        model.compile(Compile::new("sgd", "mse")).unwrap();
        model.fit(x, y, Fit { sample_weight: (&weights).into(), ..Fit::default() }).unwrap();
        model.get_weights()
    };
    let base = train(&[1.0, 1.0, 1.0, 0.0, 0.0, 0.0], &x, &y);
    let mut other = y.clone();
    other.slice_axis_mut(Axis(0), Slice::from(3..6)).fill(9.0);
    assert_eq!(train(&[1.0, 1.0, 1.0, 0.0, 0.0, 0.0], &x, &other), base);
    assert_ne!(train(&[1.0; 6], &x, &other), base);
}

/// Writes down what it is told.
#[derive(Default)]
struct Recorder {
    told: Mutex<Vec<String>>,
    stop_at_batch: Option<usize>,
}

impl Recorder {
    fn tell(&self, text: String) -> Result<()> {
        self.told.lock().unwrap().push(text);
        Ok(())
    }
}

impl Callback for Recorder {
    fn on_train_begin(&mut self, plan: &TrainingPlan, _: &mut dyn TrainingControl) -> Result<()> {
        let (steps, samples) = (plan.steps.unwrap(), plan.samples.unwrap());
        self.tell(format!("begin {} {steps} {samples}", plan.epochs))
    }

    fn on_epoch_begin(&mut self, epoch: usize, _: &mut dyn TrainingControl) -> Result<()> {
        self.tell(format!("epoch {epoch}"))
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        if self.stop_at_batch == Some(batch) {
            control.stop_training();
        }
        self.tell(format!("batch {batch} {}", logs.contains_key("loss")))
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        logs.insert("extra".into(), 1.0);
        control.set_learning_rate(0.5)?;
        self.tell(format!("end {epoch} {}", control.learning_rate()))
    }

    fn on_train_end(&mut self, _: &mut dyn TrainingControl) -> Result<()> {
        self.tell("done".into())
    }
}

#[test]
fn callbacks_are_told_of_epochs_and_batches_in_order() {
    let (x, y) = data(5);
    let mut recorder = Recorder::default();
    let mut model = model(1);
    let fit = Fit { epochs: 1, batch_size: Some(3), callbacks: vec![&mut recorder], ..Fit::default() };
    let history = model.fit(&x, &y, fit).unwrap();
    let expected = ["begin 1 2 5", "epoch 0", "batch 0 true", "batch 1 true", "end 0 0.5", "done"];
    assert_eq!(*recorder.told.lock().unwrap(), expected);
    assert_eq!(history.get("extra"), [1.0]);
    assert_eq!(model.optimizer().unwrap().learning_rate(), 0.5);
}

#[test]
fn a_callback_can_end_a_training_within_an_epoch() {
    let (x, y) = data(6);
    let mut recorder = Recorder { stop_at_batch: Some(1), ..Recorder::default() };
    let fit = Fit { epochs: 5, batch_size: Some(2), callbacks: vec![&mut recorder], ..Fit::default() };
    let history = model(1).fit(&x, &y, fit).unwrap();
    assert_eq!(history.epoch, [0]);
    let told = recorder.told.into_inner().unwrap();
    assert_eq!(told, ["begin 5 3 6", "epoch 0", "batch 0 true", "batch 1 true", "end 0 0.5", "done"]);
}

#[test]
fn early_stopping_gives_the_best_weights_back() {
    let (x, y) = data(12);
    let mut model = model(1);
    // Steps this large make the training worse before long.
    model.compile(Compile::new(Adam { learning_rate: 0.5.into(), ..Adam::default() }, "mse")).unwrap();
    let mut stop = EarlyStopping { patience: 3, restore_best_weights: true, ..EarlyStopping::default() };
    let fit = Fit {
        epochs: 200,
        validation_data: Some((&x, &y).into()),
        callbacks: vec![&mut stop],
        ..Fit::default()
    };
    let history = model.fit(&x, &y, fit).unwrap();
    let losses = history.get("val_loss");
    assert_eq!(losses.len(), stop.best_epoch() + 4);
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[stop.best_epoch()], best);
    assert_eq!(model.evaluate(&x, &y, Evaluate::default()).unwrap()["loss"], best);
}

#[test]
fn a_model_comes_back_from_its_configuration() {
    let mut model = Sequential::new().with_name("forecaster").with_seed(3);
    model.add(Input::new([None, Some(2)]).dtype("int32").with_name("readings")).unwrap();
    model.add(Lstm::new(3).return_sequences(true).with_name("encoder")).unwrap().add(Dense::new(1)).unwrap();
    let config = model.get_config();
    let again = Sequential::from_config(&config).unwrap();
    assert_eq!(again.get_config(), config);
    assert_eq!(again.name(), "forecaster");
    again.set_weights(&model.get_weights()).unwrap();
    let x = numbers(&[2, 3, 2], 0);
    assert_eq!(again.predict(&x).unwrap(), model.predict(&x).unwrap());
}

#[test]
fn a_model_built_by_data_comes_back_built() {
    let mut model = Sequential::new();
    model.add(Dense::new(1)).unwrap();
    assert!(!Sequential::from_config(&model.get_config()).unwrap().is_built());
    model.predict(&numbers(&[3, 2], 0)).unwrap();
    let config = model.get_config();
    assert_eq!(config["build_input_shape"], serde_json::json!([null, 2]));
    assert!(Sequential::from_config(&config).unwrap().is_built());
}

#[test]
fn programs_for_many_shapes_do_not_pile_up() {
    let mut model = Sequential::new().with_seed(1);
    model.add(Input::new([None, Some(1)])).unwrap();
    model.add(Lstm::new(2)).unwrap();
    for steps in 1..=100 {
        model.predict(&ArrayD::zeros(vec![1, steps, 1])).unwrap();
    }
    let kept = model.programs.len();
    assert!((1..=64).contains(&kept), "{kept} programs are kept");
    let again = model.predict(&ArrayD::zeros(vec![1, 1, 1])).unwrap();
    assert_eq!(again.shape(), [1, 2], "a dropped program is made anew");
}

#[test]
fn the_older_ways_to_give_the_shape_build_the_model_at_once() {
    let first: [fn(Lstm) -> Lstm; 3] = [
        |layer| layer.input_shape([None, Some(3)]),
        |layer| layer.batch_shape([Some(8), None, Some(3)]),
        |layer| layer.batch_input_shape([Some(8), Some(5), Some(3)]),
    ];
    let mut declared = Sequential::new().with_seed(1);
    declared.add(Input::new([None, Some(3)])).unwrap().add(Lstm::new(2)).unwrap();
    for shaped in first {
        let mut model = Sequential::new().with_seed(1);
        model.add(shaped(Lstm::new(2))).unwrap();
        assert!(model.is_built());
        assert_eq!(model.get_weights(), declared.get_weights());
        assert_eq!(model.predict(&numbers(&[3, 4, 3], 0)).unwrap().shape(), [3, 2], "no batch size is fixed");
    }
}
