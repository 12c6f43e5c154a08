//! One long series, read a day at a time by a network that carries its state from day to day, and what is lost without.
//!
//! The network is given the last hour and predicts the next, 24 hours a sample. With `stateful` the state at midnight starts the
//! next day, so batch k holds day k of several stretches of the series: sample i of a batch goes on where sample i of the
//! batch before has ended, nothing is shuffled, and the states are reset where the stretches begin again. The same network without
//! state begins every day knowing nothing.
//!
//! `cargo run --release --example stateful_series` takes some seconds on a built-in series, the sales of a shop that is
//! closed at night, whose level today is known from yesterday only. With a CSV, the name of its column and perhaps another
//! number of steps in a sample than 24:
//! `cargo run --release --example stateful_series -- beijing-pm25-hourly.csv pollution`,
//! `cargo run --release --example stateful_series -- daily-min-temperatures.csv Temp 30`.
//! It prints the loss and the time of both trainings, the mean absolute error of both networks on the last fifth of the
//! series, over all steps and by the step of the sample, and what they predict of one sample.

#![allow(clippy::print_stdout)]

use std::time::Instant;

use gatewise::layers::{Dense, Input, Lstm};
use gatewise::{Compile, Error, Fit, Predict, Result, Sequential, Shuffle};
use ndarray::{Array, Array3, ArrayD, Axis};

#[path = "common/random.rs"]
mod random;

use random::Random;

/// Stretches of the series that are read side by side.
const STRETCHES: usize = 16;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (series, steps, epochs) = match arguments.as_slice() {
        [] => (shop(560), 24, 300),
        [path, column] => (read(path, column)?, 24, 100),
        [path, column, steps] => (read(path, column)?, at_least_one(steps)?, 100),
        _ => return Err(Error::argument("stateful_series", "expected nothing, or a path and a column")),
    };
    let (train, test) = series.split_at(series.len() * 4 / 5);
    if train.len() <= 2 * STRETCHES * steps || test.len() <= 2 * steps {
        let text = format!("expected more than {} numbers, got {}", 3 * STRETCHES * steps, series.len());
        return Err(Error::data("stateful_series", text));
    }
    println!("{} steps to train on, {} to test on, {steps} in a sample\n", train.len(), test.len());

    let scale = Scale::of(train);
    let predict = |stateful: bool| -> Result<ArrayD<f32>> {
        let model = train_on(&scale.apply(train), stateful, steps, epochs)?;
        let (x, _) = samples(&scale.apply(test), 1, steps);
        // Batches of one sample, in order: a stateful model goes on from one to the next.
        let predicted = model.predict_all(&x, Predict { batch_size: Some(1), ..Predict::default() })?;
        Ok(predicted[0].mapv(|y| y * scale.deviation + scale.mean))
    };
    println!("The state is carried from sample to sample.");
    let with = predict(true)?;
    println!("Every sample from nothing.");
    let without = predict(false)?;
    let naive: Vec<f32> = (1..test.len()).map(|step| (test[step] - test[step - 1]).abs()).collect();
    let (_, measured) = samples(test, 1, steps);
    let (error, error_without) = report(&measured, &with, &without, mean(naive.into_iter()));
    if arguments.is_empty() && error > 0.9 * error_without {
        return Err(Error::data("stateful_series", "the state has not helped"));
    }
    Ok(())
}

fn at_least_one(text: &str) -> Result<usize> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number
        .ok_or_else(|| Error::argument("stateful_series", format!("expected a number of steps, got {text}")))
}

/// Prints the errors of the predictions `[samples, steps, 1]` with state and without, and one sample; returns the errors.
fn report(measured: &ArrayD<f32>, with: &ArrayD<f32>, without: &ArrayD<f32>, naive: f32) -> (f32, f32) {
    let [errors, errors_without] = [with, without].map(|predicted| (predicted - measured).mapv(f32::abs));
    let all = [&errors, &errors_without].map(|errors| mean(errors.iter().copied()));
    println!(
        "mean absolute error: with state {:.3}, without {:.3}, the last number again {naive:.3}",
        all[0], all[1]
    );
    println!("\n       mean absolute error       one sample");
    println!("step   with state   without      measured   with state   without");
    let middle = measured.len_of(Axis(0)) / 2;
    for step in 0..measured.len_of(Axis(1)) {
        let at = |errors: &ArrayD<f32>| mean(errors.index_axis(Axis(1), step).iter().copied());
        let [measured, with, without] = [measured, with, without].map(|array| array[[middle, step, 0]]);
        let (error, error_without) = (at(&errors), at(&errors_without));
        println!(
            "{:4}   {error:10.2}   {error_without:7.2}      {measured:8.2}   {with:10.2}   {without:7.2}",
            step + 1
        );
    }
    (all[0], all[1])
}

