use std::sync::Arc;

use ndarray::{ArrayD, Axis};
use serde_json::json;

use super::*;
use crate::functional::Apply;
use crate::layers::{Dense, Input, LayerOptions, Rnn, call_cell, deserialize, eager};
use crate::model::{Compile, Fit, Model};
use crate::ops::testing;
use crate::sequential::Sequential;

/// Different numbers between −1 and 1.
fn numbers(shape: &[usize], start: usize) -> ArrayD<f32> {
    testing::numbers(shape, start).mapv(|x| x as f32)
}

fn text<T>(result: Result<T>) -> String {
    result.err().expect("a mistake").to_string()
}

/// The weights of a layer by the last part of their paths.
fn weight(layer: &dyn Layer, name: &str) -> ArrayD<f32> {
    let variables = layer.variables();
    let found = variables.iter().find(|variable| variable.path().ends_with(name));
    found.expect("the layer has such a weight").value()
}

#[test]
fn gradients_in_training_are_those_of_central_differences() {
    let layer = BatchNormalization::new();
    let x = testing::numbers(&[3, 2, 4], 1);
    eager::build(&layer, &[Shape::known(x.shape())], 4).unwrap();
    let mask = testing::array(&[3, 2], &[1.0, 0.0, 1.0, 1.0, 0.0, 1.0]);
    for masked in [false, true] {
        testing::assert_gradients(&[x.clone(), mask.clone()], &[0], &|b, inputs| {
            let mask = masked.then_some(inputs[1]);
            let x = Tensor { value: inputs[0], mask };
            Ok(b.in_mode(Mode::Training, || layer.call(b, &[x]))?[0].value)
        });
    }
}

#[test]
fn statistics_are_no_weights_to_train_and_are_counted_apart() {
    let mut model = Sequential::new().with_seed(1);
    model.add(Input::new([Some(3)])).unwrap().add(BatchNormalization::new()).unwrap();
    let summary = model.summary();
    assert!(summary.contains(" Trainable params: 6 (24.00 B)"), "{summary}");
    assert!(summary.contains(" Non-trainable params: 6 (24.00 B)"), "{summary}");
    let layer = model.get_layer("batch_normalization").unwrap();
    let trainable: Vec<bool> = layer.variables().iter().map(|variable| variable.is_trainable()).collect();
    assert_eq!(trainable, [true, true, false, false]);
    model.compile(Compile::new("adam", "mse")).unwrap();
    let (x, y) = (numbers(&[8, 3], 0), numbers(&[8, 3], 5));
    model.fit(&x, &y, Fit { epochs: 1, ..Fit::default() }).unwrap();
    let layer = model.get_layer("batch_normalization").unwrap();
    assert_ne!(weight(&**layer, "moving_mean"), ArrayD::<f32>::zeros(vec![3]));
    let before = weight(&**layer, "moving_mean");
    model.evaluate(&x, &y, crate::model::Evaluate::default()).unwrap();
    model.predict(&x).unwrap();
    assert_eq!(weight(&**model.get_layer("batch_normalization").unwrap(), "moving_mean"), before);
}

#[test]
fn a_frozen_model_freezes_the_statistics_of_layers_inside() {
    let inner = Sequential::new().with_seed(1);
    let mut inner = inner;
    inner.add(Input::new([Some(3)])).unwrap().add(BatchNormalization::new().with_name("norm")).unwrap();
    let start = Input::new([Some(3)]).tensor().unwrap();
    let inside = inner.as_layer();
    inside.base().set_trainable(false);
    let y = Dense::new(1).apply((&inside).apply(&start).unwrap()).unwrap();
    let mut model = Model::new(&start, &y).unwrap();
    model.compile(Compile::new("sgd", "mse")).unwrap();
    let (x, y) = (numbers(&[8, 3], 0), numbers(&[8, 1], 5));
    model.fit(&x, &y, Fit { epochs: 2, ..Fit::default() }).unwrap();
    let norm = inner.get_layer("norm").unwrap();
    assert_eq!(weight(&**norm, "moving_mean"), ArrayD::<f32>::zeros(vec![3]));
    inside.base().set_trainable(true);
    model.compile(Compile::new("sgd", "mse")).unwrap();
    model.fit(&x, &numbers(&[8, 1], 5), Fit { epochs: 2, ..Fit::default() }).unwrap();
    let norm = inner.get_layer("norm").unwrap();
    assert_ne!(weight(&**norm, "moving_mean"), ArrayD::<f32>::zeros(vec![3]));
}

#[test]
fn a_layer_that_is_called_twice_follows_both_batches() {
    let layer = Arc::new(BatchNormalization::new().momentum(0.5));
    let b = Builder::new(Mode::Training);
    let x = [numbers(&[4, 2], 0), numbers(&[4, 2], 31)];
    eager::build(&*layer, &[Shape::known(&[4, 2])], 0).unwrap();
    let call = |x: &ArrayD<f32>| {
        let x = b.input("x", &Shape::known(x.shape()));
        layer.call(&b, &[Tensor::new(x)]).unwrap()[0].value
    };
    let y = [call(&x[0]), call(&x[1])];
    b.evaluate(&y, &x).unwrap();
    let means = x.map(|x| x.mean_axis(Axis(0)).expect("there are samples"));
    let expected = 0.25 * &means[0] + 0.5 * &means[1];
    let worst = (expected - weight(&*layer, "moving_mean")).iter().fold(0.0f32, |w, x| w.max(x.abs()));
    assert!(worst < 1e-6, "{worst}");
}

