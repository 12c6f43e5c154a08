//! Training, evaluation and prediction on batches of datasets: the same numbers as on arrays, and clear ends.

#![allow(missing_docs)]

use std::sync::{Arc, Mutex};

use gatewise::callbacks::{Callback, Logs, TrainingControl};
use gatewise::data::{self, Batch, CsvDataset, Dataset, OwnedArrays, ReadAhead};
use gatewise::functional::Apply;
use gatewise::layers::{Concatenate, Dense, Input, LayerOptions, Lstm};
use gatewise::optimizers::Adam;
use gatewise::{Compile, Error, Evaluate, Fit, Model, Predict, Result, Sequential, Shuffle, Validation};
use ndarray::{Array, ArrayD, Axis, Slice};

fn data() -> (ArrayD<f32>, ArrayD<f32>) {
    let x = Array::from_shape_fn((22, 4, 2), |(i, t, f)| ((i * 7 + t * 3 + f * 5) % 11) as f32 / 11.0 - 0.4);
    let y = Array::from_shape_fn((22, 1), |(i, _)| ((i * 5) % 3) as f32);
    (x.into_dyn(), y.into_dyn())
}

fn part(array: &ArrayD<f32>, batch: usize) -> ArrayD<f32> {
    let end = (5 * batch + 5).min(array.shape()[0]);
    array.slice_axis(Axis(0), Slice::from(5 * batch..end)).to_owned()
}

/// The arrays in batches of 5, pass after pass.
fn batches() -> impl Dataset + Send + 'static {
    let (x, y) = data();
    data::from_fn(move |_| {
        let parts: Vec<_> = (0..5).map(|batch| Ok(Batch::new(part(&x, batch), part(&y, batch)))).collect();
        parts
    })
}

fn model() -> Sequential {
    let model = unbuilt();
    model.build(&gatewise::Shape::new([None, Some(4), Some(2)])).unwrap();
    model
}

fn unbuilt() -> Sequential {
    let mut model = Sequential::new().with_seed(3);
    model.add(Lstm::new(3).dropout(0.3)).unwrap().add(Dense::new(1)).unwrap();
    model.compile(Compile::new("adam", "mse").metrics(["mae"])).unwrap();
    model
}

fn in_order<'a>() -> Fit<'a> {
    Fit { epochs: 3, batch_size: Some(5), shuffle: Some(Shuffle::Off), ..Fit::default() }
}

#[test]
fn a_dataset_trains_like_the_arrays_that_it_is_made_of() {
    let (x, y) = data();
    let mut arrays = model();
    let fit = Fit { validation_data: Some((&x, &y).into()), ..in_order() };
    let expected = arrays.fit(&x, &y, fit).unwrap();
    for mut model in [model(), unbuilt()] {
        let mut validation = ReadAhead::new(batches(), 1);
        let fit = Fit { epochs: 3, validation_data: Some((&mut validation).into()), ..Fit::default() };
        let history = model.fit_dataset(&mut batches(), fit).unwrap();
        assert_eq!(history, expected);
        assert_eq!(model.get_weights(), arrays.get_weights());
    }
    let logs = arrays.evaluate(&x, &y, Evaluate { batch_size: Some(5), ..Evaluate::default() }).unwrap();
    assert_eq!(arrays.evaluate_dataset(&mut batches(), Evaluate::default()).unwrap(), logs);
    let predicted = arrays.predict(&x).unwrap();
    assert_eq!(arrays.predict_dataset(&mut batches(), Predict::default()).unwrap(), [predicted]);
    let some =
        arrays.predict_dataset(&mut batches(), Predict { steps: Some(2), ..Predict::default() }).unwrap();
    assert_eq!(some[0].shape(), [10, 1]);
}

#[test]
fn epochs_of_steps_go_on_where_the_last_one_ended() {
    let (x, y) = data();
    let expected = model().fit(&x, &y, Fit { steps_per_epoch: Some(2), epochs: 6, ..in_order() }).unwrap();
    let steps = || Fit { steps_per_epoch: Some(2), epochs: 6, ..Fit::default() };
    // Without knowing how many batches there are, and that an epoch ends with the pass, as in Keras.
    assert_eq!(model().fit_dataset(&mut batches(), steps()).unwrap(), expected);
    let expected = model().fit(&x, &y, Fit { steps_per_epoch: Some(5), ..in_order() }).unwrap();
    let fit = Fit { steps_per_epoch: Some(5), epochs: 3, ..Fit::default() };
    assert_eq!(model().fit_dataset(&mut batches(), fit).unwrap(), expected);
}

#[test]
fn an_iterator_without_end_trains_for_epochs_of_steps() {
    let (x, y) = data();
    let mut endless =
        data::once((0..).map(move |batch| Ok(Batch::new(part(&x, batch % 5), part(&y, batch % 5)))));
    let fit = Fit { steps_per_epoch: Some(5), epochs: 3, ..Fit::default() };
    let history = unbuilt().fit_dataset(&mut endless, fit).unwrap();
    let (x, y) = data();
    assert_eq!(history, model().fit(&x, &y, in_order()).unwrap());
}