/// The network, trained on as many stretches as there are in a batch.
fn train_on(series: &[f32], stateful: bool, steps: usize, epochs: usize) -> Result<Sequential> {
    let mut model = Sequential::new().with_seed(7);
    model.add(Input::batch([Some(STRETCHES), None, Some(1)]))?;
    model.add(Lstm::new(32).return_sequences(true).stateful(stateful))?;
    model.add(Dense::new(1))?;
    model.compile(Compile::new("adam", "mae"))?;
    let (x, y) = samples(series, STRETCHES, steps);
    let start = Instant::now();
    for epoch in 1..=epochs {
        model.reset_states();
        // A batch holds the same day of all stretches.
        let fit = Fit { batch_size: Some(STRETCHES), shuffle: Some(Shuffle::Off), ..Fit::default() };
        let history = model.fit(&x, &y, fit)?;
        if epoch % (epochs / 5) == 0 {
            println!("epoch {epoch:3}: loss {:.4}", history.get("loss")[0]);
        }
    }
    model.reset_states();
    println!("trained for {epochs} epochs in {:.1} s\n", start.elapsed().as_secs_f64());
    Ok(model)
}

/// Samples of this many stretches, day by day: `x [samples, steps, 1]`, and `y` a step later.
fn samples(series: &[f32], stretches: usize, steps: usize) -> (ArrayD<f32>, ArrayD<f32>) {
    let length = (series.len() - 1) / (stretches * steps);
    let at = |sample: usize, step: usize| {
        let (day, stretch) = (sample / stretches, sample % stretches);
        series[(stretch * length + day) * steps + step]
    };
    let make = |offset: usize| -> Array3<f32> {
        Array::from_shape_fn((length * stretches, steps, 1), |(sample, step, _)| at(sample, step + offset))
    };
    (make(0).into_dyn(), make(1).into_dyn())
}

fn mean(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let count = values.len() as f32;
    values.sum::<f32>() / count
}

/// Mean and standard deviation of the training data.
struct Scale {
    mean: f32,
    deviation: f32,
}

impl Scale {
    fn of(series: &[f32]) -> Self {
        let mean = mean(series.iter().copied());
        let variance = series.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / series.len() as f32;
        Self { mean, deviation: variance.sqrt() }
    }

    fn apply(&self, series: &[f32]) -> Vec<f32> {
        series.iter().map(|x| (x - self.mean) / self.deviation).collect()
    }
}

/// Sales by the hour of a shop that is open from 8 to 20, whose level wanders from day to day.
fn shop(days: usize) -> Vec<f32> {
    let mut random = Random(11);
    let mut around_zero = || 2.0 * random.next() - 1.0;
    let mut level = 0.0;
    let mut series = Vec::with_capacity(days * 24);
    for _ in 0..days {
        level = 0.95 * level + 12.0 * around_zero();
        for hour in 0..24 {
            let is_open = (8..20).contains(&hour);
            let customers = 60.0 + level + 20.0 * ((hour as f32 - 8.0) / 12.0 * std::f32::consts::PI).sin();
            series.push(if is_open { customers + 3.0 * around_zero() } else { 0.0 });
        }
    }
    series
}

/// A column of a CSV.
fn read(path: &str, column: &str) -> Result<Vec<f32>> {
    let failed = |text: String| Error::format(path, text);
    let mut reader = csv::Reader::from_path(path).map_err(|error| failed(error.to_string()))?;
    let names = reader.headers().map_err(|error| failed(error.to_string()))?.clone();
    let index = names.iter().position(|name| name == column).ok_or_else(|| {
        failed(format!(
            "there is no column \"{column}\", the columns are: {}",
            names.iter().collect::<Vec<_>>().join(", ")
        ))
    })?;
    let mut series = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|error| failed(error.to_string()))?;
        let number: f32 = record[index]
            .parse()
            .map_err(|_| failed(format!("row {}: \"{}\" is no number", row + 2, &record[index])))?;
        series.push(number);
    }
    Ok(series)
}
