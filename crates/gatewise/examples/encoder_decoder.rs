//! Keras's encoder–decoder with its inference models, in Rust: a network that writes out dates.
//!
//! The encoder reads `03.05.97` character by character; its states start the decoder, which writes `3 may 1997`, a token
//! at a time. Training gives the decoder the right tokens so far (teacher forcing):
//!
//! ```python
//! encoder_inputs = keras.Input((None, len(DIGITS)))
//! encoder = keras.layers.LSTM(64, return_state=True)
//! _, state_h, state_c = encoder(encoder_inputs)
//! decoder_inputs = keras.Input((None, len(TOKENS)))
//! decoder_lstm = keras.layers.LSTM(64, return_sequences=True, return_state=True)
//! decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=[state_h, state_c])
//! decoder_dense = keras.layers.Dense(len(TOKENS), activation="softmax")
//! decoder_outputs = decoder_dense(decoder_outputs)
//! model = keras.Model([encoder_inputs, decoder_inputs], decoder_outputs)
//! ```
//!
//! Two further models are made of the same trained layers: the encoder alone, and one step of the decoder from its
//! states to its next states. With them a date is written greedily, by the likeliest token each time, and by a beam
//! search, which keeps the likeliest beginnings.
//!
//! Run with `cargo run --release --example encoder_decoder`. It takes some seconds and prints the summary, loss and
//! accuracy of every epoch, the time, and dates that were in no training.

#![allow(clippy::print_stdout)]

use std::sync::Arc;

use gatewise::functional::Apply;
use gatewise::layers::{Dense, Input, Lstm};
use gatewise::{Compile, Error, Fit, Model, Result};
use ndarray::{Array3, ArrayD};

#[path = "common/beam.rs"]
mod beam;
#[path = "common/progress.rs"]
mod progress;
#[path = "common/writer.rs"]
mod writer;

use progress::Progress;
use writer::Writer;

const DIGITS: &str = "0123456789.";

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The tokens that the decoder writes: two marks, numbers to 31, months, years.
fn tokens() -> Vec<String> {
    let marks = ["<start>".to_owned(), "<end>".to_owned()];
    let days = (1..=31).map(|day| day.to_string());
    let years = (1970..2000).map(|year| year.to_string());
    marks.into_iter().chain(days).chain(MONTHS.map(str::to_owned)).chain(years).collect()
}

const START: usize = 0;
const END: usize = 1;

/// A date as it is read, and as the numbers of the tokens to be written.
struct Date {
    short: String,
    long: Vec<usize>,
}

fn date(number: usize) -> Date {
    let (day, month, year) = (number % 28, number / 28 % 12, number / (28 * 12) % 30);
    Date {
        short: format!("{:02}.{:02}.{:02}", day + 1, month + 1, 70 + year),
        long: vec![2 + day, 33 + month, 45 + year],
    }
}

/// `[dates, 8, digits]`, one-hot.
fn read(dates: &[Date]) -> ArrayD<f32> {
    let mut x = Array3::zeros((dates.len(), 8, DIGITS.len()));
    for (row, date) in dates.iter().enumerate() {
        for (step, digit) in date.short.chars().enumerate() {
            let digit = DIGITS.find(digit).expect("dates have digits and points");
            x[[row, step, digit]] = 1.0;
        }
    }
    x.into_dyn()
}

/// One-hot sequences `[dates, 4, tokens]`: what the decoder is given, `<start>` first, and what it is to write, `<end>` last.
fn written(dates: &[Date], count: usize) -> (ArrayD<f32>, ArrayD<f32>) {
    let mut given = Array3::zeros((dates.len(), 4, count));
    let mut target = Array3::zeros((dates.len(), 4, count));
    for (row, date) in dates.iter().enumerate() {
        for (step, token) in date.long.iter().chain([&END]).enumerate() {
            target[[row, step, *token]] = 1.0;
        }
        for (step, token) in [START].iter().chain(&date.long).enumerate() {
            given[[row, step, *token]] = 1.0;
        }
    }
    (given.into_dyn(), target.into_dyn())
}