/// A cell that normalizes its input, which no recurrence allows in training.
#[derive(Debug)]
struct Normalized {
    base: LayerBase,
    inside: BatchNormalization,
}

impl Layer for Normalized {
    fn class_name(&self) -> &str {
        "Normalized"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        self.inside.build(inputs, weights)
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        call_cell(self, b, inputs)
    }

    fn variables(&self) -> Vec<Variable> {
        self.inside.variables()
    }

    fn own_config(&self) -> Map<String, Json> {
        Map::new()
    }
}

impl crate::layers::Cell for Normalized {
    fn state_shapes(&self, inputs: &Shape) -> Result<Vec<Shape>> {
        Ok(vec![inputs.clone()])
    }

    fn advance(&self, b: &Builder, x: Value, states: &[Value]) -> Result<(Value, Vec<Value>)> {
        let y = b.add(self.inside.call(b, &[Tensor::new(x)])?[0].value, states[0])?;
        Ok((y, vec![y]))
    }
}

#[test]
fn a_recurrence_cannot_move_statistics() {
    let layer = Rnn::new(Normalized { base: LayerBase::default(), inside: BatchNormalization::new() });
    eager::build(&layer, &[Shape::known(&[2, 3, 4])], 0).unwrap();
    let call = |mode: Mode| {
        let b = Builder::new(mode);
        let x = b.input("x", &Shape::known(&[2, 3, 4]));
        layer.call(&b, &[Tensor::new(x)]).map(|_| ())
    };
    call(Mode::Inference).unwrap();
    let expected =
        "rnn/normalized/moving_mean: a weight cannot be assigned to inside of a step of a recurrence";
    assert_eq!(text(call(Mode::Training)), expected);
}

#[test]
fn only_statistics_can_be_assigned_to() {
    let layer = BatchNormalization::new().with_name("norm");
    eager::build(&layer, &[Shape::known(&[2, 4])], 0).unwrap();
    let variables = layer.variables();
    let b = Builder::new(Mode::Training);
    let value = |size| b.input("x", &Shape::known(&[size]));
    let expected =
        "norm/gamma: a weight that gradients move cannot be assigned to; make it with `add_statistic`";
    assert_eq!(text(b.assign(&variables[0], value(4))), expected);
    let got = text(b.assign(&variables[2], value(3)));
    assert_eq!(got, "norm/moving_mean: expected a weight [4], got [3]");
}

#[test]
fn mistakes_are_reported_with_the_name_of_the_layer() {
    let calling = |layer: BatchNormalization, mask: &[usize]| {
        eager::build(&layer, &[Shape::known(&[2, 3, 4])], 0)?;
        let b = Builder::new(Mode::Training);
        let mut x = Tensor::new(b.input("x", &Shape::known(&[2, 3, 4])));
        x.mask = (!mask.is_empty()).then(|| b.input("mask", &Shape::known(mask)));
        layer.call(&b, &[x])
    };
    let new = BatchNormalization::new;
    let messages = [
        (
            calling(new().momentum(1.5), &[]),
            "batch_normalization: `momentum` must be between 0 and 1, got 1.5",
        ),
        (calling(new().axis(3), &[]), "batch_normalization: `axis` 3 is out of range for inputs [2, 3, 4]"),
        (
            calling(new(), &[2]),
            "batch_normalization: expected a mask with all axes but the last of inputs [2, 3, 4], got [2]",
        ),
    ];
    for (result, expected) in messages {
        assert_eq!(text(result), expected);
    }
    let limits = |rmax, rmin, dmax| {
        let clipping = RenormClipping { rmax, rmin, dmax };
        text(calling(new().renorm(true).renorm_clipping(clipping), &[]))
    };
    let prefix = "batch_normalization: `renorm_clipping`:";
    let expected = format!("{prefix} `rmax` must be at least `rmin`, got 1 and 2");
    assert_eq!(limits(Some(1.0), Some(2.0), None), expected);
    assert_eq!(limits(None, None, Some(-0.5)), format!("{prefix} `dmax` must be at least 0, got -0.5"));
    let expected = format!("{prefix} `rmax` must be finite, got inf; leave it out for no limit");
    assert_eq!(limits(Some(f32::INFINITY), None, None), expected);
    let expected = "batch_normalization: `renorm_momentum` must be between 0 and 1, got -1";
    assert_eq!(text(calling(new().renorm_momentum(-1.0), &[])), expected);
}

#[test]
fn wrong_configurations_are_reported_with_the_name_of_the_argument() {
    let messages = [
        (json!({"synchronized": true}), "`synchronized` is only supported as false, got true"),
        (json!({"renorm": 1}), "`renorm` must be true or false, got 1"),
        (json!({"renorm_clipping": 2.0}), "`renorm_clipping` must be an object, got 2.0"),
        (
            json!({"renorm": true, "renorm_clipping": {"max": 2.0}}),
            "`renorm_clipping` has no key `max`; its keys are `rmax`, `rmin` and `dmax`",
        ),
        (json!({"renorm_clipping": {"rmax": "2"}}), "`renorm_clipping[rmax]` must be a number, got \"2\""),
    ];
    for (config, expected) in messages {
        let envelope = json!({"class_name": "BatchNormalization", "config": config});
        assert_eq!(text(deserialize(&envelope)), format!("BatchNormalization: {expected}"));
    }
}
