//! Prints the program that predicts with a small model, and the one that trains a user's own function.
//!
//! Run with `cargo run --example program`.

#![allow(clippy::print_stdout)]

use gatewise::layers::{Dense, Input, Lstm};
use gatewise::{Builder, Mode, Result, Sequential, Shape};

fn main() -> Result<()> {
    let mut model = Sequential::new().with_seed(7);
    model.add(Input::new([None, Some(3)]))?;
    model.add(Lstm::new(4).return_sequences(true))?;
    model.add(Lstm::new(2))?;
    model.add(Dense::new(1).activation("relu"))?;
    println!("{}", model.summary());
    println!("Predicting 2 samples of 5 steps:\n\n{}\n", model.predict_program(&[2, 5, 3])?);

    let b = Builder::new(Mode::Training);
    let x = b.input("x", &Shape::known(&[2, 3]));
    let w = b.input("w", &Shape::known(&[3, 2]));
    let loss = b.sum_all(b.square(b.tanh(b.matmul(x, w)?)?)?)?;
    let gradients = b.gradients(loss, &[w])?;
    let outputs: Vec<_> = [Some(loss)].into_iter().chain(gradients).flatten().collect();
    println!("A function and its gradient:\n\n{}", b.finish(&outputs)?);
    Ok(())
}