#[test]
fn an_iterator_that_ends_says_so() {
    let (x, y) = data();
    let mut once = data::once((0..5).map(|batch| Ok(Batch::new(part(&x, batch), part(&y, batch)))));
    let error = model().fit_dataset(&mut once, Fit { epochs: 2, ..Fit::default() }).unwrap_err();
    assert!(error.is_state());
    assert!(
        error.to_string().starts_with("dataset: the batches of an iterator can be taken only once"),
        "{error}"
    );
}

#[test]
fn weights_of_classes_and_samples_enter_as_with_arrays() {
    let (x, y) = data();
    let classes = || [(0, 2.0), (2, 0.5)].into();
    let expected = model().fit(&x, &y, Fit { class_weight: classes(), ..in_order() }).unwrap();
    let fit = Fit { class_weight: classes(), epochs: 3, ..Fit::default() };
    assert_eq!(model().fit_dataset(&mut batches(), fit).unwrap(), expected);
    let weight = |class: f32| if class == 0.0 { 2.0 } else { 1.0 - class / 4.0 };
    let mut weighted = data::from_fn(|_| {
        (0..5).map(|batch| {
            let y = part(&y, batch);
            let weights = y.index_axis(Axis(1), 0).mapv(weight);
            let weights = weights.mapv(|weight| if weight == 0.75 { 1.0 } else { weight });
            Ok(Batch::new(part(&x, batch), y).sample_weight(weights))
        })
    });
    let history = model().fit_dataset(&mut weighted, Fit { epochs: 3, ..Fit::default() }).unwrap();
    assert_eq!(history, expected);
}

#[test]
fn several_inputs_come_by_name() {
    let (a, b) = (
        Input::new([Some(2)]).with_name("a").tensor().unwrap(),
        Input::new([Some(1)]).with_name("b").tensor().unwrap(),
    );
    let both = Concatenate::new().apply([&a, &b]).unwrap();
    let mut model = Model::new([&a, &b], Dense::new(1).with_name("out").apply(&both).unwrap()).unwrap();
    model.compile(Compile::new("sgd", "mse")).unwrap();
    let batch = |names: [&str; 2]| {
        let x =
            OwnedArrays::from([(names[0], ArrayD::ones(vec![3, 2])), (names[1], ArrayD::zeros(vec![3, 1]))]);
        Batch::new(x, ArrayD::zeros(vec![3, 1]))
    };
    let mut turned = data::from_fn(|_| [Ok(batch(["a", "b"]))]);
    let first = model.predict_dataset(&mut turned, Predict::default()).unwrap();
    let (ones, zeros) = (ArrayD::ones(vec![3, 2]), ArrayD::zeros(vec![3, 1]));
    assert_eq!(first, [model.predict([("b", &zeros), ("a", &ones)]).unwrap()]);
    let mut wrong = data::from_fn(|_| [Ok(batch(["a", "c"]))]);
    let error = model.fit_dataset(&mut wrong, Fit::default()).unwrap_err();
    assert_eq!(error.to_string(), "x: the name \"c\" is unknown, expected are: a, b");
}

#[test]
fn arguments_that_only_arrays_have_are_refused() {
    let (_, y) = data();
    let refused = |fit: Fit<'_>| model().fit_dataset(&mut batches(), fit).unwrap_err().to_string();
    let text = |name: &str| {
        format!("fit: `{name}` is for arrays only; a dataset makes, orders and weighs its own batches")
    };
    assert_eq!(refused(Fit { batch_size: Some(2), ..Fit::default() }), text("batch_size"));
    assert_eq!(refused(Fit { shuffle: Some(Shuffle::Samples), ..Fit::default() }), text("shuffle"));
    assert_eq!(refused(Fit { validation_split: 0.2, ..Fit::default() }), text("validation_split"));
    assert_eq!(refused(Fit { sample_weight: (&y).into(), ..Fit::default() }), text("sample_weight"));
    let mut validation = batches();
    let validation_data = Some(Validation::from(&mut validation));
    let fit = Fit { validation_data, validation_batch_size: Some(3), ..Fit::default() };
    assert_eq!(refused(fit), text("validation_batch_size"));
    let predict = Predict { batch_size: Some(2), ..Predict::default() };
    let error = model().predict_dataset(&mut batches(), predict).unwrap_err();
    assert_eq!(error.to_string(), text("batch_size").replace("fit:", "predict:"));
}

