//! Character-level text generation: a network that learns to continue a text, and writes one with a temperature.
//!
//! The network is trained to say the next character at every step of a window of the text. Then it writes: it is given one
//! character at a time (`Model::step`, with the state as a value), and the next is drawn from its probabilities, raised to the power
//! 1 / temperature. Below 1 the likely characters become likelier, up to repeating itself; above 1 all become alike, up
//! to gibberish (D. H. Ackley, G. E. Hinton and T. J. Sejnowski, 1985).
//!
//! `cargo run --release --example text_generation` learns a short nonsense rhyme by heart in some seconds. With a text file:
//! `cargo run --release --example text_generation -- text.txt [epochs] [units]`.
//! It prints the summary, loss and accuracy of epochs, how long they took, and a text for each of four temperatures.

#![allow(clippy::print_stdout)]

use gatewise::layers::{Dense, Embedding, Input, Lstm};
use gatewise::optimizers::Adam;
use gatewise::utils::{Split, Standardize, TextVectorization, Timeseries, timeseries_dataset_from_array};
use gatewise::{Compile, Error, Fit, Result, Sequential, StreamState};
use ndarray::{ArrayD, Axis, Slice, arr1};

#[path = "common/progress.rs"]
mod progress;
#[path = "common/random.rs"]
mod random;

use progress::Progress;
use random::Random;

const RHYME: &str = "\
A kettle sat upon a hill and hummed a kettle tune,
it whistled to the weathercock, it whistled to the moon.
The weathercock turned round and round and would not sing along,
for he had only four directions and no words for any song.
So up the hill there came a goat, a bell around her neck,
she rang it once, she rang it twice, and gave the lid a peck.
The kettle boiled, the goat had tea, the weathercock had none,
and that was how the music ended and the day begun.
";

/// How windows are cut and how the network is trained on them.
struct Plan {
    length: usize,
    stride: usize,
    units: usize,
    epochs: usize,
    batch_size: usize,
    learning_rate: f32,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: usize| match arguments.get(index) {
        Some(text) => {
            text.parse().map_err(|_| Error::argument("text_generation", format!("\"{text}\" is no number")))
        }
        None => Ok(default),
    };
    let (text, plan) = match arguments.first() {
        None => {
            let plan =
                Plan { length: 40, stride: 3, units: 96, epochs: 60, batch_size: 32, learning_rate: 0.005 };
            (RHYME.to_owned(), plan)
        }
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| Error::io(path.as_ref(), &error))?;
            let (epochs, units) = (number(1, 5)?, number(2, 192)?);
            (text, Plan { length: 100, stride: 100, units, epochs, batch_size: 64, learning_rate: 0.004 })
        }
    };

    let mut letters = TextVectorization::new().standardize(Standardize::None).split(Split::Character);
    letters.adapt([&text])?;
    println!("{} characters, {} different ones", text.chars().count(), letters.vocabulary_size()? - 2);
    let mut model = network(letters.vocabulary_size()?, plan.units)?;
    println!("{}", model.summary());
    let (x, y) = windows(&letters.call([&text])?.index_axis_move(Axis(0), 0), &plan)?;
    let adam = Adam { learning_rate: plan.learning_rate.into(), ..Adam::default() };
    model.compile(Compile::new(adam, "sparse_categorical_crossentropy").metrics(["accuracy"]))?;
    let mut progress = Progress::new();
    let fit = Fit {
        epochs: plan.epochs,
        batch_size: Some(plan.batch_size),
        callbacks: vec![&mut progress],
        ..Fit::default()
    };
    let history = model.fit(&x, &y, fit)?;

    let beginning: String = text.chars().take(plan.length).collect();
    let mut random = Random(3);
    for temperature in [0.2, 0.6, 1.0, 1.4] {
        let start = std::time::Instant::now();
        let written = write(&model, &letters, &beginning, 400, temperature, &mut random)?;
        println!(
            "temperature {temperature} ({:.2} s):\n{beginning}|{written}\n",
            start.elapsed().as_secs_f64()
        );
    }
    let accuracy = *history.get("accuracy").last().expect("an epoch");
    if arguments.is_empty() && accuracy < 0.9 {
        return Err(Error::data("text_generation", "the network has not learned its rhyme"));
    }
    Ok(())
}

/// From characters `[batch, time]` to the probabilities of the next `[batch, time, characters]`.
fn network(characters: usize, units: usize) -> Result<Sequential> {
    let mut model = Sequential::new().with_seed(7);
    model.add(Input::new([None]))?;
    model.add(Embedding::new(characters, 32))?;
    model.add(Lstm::new(units).return_sequences(true))?;
    model.add(Dense::new(characters).activation("softmax"))?;
    Ok(model)
}

/// Windows `[windows, length]` of a series of characters, and the same one character later.
fn windows(series: &ArrayD<f32>, plan: &Plan) -> Result<(ArrayD<f32>, ArrayD<f32>)> {
    let cut = |from: usize, end: usize| -> Result<ArrayD<f32>> {
        let part = series.slice_axis(Axis(0), Slice::from(from..end)).to_owned();
        let options = Timeseries { sequence_stride: plan.stride, ..Timeseries::new(plan.length) };
        Ok(timeseries_dataset_from_array(&part, None, options)?.arrays().0)
    };
    Ok((cut(0, series.len() - 1)?, cut(1, series.len())?))
}

/// What the network writes after a beginning.
fn write(
    model: &Sequential,
    letters: &TextVectorization,
    beginning: &str,
    length: usize,
    temperature: f32,
    random: &mut Random,
) -> Result<String> {
    let mut state = StreamState::new();
    let mut probabilities = ArrayD::zeros(vec![1, 0]);
    for token in &letters.call([beginning])? {
        (probabilities, state) = model.step(&arr1(&[*token]).into_dyn(), state)?;
    }
    let mut written = Vec::new();
    for _ in 0..length {
        let token = draw(&probabilities, temperature, random) as f32;
        written.push(token);
        (probabilities, state) = model.step(&arr1(&[token]).into_dyn(), state)?;
    }
    let written = arr1(&written).insert_axis(Axis(0)).into_dyn();
    Ok(letters.detokenize(&written)?.remove(0))
}

/// The number of a character, drawn from its probabilities `[1, characters]` at this temperature.
fn draw(probabilities: &ArrayD<f32>, temperature: f32, random: &mut Random) -> usize {
    let weights: Vec<f32> = probabilities.iter().map(|p| p.powf(1.0 / temperature)).collect();
    let mut rest = random.next() * weights.iter().sum::<f32>();
    let found = weights.iter().position(|weight| {
        rest -= weight;
        rest < 0.0
    });
    found.unwrap_or(weights.len() - 1)
}
