//! A layer of your own: written in operations, checked, trained in a model.
//!
//! Run with `cargo run --example own_layer`.

#![allow(clippy::print_stdout)]

use std::sync::OnceLock;

use gatewise::layers::{
    Dense, Input, Layer, LayerBase, Lstm, StreamCall, Streamed, Tensor, WeightBuilder, WeightOptions, name_of,
};
use gatewise::testing::GradientCheck;
use gatewise::{Builder, Compile, Error, Fit, Result, Sequential, Shape, Variable};
use ndarray::{Array, ArrayD};
use serde_json::{Map, Value as Json};

/// y = g · x + (1 − g) · tanh(x · kernel), with a gate g = sigmoid(x · gate) that is learnt for each feature (Srivastava et
/// al. 2015, "Highway networks"). `[batch, …, features]`, as it came; the mask passes.
#[derive(Debug, Default)]
struct Highway {
    base: LayerBase,
    weights: OnceLock<[Variable; 2]>,
}

impl Layer for Highway {
    fn class_name(&self) -> &str {
        "Highway"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let width = inputs[0].last().ok_or_else(|| {
            Error::shape(name_of(self), format!("expected inputs [batch, ..., features], got {}", inputs[0]))
        })?;
        let options = WeightOptions::new("glorot_uniform");
        let gate = weights.add("gate", &[width, width], &options)?;
        let kernel = weights.add("kernel", &[width, width], &options)?;
        self.weights.get_or_init(|| [gate, kernel]);
        Ok(())
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = inputs[0].value;
        let weights =
            self.weights.get().ok_or_else(|| Error::state(name_of(self), "the layer is not built"))?;
        let [gate, kernel] = weights.each_ref().map(|weight| b.variable(weight));
        let gate = b.sigmoid(b.matmul(x, gate)?)?;
        let new = b.tanh(b.matmul(x, kernel)?)?;
        let y = b.add(new, b.mul(gate, b.sub(x, new)?)?)?;
        Ok(vec![inputs[0].with_value(y)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        call.step_by_step(self, b)
    }

    fn variables(&self) -> Vec<Variable> {
        self.weights.get().into_iter().flatten().cloned().collect()
    }

    fn own_config(&self) -> Map<String, Json> {
        Map::new()
    }
}

/// Waves, and the value after each.
fn waves() -> (ArrayD<f32>, ArrayD<f32>) {
    let wave = |i: usize, t: usize| ((i + t) as f32 / 4.0).sin();
    let x = Array::from_shape_fn((64, 12, 4), |(i, t, f)| wave(i, t + f)).into_dyn();
    (x, Array::from_shape_fn((64, 1), |(i, _)| wave(i, 16)).into_dyn())
}

fn main() -> Result<()> {
    let report = GradientCheck::new().layer(&Highway::default(), &[&[2, 3, 4]])?;
    println!("{report}");

    let mut model = Sequential::new().with_seed(7);
    model.add(Input::new([None, Some(4)]))?;
    model.add(Highway::default())?;
    model.add(Lstm::new(8))?.add(Dense::new(1))?;
    model.compile(Compile::new("adam", "mse"))?;
    println!("{}", model.summary());
    let (x, y) = waves();
    let history = model.fit(&x, &y, Fit { epochs: 20, ..Fit::default() })?;
    let loss = history.get("loss");
    println!("the loss went from {:.3} to {:.3}", loss[0], loss[loss.len() - 1]);
    Ok(())
}