#[test]
fn a_batch_that_does_not_fit_is_an_error() {
    let error = |batch: Batch| {
        let mut dataset = data::from_fn(|_| [Ok(batch.clone())]);
        model().fit_dataset(&mut dataset, Fit::default()).unwrap_err().to_string()
    };
    let zeros = |shape: &[usize]| ArrayD::<f32>::zeros(shape.to_vec());
    assert_eq!(
        error(Batch::new(zeros(&[2, 4, 2]), zeros(&[3, 1]))),
        "y: expected 2 samples, as x has, got 3"
    );
    assert_eq!(error(Batch::of_inputs(zeros(&[2, 4, 2]))), "y: expected 1 arrays (dense), got 0");
    let weighted = Batch::new(zeros(&[2, 4, 2]), zeros(&[2, 1])).sample_weight(zeros(&[3]));
    assert_eq!(error(weighted), "sample_weight: expected 2 samples, as x has, got 3");
    let nan = Batch::new(zeros(&[2, 4, 2]), ArrayD::from_elem(vec![2, 1], f32::NAN));
    assert_eq!(error(nan), "y: expected finite numbers, got NaN in sample 0 at position 0 of [1]");
    let mut none = data::from_fn(|_| Vec::<Result<Batch>>::new());
    let empty = model().fit_dataset(&mut none, Fit::default()).unwrap_err();
    assert_eq!(empty.to_string(), "fit: expected at least one batch in an epoch, got none");
    let empty = model().evaluate_dataset(&mut none, Evaluate::default()).unwrap_err();
    assert_eq!(empty.to_string(), "evaluate: expected at least one batch, got none");
    let empty = model().predict_dataset(&mut none, Predict::default()).unwrap_err();
    assert_eq!(empty.to_string(), "dataset: expected at least one batch, got none");
}

/// Ends a training after a batch.
struct StopAt(usize);

impl Callback for StopAt {
    fn on_train_batch_end(
        &mut self,
        batch: usize,
        _: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        if batch == self.0 {
            control.stop_training();
        }
        Ok(())
    }
}

#[test]
fn an_early_end_and_an_error_leave_no_thread() {
    let alive = Arc::new(Mutex::new(()));
    let slow = |fail_at: usize| {
        let handle = Arc::clone(&alive);
        let (x, y) = data();
        data::from_fn(move |_| {
            let (handle, x, y) = (Arc::clone(&handle), x.clone(), y.clone());
            (0..1000).map(move |batch| {
                let _guard = handle.lock().unwrap();
                match batch == fail_at {
                    true => Err(Error::data("slow", "the disk is gone")),
                    false => Ok(Batch::new(part(&x, batch % 5), part(&y, batch % 5))),
                }
            })
        })
    };
    let mut dataset = ReadAhead::new(slow(1000), 2);
    let mut stop = StopAt(3);
    model()
        .fit_dataset(&mut dataset, Fit { epochs: 4, callbacks: vec![&mut stop], ..Fit::default() })
        .unwrap();
    drop(dataset);
    let mut dataset = ReadAhead::new(slow(7), 2);
    let error = model().fit_dataset(&mut dataset, Fit::default()).unwrap_err();
    assert_eq!(error.to_string(), "slow: the disk is gone");
    drop(dataset);
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn windows_of_a_csv_file_train_a_model_and_its_bad_cell_ends_the_training() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("series.csv");
    let line = |t: usize| format!("{},{}\n", t, (t as f32 / 3.0).sin());
    std::fs::write(&path, format!("t,value\n{}", (0..90).map(line).collect::<String>())).unwrap();
    let windows = || {
        let options =
            CsvDataset::new(&path, ["value"]).targets(["value"]).sequence_length(8).target_offset(1);
        options.shuffle_buffer(40).seed(2)
    };
    let train = || {
        let mut model = Sequential::new().with_seed(1);
        model.add(Lstm::new(8)).unwrap().add(Dense::new(1)).unwrap();
        let adam = Adam { learning_rate: 0.02.into(), ..Adam::default() };
        model.compile(Compile::new(adam, "mse")).unwrap();
        let mut validation = windows().open().unwrap();
        let fit = Fit { epochs: 8, validation_data: Some((&mut validation).into()), ..Fit::default() };
        let history = model.fit_dataset(&mut windows().open().unwrap(), fit);
        (history, model)
    };
    let (history, model) = train();
    let history = history.unwrap();
    assert_eq!(Ok(history.clone()), train().0);
    assert!(history.get("val_loss")[7] < 0.7 * history.get("val_loss")[0]);
    let predicted = model.predict_dataset(&mut windows().open().unwrap(), Predict::default()).unwrap();
    assert_eq!(predicted[0].shape(), [82, 1]);
    std::fs::write(&path, format!("t,value\n{}90,none\n", (0..90).map(line).collect::<String>())).unwrap();
    let error = train().0.unwrap_err();
    assert!(
        error.to_string().ends_with("line 92, column 2 \"value\": expected a finite number, got \"none\""),
        "{error}"
    );
}
