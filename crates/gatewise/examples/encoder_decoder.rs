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
//! Run with `cargo run --release --example encoder_decoder`. It takes some seconds and prints the loss, and dates that
//! were in no training.

#![allow(clippy::print_stdout)]

use std::sync::Arc;

use gatewise::functional::Apply;
use gatewise::layers::{Dense, Input, Lstm};
use gatewise::{Arrays, Compile, Error, Fit, Model, Predict, Result};
use ndarray::{Array2, Array3, ArrayD, Axis};

#[path = "common/beam.rs"]
mod beam;

use beam::{Beam, beam_search};

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

/// The models for inference.
struct Inference {
    encoder: Model,
    decoder: Model,
    tokens: Vec<String>,
}

impl Inference {
    /// The logarithms of the probabilities of the token after each of `last`, and the next states; all `[beams, …]`.
    fn step(&self, last: &[usize], states: &[ArrayD<f32>; 2]) -> Result<(Array2<f32>, [ArrayD<f32>; 2])> {
        let mut given = Array3::zeros((last.len(), 1, self.tokens.len()));
        last.iter().enumerate().for_each(|(row, token)| given[[row, 0, *token]] = 1.0);
        let given = given.into_dyn();
        let inputs = Arrays::from([&given, &states[0], &states[1]]);
        let [y, h, c]: [ArrayD<f32>; 3] = self
            .decoder
            .predict_all(inputs, Predict::default())?
            .try_into()
            .expect("the decoder has three outputs");
        let y = y.index_axis_move(Axis(1), 0).mapv(f32::ln);
        Ok((y.into_dimensionality().expect("[beams, tokens]"), [h, c]))
    }

    /// The likeliest text after a search with this many beams; one beam is greedy.
    fn write(&self, date: &Date, beams: usize) -> Result<String> {
        let states = self.encoder.predict_all(&read(std::slice::from_ref(date)), Predict::default())?;
        let first: [ArrayD<f32>; 2] = states.try_into().expect("the encoder has two states");
        let step = |last: &[usize], states: [ArrayD<f32>; 2], rows: &[usize]| {
            self.step(last, &states.map(|state| state.select(Axis(0), rows)))
        };
        let found: Vec<Beam> = beam_search(beams, START, END, 6, first, step)?;
        let words: Vec<&str> = found[0].tokens.iter().map(|token| self.tokens[*token].as_str()).collect();
        Ok(words.join(" "))
    }
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
    let start = std::time::Instant::now();
    let history = model.fit([&read(&train), &given], &target, Fit { epochs: 8, ..Fit::default() })?;
    for (epoch, (loss, accuracy)) in history.get("loss").iter().zip(history.get("accuracy")).enumerate() {
        println!("epoch {}: loss {loss:.4}, accuracy {accuracy:.4}", epoch + 1);
    }
    println!("trained on {} dates in {:.1} s", train.len(), start.elapsed().as_secs_f64());

    // The inference models, of the trained layers.
    let encoder = Model::new(&encoder_inputs, states)?;
    let state_inputs = [Input::new([Some(64)]).tensor()?, Input::new([Some(64)]).tensor()?];
    let step = decoder_lstm.apply_all([&decoder_inputs, &state_inputs[0], &state_inputs[1]])?;
    let probabilities = decoder_dense.apply(&step[0])?;
    let decoder = Model::new(
        [&decoder_inputs, &state_inputs[0], &state_inputs[1]],
        [&probabilities, &step[1], &step[2]],
    )?;
    let inference = Inference { encoder, decoder, tokens };
    report(&inference, &test)
}

/// Prints some dates and the share that is written rightly.
fn report(inference: &Inference, test: &[usize]) -> Result<()> {
    let mut right = [0, 0];
    for (index, number) in test.iter().enumerate().step_by(20) {
        let date = date(*number);
        let long: Vec<&str> = date.long.iter().map(|token| inference.tokens[*token].as_str()).collect();
        let texts = [inference.write(&date, 1)?, inference.write(&date, 4)?];
        right.iter_mut().zip(&texts).for_each(|(right, text)| *right += usize::from(*text == long.join(" ")));
        if index % 200 == 0 {
            println!("{} -> greedy {:14} beam {}", date.short, texts[0], texts[1]);
        }
    }
    let count = test.len().div_ceil(20);
    println!("right of {count} new dates: {} greedy, {} with 4 beams", right[0], right[1]);
    if right.iter().any(|right| right * 10 < count * 9) {
        return Err(Error::data("encoder_decoder", "the network has not learned to write dates"));
    }
    Ok(())
}