fn main() -> Result<()> {
    let tokens = tokens();
    // Every tenth date is kept for the end.
    let (test, train): (Vec<usize>, Vec<usize>) = (0..28 * 12 * 30).partition(|number| number % 10 == 3);
    let train: Vec<Date> = train.into_iter().map(date).collect();

    gatewise::functional::set_random_seed(7);
    let encoder_inputs = Input::new([None, Some(DIGITS.len())]).tensor()?;
    let encoder_outputs = Lstm::new(64).return_state(true).apply_all(&encoder_inputs)?;
    let states = &encoder_outputs[1..];
    let decoder_inputs = Input::new([None, Some(tokens.len())]).tensor()?;
    let decoder_lstm = Arc::new(Lstm::new(64).return_sequences(true).return_state(true));
    let decoder_outputs = decoder_lstm.apply_all([&decoder_inputs, &states[0], &states[1]])?;
    let decoder_dense = Arc::new(Dense::new(tokens.len()).activation("softmax"));
    let probabilities = decoder_dense.apply(&decoder_outputs[0])?;
    let mut model = Model::new([&encoder_inputs, &decoder_inputs], probabilities)?;
    println!("{}", model.summary());

    model.compile(Compile::new("adam", "categorical_crossentropy").metrics(["accuracy"]))?;
    let (given, target) = written(&train, tokens.len());
    println!("{} dates to train on", train.len());
    let mut progress = Progress::new();
    let fit = Fit { epochs: 8, callbacks: vec![&mut progress], ..Fit::default() };
    model.fit([&read(&train), &given], &target, fit)?;

    // The inference models, of the trained layers.
    let encoder = Model::new(&encoder_inputs, states)?;
    let state_inputs = [Input::new([Some(64)]).tensor()?, Input::new([Some(64)]).tensor()?];
    let step = decoder_lstm.apply_all([&decoder_inputs, &state_inputs[0], &state_inputs[1]])?;
    let probabilities = decoder_dense.apply(&step[0])?;
    let decoder = Model::new(
        [&decoder_inputs, &state_inputs[0], &state_inputs[1]],
        [&probabilities, &step[1], &step[2]],
    )?;
    let count = tokens.len();
    let given = move |last: &[usize]| {
        let mut given = Array3::zeros((last.len(), 1, count));
        last.iter().enumerate().for_each(|(row, token)| given[[row, 0, *token]] = 1.0);
        given.into_dyn()
    };
    let writer = Writer { encoder, decoder, given: Box::new(given), start: START, end: END };
    report(&writer, &tokens, &test)
}

/// Prints some dates and the share that is written rightly.
fn report(writer: &Writer, tokens: &[String], test: &[usize]) -> Result<()> {
    let text = |numbers: &[usize]| {
        let words: Vec<&str> = numbers.iter().map(|token| tokens[*token].as_str()).collect();
        words.join(" ")
    };
    let mut right = [0, 0];
    for (index, number) in test.iter().enumerate().step_by(20) {
        let date = date(*number);
        let x = read(std::slice::from_ref(&date));
        let written = [writer.write(&x, 1, 6)?, writer.write(&x, 4, 6)?];
        right
            .iter_mut()
            .zip(&written)
            .for_each(|(right, written)| *right += usize::from(*written == date.long));
        if index % 200 == 0 {
            println!("{} -> greedy {:14} beam {}", date.short, text(&written[0]), text(&written[1]));
        }
    }
    let count = test.len().div_ceil(20);
    println!("right of {count} new dates: {} greedy, {} with 4 beams", right[0], right[1]);
    if right.iter().any(|right| right * 10 < count * 9) {
        return Err(Error::data("encoder_decoder", "the network has not learned to write dates"));
    }
    Ok(())
}
