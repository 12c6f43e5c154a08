//! Prints how long GRU and SimpleRNN take in a model, as layers of their own and as cells that run step by step.
//!
//! ```text
//! cargo run --release --example time_recurrent
//! ```
#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

use std::time::{Duration, Instant};

use gatewise::layers::{Dense, Gru, GruCell, Input, Layer, Lstm, Rnn, SimpleRnn, SimpleRnnCell};
use gatewise::{Compile, Result, Sequential};
use ndarray::{Array, ArrayD};

/// How long each job is repeated.
const PATIENCE: Duration = Duration::from_millis(400);

fn main() -> Result<()> {
    println!("{:>26} {:>22}  {:>12} {:>14}", "layer", "batch, steps, F, units", "predict", "training step");
    for [batch, steps, features, units] in [[32, 100, 8, 64], [128, 50, 64, 256]] {
        let sizes = [batch, steps, features];
        let before = |cell: GruCell| Rnn::new(cell.reset_after(false));
        time("LSTM", sizes, units, Lstm::new(units))?;
        time("GRU", sizes, units, Gru::new(units))?;
        time("GRU, step by step", sizes, units, Rnn::new(GruCell::new(units)))?;
        time("GRU, reset before", sizes, units, Gru::new(units).reset_after(false))?;
        time("the same, step by step", sizes, units, before(GruCell::new(units)))?;
        time("SimpleRNN", sizes, units, SimpleRnn::new(units))?;
        time("SimpleRNN, step by step", sizes, units, Rnn::new(SimpleRnnCell::new(units)))?;
    }
    Ok(())
}

/// Times a model of the layer and a dense one.
fn time(name: &str, sizes: [usize; 3], units: usize, layer: impl Layer + 'static) -> Result<()> {
    let [batch, steps, features] = sizes;
    let mut model = Sequential::new().with_seed(1);
    model.add(Input::new([None, Some(features)]))?.add(layer)?.add(Dense::new(1))?;
    model.compile(Compile::new("adam", "mse"))?;
    let x: ArrayD<f32> =
        Array::from_shape_fn(sizes, |(i, t, f)| ((i + 3 * t + 7 * f) as f32).sin()).into_dyn();
    let y: ArrayD<f32> = Array::from_shape_fn((batch, 1), |(i, _)| (i as f32 / 5.0).cos()).into_dyn();
    let predict = best(|| model.predict_on_batch(&x).map(drop))?;
    let train = best(|| model.train_on_batch(&x, &y).map(drop))?;
    let sizes = format!("{batch}, {steps}, {features}, {units}");
    println!("{name:>26} {sizes:>22}  {predict:>9.3} ms {train:>11.3} ms");
    Ok(())
}

/// The shortest of many runs, in milliseconds.
fn best(mut run: impl FnMut() -> Result<()>) -> Result<f64> {
    run()?;
    let start = Instant::now();
    let mut best = Duration::MAX;
    while start.elapsed() < PATIENCE {
        let start = Instant::now();
        run()?;
        best = best.min(start.elapsed());
    }
    Ok(best.as_secs_f64() * 1e3)
}
