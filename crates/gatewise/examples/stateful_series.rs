//! One long hourly series, read a day at a time by a network that carries its state from day to day, and what is lost
//! without.
//!
//! The network is given the last hour and predicts the next, 24 hours a sample. With `stateful` the state at midnight starts the
//! next day, so batch k holds day k of several stretches of the series: sample i of a batch goes on where sample i of the
//! batch before has ended, nothing is shuffled, and the states are reset where the stretches begin again. The same network without
//! state begins every day knowing nothing.
//!
//! Run with `cargo run --release --example stateful_series`: some seconds on a built-in series, the sales of a shop that is
//! closed at night, whose level today is known from yesterday only. Or with a CSV of an hourly series and the name of its column:
//! `cargo run --release --example stateful_series -- beijing-pm25-hourly.csv pollution`.
//! It prints the mean absolute error of both networks on the last fifth of the series, over all hours and by the hour
//! of the day.

#![allow(clippy::print_stdout)]

use std::time::Instant;

use gatewise::layers::{Dense, Input, Lstm};
use gatewise::{Compile, Error, Fit, Predict, Result, Sequential, Shuffle};
use ndarray::{Array, Array3, ArrayD};

const HOURS: usize = 24;

/// Stretches of the series that are read side by side.
const STRETCHES: usize = 16;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (series, epochs, is_built_in) = match arguments.as_slice() {
        [] => (shop(560), 300, true),
        [path, column] => (read(path, column)?, 100, false),
        _ => return Err(Error::argument("stateful_series", "expected nothing, or a path and a column")),
    };
    let (train, test) = series.split_at(series.len() * 4 / 5);
    let scale = Scale::of(train);
    println!("{} hours to train on, {} to test on", train.len(), test.len());

    let naive: Vec<f32> = (0..test.len() - 1).map(|hour| (test[hour + 1] - test[hour]).abs()).collect();
    println!("{:32} mean absolute error {:.3}", "the last hour again", mean(naive.into_iter()));
    let mut errors = Vec::new();
    for stateful in [true, false] {
        let start = Instant::now();
        let model = train_on(&scale.apply(train), stateful, epochs)?;
        let by_hour = test_on(&model, test, &scale)?;
        let name = if stateful { "state carried from day to day" } else { "every day from nothing" };
        let all = mean(by_hour.iter().copied());
        println!(
            "{name:32} mean absolute error {all:.3}   ({epochs} epochs in {:.1} s)",
            start.elapsed().as_secs_f64()
        );
        errors.push((all, by_hour));
    }
    println!("\nhour   with state   without");
    for (hour, (with, without)) in errors[0].1.iter().zip(&errors[1].1).enumerate() {
        // Hour 0 of the table is the first hour that the network predicts in a day.
        println!("{:4}   {with:10.3}   {without:7.3}", (hour + 1) % HOURS);
    }
    if is_built_in && errors[0].0 > 0.9 * errors[1].0 {
        return Err(Error::data("stateful_series", "the state has not helped"));
    }
    Ok(())
}

/// The network, trained on as many stretches as there are in a batch.
fn train_on(series: &[f32], stateful: bool, epochs: usize) -> Result<Sequential> {
    let mut model = Sequential::new().with_seed(7);
    model.add(Input::batch([Some(STRETCHES), None, Some(1)]))?;
    model.add(Lstm::new(32).return_sequences(true).stateful(stateful))?;
    model.add(Dense::new(1))?;
    model.compile(Compile::new("adam", "mae"))?;
    let (x, y) = days(series, STRETCHES);
    for _ in 0..epochs {
        model.reset_states();
        // A batch holds the same day of all stretches.
        let fit =
            Fit { epochs: 1, batch_size: Some(STRETCHES), shuffle: Some(Shuffle::Off), ..Fit::default() };
        model.fit(&x, &y, fit)?;
    }
    model.reset_states();
    Ok(model)
}

/// The mean absolute error at each hour of the day, over one stretch.
fn test_on(model: &Sequential, series: &[f32], scale: &Scale) -> Result<Vec<f32>> {
    let (x, y) = days(&scale.apply(series), 1);
    // Batches of one sample, in order: a stateful model goes on from one to the next.
    let predicted = model.predict_all(&x, Predict { batch_size: Some(1), ..Predict::default() })?.remove(0);
    let error = |hour: usize| {
        let days = 0..y.shape()[0];
        mean(days.map(|day| (predicted[[day, hour, 0]] - y[[day, hour, 0]]).abs() * scale.deviation))
    };
    Ok((0..HOURS).map(error).collect())
}

/// Days of this many stretches, day by day: `x [days, 24, 1]`, and `y` an hour later.
fn days(series: &[f32], stretches: usize) -> (ArrayD<f32>, ArrayD<f32>) {
    let length = (series.len() - 1) / (stretches * HOURS);
    let at = |sample: usize, hour: usize| {
        let (day, stretch) = (sample / stretches, sample % stretches);
        series[(stretch * length + day) * HOURS + hour]
    };
    let make = |offset: usize| -> Array3<f32> {
        Array::from_shape_fn((length * stretches, HOURS, 1), |(sample, hour, _)| at(sample, hour + offset))
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
    let mut state = 11_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut level = 0.0;
    let mut series = Vec::with_capacity(days * HOURS);
    for _ in 0..days {
        level = 0.95 * level + 12.0 * random();
        for hour in 0..HOURS {
            let is_open = (8..20).contains(&hour);
            let customers = 60.0 + level + 20.0 * ((hour as f32 - 8.0) / 12.0 * std::f32::consts::PI).sin();
            series.push(if is_open { customers + 3.0 * random() } else { 0.0 });
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
    if series.len() < 10 * STRETCHES * HOURS {
        return Err(failed(format!(
            "expected at least {} hours, got {}",
            10 * STRETCHES * HOURS,
            series.len()
        )));
    }
    Ok(series)
}
