//! Times whole training steps (what `fit` adds to them is timed by the example `fit_cost`):
//! `cargo run --release --package gatewise --example time_training [-- WORD]` with a word of the lines to print.
//!
//! A step is `train_on_batch`. What the optimizer takes of it is timed apart, on arrays of the same shapes; what is
//! neither program nor optimizer is a step of a model so small that nothing else is left.

#![allow(clippy::print_stdout, reason = "it prints what it has measured")]

use std::time::Instant;

use gatewise::layers::{Dense, Embedding, GlobalAveragePooling1d, Input, Lstm};
use gatewise::ndarray::ArrayD;
use gatewise::optimizers::{Adam, Optimizer, OptimizerArgument, OptimizerOptions, Sgd};
use gatewise::random::{RandomKey, normal_into};
use gatewise::{Compile, Result, Sequential};

/// What prints some of the lines.
type Part = fn() -> Result<()>;

fn main() -> Result<()> {
    let word = std::env::args().nth(1).unwrap_or_default();
    let parts: [(&str, Part); 3] = [("lstm", lstm), ("loss", losses), ("embedding", embeddings)];
    parts.iter().filter(|(name, _)| name.contains(&word)).try_for_each(|(_, part)| part())
}

/// The forecast workload of `benchmarks/workloads.csv`, its optimizer, and a model of next to nothing.
fn lstm() -> Result<()> {
    let mut model = forecaster([32, 100, 8], 64, Adam::default())?;
    time_step("lstm: step, batch 32, 100 steps, 8 features, 64 units", &mut model, [32, 100, 8])?;
    time_updates("lstm: Adam of its weights", Adam::default().into(), &model)?;
    let clipped = OptimizerOptions { global_clipnorm: Some(1.0), ..OptimizerOptions::default() };
    let clipped = Adam { options: clipped, ..Adam::default() };
    time_updates("lstm: Adam with global_clipnorm", clipped.into(), &model)?;
    let averaged = OptimizerOptions { use_ema: true, ..OptimizerOptions::default() };
    time_updates("lstm: Adam with use_ema", Adam { options: averaged, ..Adam::default() }.into(), &model)?;
    let mut tiny = forecaster([1, 1, 1], 1, Adam::default())?;
    time_step("lstm: step, batch 1, 1 step, 1 feature, 1 unit", &mut tiny, [1, 1, 1])
}

/// An LSTM and a number.
fn forecaster(x: [usize; 3], units: usize, optimizer: Adam) -> Result<Sequential> {
    let mut model = Sequential::new().with_seed(7);
    model.add(Input::new([Some(x[1]), Some(x[2])]))?.add(Lstm::new(units))?.add(Dense::new(1))?;
    model.compile(Compile::new(optimizer, "mse"))?;
    Ok(model)
}

/// A dense layer over the steps of 64 translations, with the losses of the decoder's size.
fn losses() -> Result<()> {
    let sizes = [64, 59, 90];
    for (activation, loss) in [
        ("softmax", "categorical_crossentropy"),
        ("softmax", "sparse_categorical_crossentropy"),
        ("sigmoid", "binary_crossentropy"),
        ("linear", "mse"),
        ("linear", "mae"),
    ] {
        let mut model = Sequential::new().with_seed(7);
        model.add(Input::new([Some(sizes[1]), Some(16)]))?.add(Dense::new(90).activation(activation))?;
        model.compile(Compile::new("sgd", loss))?;
        let x = normal(1, &[sizes[0], sizes[1], 16]);
        let mut y = normal(2, &sizes).mapv(|y| f32::from(u8::from(y > 2.0)));
        if loss.starts_with("sparse") {
            y = ArrayD::from_elem(vec![sizes[0], sizes[1]], 7.0);
        }
        report(&format!("loss: step, {loss} over {sizes:?}"), 101, || {
            model.train_on_batch(&x, &y).map(|_| ())
        })?;
    }
    Ok(())
}

/// An embedding of 20,000 tokens in 128 numbers, of which a batch reads 3,200.
fn embeddings() -> Result<()> {
    let clipped = OptimizerOptions { global_clipnorm: Some(1.0), ..OptimizerOptions::default() };
    let optimizers: [(&str, OptimizerArgument); 4] = [
        ("SGD", Sgd::default().into()),
        ("SGD with global_clipnorm", Sgd { options: clipped, ..Sgd::default() }.into()),
        ("SGD with momentum", Sgd { momentum: 0.9, ..Sgd::default() }.into()),
        ("Adam", Adam::default().into()),
    ];
    let mut state = 1_u32;
    let mut token = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % 20_000
    };
    let x = ArrayD::from_shape_simple_fn(vec![32, 100], || token() as f32);
    let y = normal(2, &[32, 1]);
    for (name, optimizer) in optimizers {
        let mut model = Sequential::new().with_seed(7);
        model.add(Input::new([None]))?.add(Embedding::new(20_000, 128))?;
        model.add(GlobalAveragePooling1d::new())?.add(Dense::new(1))?;
        model.compile(Compile::new(optimizer, "mse"))?;
        report(&format!("embedding: step, 20000 x 128, batch 32 x 100, {name}"), 51, || {
            model.train_on_batch(&x, &y).map(|_| ())
        })?;
    }
    Ok(())
}

fn normal(stream: u64, dims: &[usize]) -> ArrayD<f32> {
    let mut values = vec![0.0; dims.iter().product()];
    normal_into(RandomKey { seed: 7, stream, step: 0 }, 0, &mut values);
    ArrayD::from_shape_vec(dims, values).expect("as many numbers as the shape has")
}

fn time_step(name: &str, model: &mut Sequential, x: [usize; 3]) -> Result<()> {
    let (x, y) = (normal(1, &x), normal(2, &[x[0], 1]));
    report(name, 301, || model.train_on_batch(&x, &y).map(|_| ()))
}

/// Times an optimizer alone on arrays of a model's shapes.
fn time_updates(name: &str, optimizer: OptimizerArgument, model: &Sequential) -> Result<()> {
    let mut optimizer: Box<dyn Optimizer> = optimizer.resolve()?;
    let variables = model.variables();
    let shapes: Vec<(&str, &[usize])> =
        variables.iter().map(|variable| (variable.path(), variable.shape())).collect();
    optimizer.build(&shapes)?;
    let gradients: Vec<Vec<f32>> = variables.iter().map(|variable| vec![1e-3; variable.len()]).collect();
    let mut weights: Vec<Vec<f32>> = gradients.clone();
    let gradients: Vec<&[f32]> = gradients.iter().map(Vec::as_slice).collect();
    let mut weights: Vec<&mut [f32]> = weights.iter_mut().map(Vec::as_mut_slice).collect();
    report(name, 301, || optimizer.apply(&gradients, &mut weights))
}

/// Prints the median and the least time of so many calls.
fn report(name: &str, count: usize, mut call: impl FnMut() -> Result<()>) -> Result<()> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let start = Instant::now();
        call()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    println!("{name}: median {:.4} ms, minimum {:.4} ms", times[count / 2], times[0]);
    Ok(())
}
