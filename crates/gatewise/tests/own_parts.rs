//! Parts of a user's own: activations, initializers, regularizers, constraints, losses, metrics, layers, callbacks.

#![allow(missing_docs)]

use gatewise::callbacks::{Callback, Logs, TrainingControl};
use gatewise::constraints::Constraint;
use gatewise::initializers::{Initializer, InitializerRandom};
use gatewise::layers::{Dense, Input, Layer, LayerBase, Lstm, Tensor};
use gatewise::losses::Loss;
use gatewise::metrics::{Metric, MetricBatch, MetricValue};
use gatewise::regularizers::Regularizer;
use gatewise::{Activation, Builder, Compile, Fit, LossArgument, Result, Sequential, Shuffle, Value};
use ndarray::{Array, ArrayD, ArrayViewMutD};
use serde_json::{Map, Value as Json, json};

fn data() -> (ArrayD<f32>, ArrayD<f32>) {
    let x = Array::from_shape_fn((24, 7, 2), |(i, t, f)| ((i * 3 + t * 5 + f) as f32 / 4.0).sin()).into_dyn();
    let y = Array::from_shape_fn((24, 1), |(i, _)| (i as f32 / 4.0).cos()).into_dyn();
    (x, y)
}

/// Loss curve and weights of a training of ten epochs with this layer and loss.
fn train(lstm: Lstm, loss: impl Into<LossArgument>) -> (Vec<f64>, Vec<ArrayD<f32>>) {
    let mut model = Sequential::new().with_seed(9);
    model.add(Input::new([None, Some(2)])).unwrap();
    model.add(lstm).unwrap();
    model.add(Dense::new(1)).unwrap();
    model.compile(Compile::new("adam", loss)).unwrap();
    let (x, y) = data();
    let fit = Fit { epochs: 10, batch_size: Some(8), shuffle: Some(Shuffle::Off), ..Fit::default() };
    let history = model.fit(&x, &y, fit).unwrap();
    (history.get("loss").to_vec(), model.get_weights())
}

fn assert_same_curve(a: &[f64], b: &[f64]) {
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= 1e-5 * a.abs(), "{a} and {b}");
    }
}

#[test]
fn an_own_activation_trains_as_the_built_in_one_of_the_same_formula() {
    let tanh = || {
        Activation::custom("own_tanh", |b, x| {
            b.sub(b.scale(b.sigmoid(b.scale(x, 2.0)?)?, 2.0)?, b.scalar(1.0)?)
        })
    };
    let sigmoid = || {
        Activation::custom("own_sigmoid", |b, x| {
            let one = b.scalar(1.0)?;
            b.div(one, b.add(one, b.exp(b.neg(x)?)?)?)
        })
    };
    let (built_in, _) = train(Lstm::new(6), "mse");
    let (own, _) = train(Lstm::new(6).activation(tanh()).recurrent_activation(sigmoid()), "mse");
    assert_same_curve(&built_in, &own);
    let (mixed, _) = train(Lstm::new(6).recurrent_activation(sigmoid()), "mse");
    assert_same_curve(&built_in, &mixed);
    assert!(own[9] < own[0], "it learns");
}

#[test]
fn an_own_activation_works_outside_a_cell_too() {
    let mut model = Sequential::new().with_seed(1);
    model.add(Input::new([Some(2)])).unwrap();
    let halves = Activation::custom("softmax_of_halves", |b, x| b.softmax(b.scale(x, 0.5)?));
    model.add(Dense::new(3).activation(halves)).unwrap();
    let y = model.predict(&ArrayD::ones(vec![4, 2])).unwrap();
    assert!(y.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-6));
}

#[derive(Debug)]
struct Diagonal;

impl Initializer for Diagonal {
    fn class_name(&self) -> &str {
        "Diagonal"
    }

    fn config(&self) -> Json {
        json!({})
    }

    fn initialize(&self, shape: &[usize], _random: &mut InitializerRandom) -> Result<ArrayD<f32>> {
        Ok(ArrayD::from_shape_fn(shape, |index| f32::from(u8::from(index[0] == index[1] % shape[0]))))
    }
}

#[derive(Debug)]
struct SumOfCubes;

impl Regularizer for SumOfCubes {
    fn penalty(&self, b: &Builder, x: Value) -> Result<Value> {
        b.scale(b.sum_all(b.mul(b.square(x)?, b.abs(x)?)?)?, 0.1)
    }

    fn class_name(&self) -> &str {
        "SumOfCubes"
    }

    fn config(&self) -> Json {
        json!({})
    }
}

#[derive(Debug)]
struct Rounded;

impl Constraint for Rounded {
    fn class_name(&self) -> &str {
        "Rounded"
    }

    fn config(&self) -> Json {
        json!({})
    }

    fn apply(&self, weights: &mut ArrayViewMutD<'_, f32>) -> Result<()> {
        weights.mapv_inplace(|weight| (weight * 8.0).round() / 8.0);
        Ok(())
    }
}

