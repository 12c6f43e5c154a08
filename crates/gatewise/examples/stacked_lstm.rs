//! The first program of most Keras users, in Rust: a stacked LSTM that judges whole sequences.
//!
//! ```python
//! model = keras.Sequential([
//!     keras.Input((30, 2)),
//!     keras.layers.LSTM(64, return_sequences=True),
//!     keras.layers.LSTM(32),
//!     keras.layers.Dense(1, activation="sigmoid"),
//! ])
//! model.summary()
//! model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
//! ```
//!
//! Each sequence has a value and a marker at every step, and two of its markers are 1. It belongs to the class 1 if the
//! two marked values add up to more than 1: the network has to remember a number over many steps
//! (the adding problem of Hochreiter and Schmidhuber, 1997).
//!
//! Run with `cargo run --release --example stacked_lstm`. It takes a few seconds and prints the summary, loss and
//! accuracy of some epochs, the time, and the accuracy on sequences that it has not seen.

#![allow(clippy::print_stdout)]

use gatewise::layers::{Dense, Input, Lstm};
use gatewise::{Compile, Error, Evaluate, Fit, Result, Sequential};
use ndarray::{Array, ArrayD};

#[path = "common/progress.rs"]
mod progress;
#[path = "common/random.rs"]
mod random;

use progress::Progress;
use random::Random;

const STEPS: usize = 30;

fn main() -> Result<()> {
    let (x, y) = sequences(2_000, 1);
    let mut model = Sequential::new().with_seed(7);
    model.add(Input::new([Some(STEPS), Some(2)]))?;
    model.add(Lstm::new(64).return_sequences(true))?;
    model.add(Lstm::new(32))?;
    model.add(Dense::new(1).activation("sigmoid"))?;
    println!("{}", model.summary());

    model.compile(Compile::new("adam", "binary_crossentropy").metrics(["accuracy"]))?;
    let mut progress = Progress::new();
    model.fit(&x, &y, Fit { epochs: 25, callbacks: vec![&mut progress], ..Fit::default() })?;

    let (x, y) = sequences(500, 2);
    let logs = model.evaluate(&x, &y, Evaluate::default())?;
    println!("accuracy on 500 new sequences: {:.3}", logs["accuracy"]);
    if logs["accuracy"] < 0.9 {
        return Err(Error::data("stacked_lstm", "the network has not learned to add"));
    }
    Ok(())
}

/// `[samples, STEPS, 2]` of values and markers, and the classes `[samples, 1]`.
fn sequences(samples: usize, seed: u32) -> (ArrayD<f32>, ArrayD<f32>) {
    let mut random = Random(seed);
    let mut x = Array::zeros((samples, STEPS, 2));
    let mut y = Array::zeros((samples, 1));
    for sample in 0..samples {
        for step in 0..STEPS {
            x[[sample, step, 0]] = random.next();
        }
        // One marker in each half.
        let marked = [0, 1].map(|half| half * STEPS / 2 + (random.next() * (STEPS / 2) as f32) as usize);
        let sum: f32 = marked.iter().map(|step| x[[sample, *step, 0]]).sum();
        marked.iter().for_each(|step| x[[sample, *step, 1]] = 1.0);
        y[[sample, 0]] = if sum > 1.0 { 1.0 } else { 0.0 };
    }
    (x.into_dyn(), y.into_dyn())
}
