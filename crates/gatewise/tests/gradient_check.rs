//! The gradient checker: right gradients pass, and a wrong one is found at its place.

#![allow(missing_docs)]

use std::sync::OnceLock;

use gatewise::layers::{
    Attention, Conv1d, Dense, Dropout, Embedding, Gru, Layer, LayerBase, Lstm, MultiHeadAttention, PReLU,
    Tensor, WeightBuilder, WeightOptions,
};
use gatewise::losses::Loss;
use gatewise::testing::{GradientCheck, numbers};
use gatewise::{Builder, Mode, Result, Shape, Value, Variable};
use ndarray::{ArrayD, array};
use serde_json::{Map, Value as Json};

/// A layer, the shapes of its inputs and how many tensors are compared.
type Checked<'a> = (Box<dyn Layer>, &'a [&'a [usize]], usize);

#[test]
fn right_gradients_of_layers_are_accepted() {
    let layers: [Checked<'_>; 7] = [
        (
            Box::new(Lstm::new(3).return_sequences(true).dropout(0.3).recurrent_dropout(0.2).seed(5)),
            &[&[2, 4, 2]],
            4,
        ),
        (Box::new(Gru::new(2)), &[&[2, 3, 2]], 4),
        (Box::new(Dense::new(3).activation("tanh").kernel_regularizer("l2")), &[&[2, 4]], 3),
        (Box::new(Conv1d::new(2, 3).activity_regularizer("l2")), &[&[2, 5, 2]], 3),
        (Box::new(Dropout::new(0.4)), &[&[3, 4]], 1),
        (Box::new(PReLU::new()), &[&[2, 3, 2]], 2),
        (Box::new(Attention::new().use_scale(true)), &[&[2, 3, 4], &[2, 5, 4]], 3),
    ];
    for (layer, shapes, tensors) in layers {
        let report = GradientCheck::new().layer(&*layer, shapes).unwrap();
        assert!(report.is_right(), "{layer:?}: {report}");
        assert_eq!(report.tensors().len(), tensors, "{layer:?}: {report}");
    }
    let heads = MultiHeadAttention::new(2, 2).use_gate(true).dropout(0.2);
    GradientCheck::new().layer(&heads, &[&[2, 3, 4], &[2, 2, 4]]).unwrap().into_result().unwrap();
}

#[test]
fn tokens_are_left_out() {
    let tokens = array![[0.0, 2.0, 1.0], [2.0, 2.0, 0.0]].into_dyn();
    let report = GradientCheck::new().without_input(0).layer_on(&Embedding::new(3, 2), &[tokens]).unwrap();
    assert!(report.is_right(), "{report}");
    assert_eq!(report.tensors(), ["embedding/embeddings"]);
}

/// inputs · scale, where the gradient of one element of `scale` is held back.
#[derive(Debug, Default)]
struct Leaky {
    base: LayerBase,
    scale: OnceLock<Variable>,
}

impl Layer for Leaky {
    fn class_name(&self) -> &str {
        "Leaky"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let width = inputs[0].last().expect("a known number of features");
        let scale = weights.add("scale", &[width], &WeightOptions::new("ones"))?;
        self.scale.get_or_init(|| scale);
        Ok(())
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let scale = b.variable(self.scale.get().expect("the layer is built"));
        let held = b.literal(&array![0.0, 0.0, 1.0, 0.0].into_dyn())?;
        let scale = b.select(held, b.stop_gradient(scale)?, scale)?;
        Ok(vec![inputs[0].with_value(b.mul(inputs[0].value, scale)?)])
    }

    fn variables(&self) -> Vec<Variable> {
        self.scale.get().cloned().into_iter().collect()
    }

    fn own_config(&self) -> Map<String, Json> {
        Map::new()
    }
}

#[test]
fn a_wrong_gradient_of_one_weight_is_found_at_its_place() {
    let report = GradientCheck::new().layer(&Leaky::default(), &[&[2, 3, 4]]).unwrap();
    assert_eq!(report.tensors(), ["input 0", "leaky/scale"]);
    let [wrong] = report.wrong() else { panic!("one gradient is wrong: {report}") };
    assert_eq!((wrong.tensor.as_str(), &wrong.index[..], wrong.got), ("leaky/scale", &[2][..], 0.0));
    let text = report.to_string();
    let expected = format!(
        "1 of 28 gradients are wrong, in input 0, leaky/scale\n  leaky/scale: expected the gradient {} at [2], got 0",
        wrong.expected
    );
    assert_eq!(text, expected);
    let error = report.into_result().unwrap_err();
    assert!(error.is_data());
    assert!(error.to_string().starts_with("gradient check: leaky/scale: expected the gradient "), "{error}");
}

type Function = fn(&Builder, &[Value]) -> Result<Value>;

#[test]
fn wrong_gradients_of_functions_are_found() {
    // Half of the gradient, none, and that of a step.
    let functions: [(Function, usize); 3] = [
        (|b, x| b.mul(x[0], b.stop_gradient(x[0])?), 6),
        (|b, x| b.stop_gradient(b.tanh(x[0])?), 6),
        (|b, x| b.add(b.square(x[0])?, b.stop_gradient(b.scale(b.slice(x[0], 1, 1, 1)?, 3.0)?)?), 2),
    ];
    for (function, count) in functions {
        let report = GradientCheck::new().function(&[numbers(&[2, 3])], function).unwrap();
        assert_eq!(report.wrong().len(), count, "{report}");
        assert!(report.wrong().iter().all(|wrong| wrong.tensor == "input 0"));
    }
    let report =
        GradientCheck::new().function(&[numbers(&[2, 3])], |b, x| b.square(b.sigmoid(x[0])?)).unwrap();
    assert!(report.is_right(), "{report}");
    assert_eq!(report.to_string(), "all 6 gradients are right: input 0");
}

#[test]
fn many_wrong_gradients_are_counted_and_some_listed() {
    let report = GradientCheck::new().function(&[numbers(&[3, 5])], |b, x| b.stop_gradient(x[0])).unwrap();
    let text = report.to_string();
    assert!(text.starts_with("15 of 15 gradients are wrong, in input 0\n"), "{text}");
    assert!(text.ends_with("\n  and 5 more"), "{text}");
    assert_eq!(text.lines().count(), 12);
}

#[test]
fn a_slope_that_is_no_number_is_wrong() {
    let x = array![1.0, -1.0].into_dyn();
    let report = GradientCheck::new().function(&[x], |b, x| b.log(x[0])).unwrap();
    assert!(report.wrong().iter().any(|wrong| wrong.index == [1]), "{report}");
}

#[test]
fn losses_are_checked_by_their_predictions() {
    let (y_true, y_pred) = (numbers(&[3, 2]), numbers(&[3, 2]).mapv(|x| 0.5 - x));
    let own = Loss::custom("own", |b, y, p| b.mean_last(b.square(b.square(b.sub(y, p)?)?)?));
    let report = GradientCheck::new().loss(own, &y_true, &y_pred).unwrap();
    assert!(report.is_right(), "{report}");
    assert_eq!(report.tensors(), ["y_pred"]);
    let wrong =
        Loss::custom("wrong", |b, y, p| b.mean_last(b.mul(b.sub(y, p)?, b.stop_gradient(b.sub(y, p)?)?)?));
    assert!(!GradientCheck::new().loss(wrong, &y_true, &y_pred).unwrap().is_right());
    assert!(GradientCheck::new().loss("mse", &y_true, &numbers(&[4, 2])).unwrap_err().is_shape());
}

#[test]
fn the_mode_and_the_tolerance_are_heeded() {
    // Nearly right: the gradient lacks one part in ten thousand.
    let nearly = |b: &Builder, x: &[Value]| {
        let (most, rest) = (b.scale(x[0], 0.9999)?, b.scale(b.stop_gradient(x[0])?, 0.0001)?);
        b.add(most, rest)
    };
    let x = [numbers(&[4])];
    assert!(!GradientCheck::new().function(&x, nearly).unwrap().is_right());
    assert!(GradientCheck::new().tolerance(1e-3).function(&x, nearly).unwrap().is_right());
    let dropout = Dropout::new(0.9).seed(1);
    let x: ArrayD<f64> = numbers(&[2, 50]);
    for mode in [Mode::Training, Mode::Inference] {
        let report = GradientCheck::new().mode(mode).layer_on(&dropout, std::slice::from_ref(&x)).unwrap();
        assert!(report.is_right(), "{report}");
    }
}