#[test]
fn own_initializers_regularizers_and_constraints_take_effect() {
    let (plain, _) = train(Lstm::new(4), "mse");
    let lstm =
        Lstm::new(4).kernel_initializer(Diagonal).recurrent_regularizer(SumOfCubes).bias_constraint(Rounded);
    let mut fresh = Sequential::new().with_seed(9);
    fresh.add(Input::new([None, Some(2)])).unwrap();
    fresh.add(Lstm::new(4).kernel_initializer(Diagonal)).unwrap();
    assert_eq!(fresh.get_weights()[0].sum(), 16.0, "one 1 in each column");
    let (own, weights) = train(lstm, "mse");
    assert!(own[0] > plain[0], "the penalty is part of the loss: {} and {}", own[0], plain[0]);
    assert!(weights[2].iter().all(|weight| weight * 8.0 == (weight * 8.0).round()), "{}", weights[2]);
}

#[test]
fn an_own_loss_trains_as_the_built_in_one_of_the_same_formula() {
    let own = Loss::custom("own_mse", |b, y_true, y_pred| b.mean_last(b.square(b.sub(y_true, y_pred)?)?));
    assert_same_curve(&train(Lstm::new(5), own).0, &train(Lstm::new(5), "mse").0);
}

#[derive(Debug, Default)]
struct LargestError(f64);

impl Metric for LargestError {
    fn name(&self) -> &str {
        "largest_error"
    }

    fn update_state(&mut self, batch: &MetricBatch<'_>) -> Result<()> {
        let errors = batch.y_true.iter().zip(&batch.y_pred).map(|(y, p)| f64::from((y - p).abs()));
        self.0 = errors.fold(self.0, f64::max);
        Ok(())
    }

    fn result(&self) -> MetricValue {
        self.0.into()
    }

    fn reset_state(&mut self) {
        self.0 = 0.0;
    }
}

/// Stops after a number of batches and halves the learning rate at each epoch.
#[derive(Default)]
struct Watcher {
    batches: usize,
    rates: Vec<f32>,
}

impl Callback for Watcher {
    fn on_epoch_begin(&mut self, _epoch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        self.rates.push(control.learning_rate());
        control.set_learning_rate(control.learning_rate() / 2.0)
    }

    fn on_train_batch_end(
        &mut self,
        _batch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        assert!(logs.contains_key("loss") && logs.contains_key("largest_error"));
        self.batches += 1;
        if self.batches == 5 {
            control.stop_training();
        }
        Ok(())
    }
}

/// A layer that is written as the library's own are: inputs · scale, with a weight for each feature.
#[derive(Debug, Default)]
struct Scale {
    base: LayerBase,
    scale: std::sync::OnceLock<gatewise::Variable>,
}

impl Layer for Scale {
    fn class_name(&self) -> &str {
        "Scale"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn build(
        &self,
        inputs: &[gatewise::Shape],
        weights: &mut gatewise::layers::WeightBuilder<'_>,
    ) -> Result<()> {
        let width = inputs[0].last().expect("a known number of features");
        let scale = weights.add("scale", &[width], &gatewise::layers::WeightOptions::new("ones"))?;
        self.scale.get_or_init(|| scale);
        Ok(())
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let scale = b.variable(self.scale.get().expect("the layer is built"));
        Ok(vec![inputs[0].with_value(b.mul(inputs[0].value, scale)?)])
    }

    fn variables(&self) -> Vec<gatewise::Variable> {
        self.scale.get().cloned().into_iter().collect()
    }

    fn own_config(&self) -> Map<String, Json> {
        Map::new()
    }
}

#[test]
fn own_layers_metrics_and_callbacks_take_part_in_a_training() {
    let mut model = Sequential::new().with_seed(9);
    model.add(Input::new([None, Some(2)])).unwrap();
    model.add(Scale::default()).unwrap();
    model.add(Lstm::new(4)).unwrap();
    model.add(Dense::new(1)).unwrap();
    let compile = Compile::new("sgd", "mse").metrics([LargestError::default()]);
    model.compile(compile).unwrap();
    let (x, y) = data();
    let mut watcher = Watcher::default();
    let fit = Fit { epochs: 10, batch_size: Some(8), callbacks: vec![&mut watcher], ..Fit::default() };
    let history = model.fit(&x, &y, fit).unwrap();
    assert_eq!(history.epoch, [0, 1], "three batches an epoch, stopped after the fifth");
    assert!(history.get("largest_error")[0] > 0.1);
    assert_eq!(watcher.rates, [0.01, 0.005]);
    assert_ne!(model.get_weights()[0], ArrayD::<f32>::ones(vec![2]), "the own layer's weight was trained");
    assert_eq!(model.variables()[0].path(), "scale/scale");
}

#[test]
fn a_frozen_layer_stays_as_it_is() {
    let mut model = Sequential::new().with_seed(2);
    model.add(Input::new([None, Some(2)])).unwrap();
    model.add(gatewise::layers::LayerOptions::trainable(Lstm::new(4), false)).unwrap();
    model.add(Dense::new(1)).unwrap();
    model.compile(Compile::new("adam", "mse")).unwrap();
    let before = model.get_weights();
    let (x, y) = data();
    model.fit(&x, &y, Fit { epochs: 1, ..Fit::default() }).unwrap();
    let after = model.get_weights();
    assert_eq!(before[..3], after[..3]);
    assert_ne!(before[3], after[3]);
}
