//! Texts of different lengths, sorted into classes: padding, masks and a network that reads in both directions.
//!
//! Words become numbers by a [`TextVectorization`], which fills short texts up with zeros, and vectors by an [`Embedding`] with
//! `mask_zero`: its mask lets the layers after it skip the padding, so that a text has the same probabilities however far
//! it is filled up. The program shows that too.
//!
//! `cargo run --release --example text_classification` learns from some hundred made-up opinions, such as "The room was not
//! dirty", in some seconds. With a file of label and text, separated by a comma or, in a `.tsv`, by a tab:
//! `cargo run --release --example text_classification -- reviews.csv [epochs]`.
//! It prints the summary, loss and accuracy, also on a fifth of the texts that is not trained on, how long it took, and what the
//! network makes of some of those.

#![allow(clippy::print_stdout)]

use gatewise::layers::{Bidirectional, Dense, Embedding, Input, Lstm};
use gatewise::optimizers::Adam;
use gatewise::utils::{PadSequences, Side, TextVectorization, pad_sequences};
use gatewise::{Compile, Error, Fit, Result, Sequential};
use ndarray::{ArrayD, Axis};

#[path = "common/pairs.rs"]
mod pairs;
#[path = "common/progress.rs"]
mod progress;
#[path = "common/random.rs"]
mod random;

use progress::Progress;
use random::Random;

/// The most words that the network knows, and the most that it reads of a text.
const MOST_WORDS: usize = 10_000;
const LONGEST: usize = 200;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let epochs = match arguments.get(1) {
        Some(text) => text
            .parse()
            .map_err(|_| Error::argument("text_classification", format!("\"{text}\" is no number")))?,
        None if arguments.is_empty() => 40,
        None => 3,
    };
    let mut texts = match arguments.first() {
        Some(path) => pairs::read_pairs(path)?,
        None => opinions(),
    };
    shuffle(&mut texts);
    let (test, train) = texts.split_at(texts.len() / 5);
    let mut labels: Vec<&str> = texts.iter().map(|[label, _]| label.as_str()).collect();
    labels.sort_unstable();
    labels.dedup();
    println!("{} texts to train on, {} to test on, classes: {}", train.len(), test.len(), labels.join(", "));

    let mut words = TextVectorization::new().max_tokens(MOST_WORDS);
    words.adapt(train.iter().map(|[_, text]| text))?;
    let length = words.call(train.iter().map(|[_, text]| text))?.shape()[1].min(LONGEST);
    let prepare = |texts: &[[String; 2]]| -> Result<(ArrayD<f32>, ArrayD<f32>)> {
        let x = words.call(texts.iter().map(|[_, text]| text))?;
        let number =
            |label: &String| labels.binary_search(&label.as_str()).expect("all labels are known") as f32;
        let y = texts.iter().map(|[label, _]| number(label)).collect::<ndarray::Array1<f32>>();
        Ok((filled_up(&x, length)?, y.insert_axis(Axis(1)).into_dyn()))
    };
    let (x, y) = prepare(train)?;
    let (test_x, test_y) = prepare(test)?;

    let mut model = Sequential::new().with_seed(7);
    model.add(Input::new([None]))?;
    model.add(Embedding::new(words.vocabulary_size()?, 32).mask_zero(true))?;
    model.add(Bidirectional::new(Lstm::new(32)))?;
    model.add(Dense::new(labels.len()).activation("softmax"))?;
    println!("{}", model.summary());
    let adam = Adam { learning_rate: 0.003.into(), ..Adam::default() };
    model.compile(Compile::new(adam, "sparse_categorical_crossentropy").metrics(["accuracy"]))?;
    let mut progress = Progress::new();
    let fit = Fit {
        epochs,
        validation_data: Some((&test_x, &test_y).into()),
        callbacks: vec![&mut progress],
        ..Fit::default()
    };
    let history = model.fit(&x, &y, fit)?;

    let probabilities = model.predict(&test_x)?;
    for ([label, text], row) in test.iter().zip(probabilities.outer_iter()).take(8) {
        let (best, probability) = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).expect("a class");
        println!("{:12} {:5.1} %   {text}   ({label})", labels[best], 100.0 * probability);
    }
    let further = model.predict(&filled_up(&test_x, 2 * length)?)?;
    let difference = (&further - &probabilities).iter().fold(0.0_f32, |most, d| most.max(d.abs()));
    println!("\nwith twice the padding the probabilities differ by {difference:.1e} at most");
    let accuracy = *history.get("val_accuracy").last().expect("an epoch");
    if arguments.is_empty() && accuracy < 0.9 || difference > 1e-6 {
        return Err(Error::data("text_classification", "the network has not learned to read"));
    }
    Ok(())
}

/// Tokens `[texts, length]` of texts `[texts, time]`, filled up at the end with the padding 0, or cut off there.
fn filled_up(texts: &ArrayD<f32>, length: usize) -> Result<ArrayD<f32>> {
    let rows: Vec<_> = texts.outer_iter().collect();
    let options =
        PadSequences { maxlen: Some(length), padding: Side::Post, truncating: Side::Post, value: 0.0 };
    pad_sequences(&rows, options)
}

/// Brings the texts into another order, always the same.
fn shuffle(texts: &mut [[String; 2]]) {
    let mut random = Random(5);
    for last in (1..texts.len()).rev() {
        texts.swap(last, (random.next() * (last + 1) as f32) as usize);
    }
}

/// Opinions whose class hangs on two words together: "good" and "not bad" are praise, "bad" and "not good" are blame.
fn opinions() -> Vec<[String; 2]> {
    const BEGINNINGS: [&str; 3] =
        ["", "We were there in May, and ", "To be honest, and as far as I remember it, "];
    const THINGS: [&str; 6] = ["the room", "the food", "the staff", "the film", "the garden", "the music"];
    const VERBS: [(&str, bool); 4] =
        [("was", true), ("was really", true), ("was not", false), ("was never", false)];
    const WORDS: [(&str, bool); 10] = [
        ("good", true),
        ("lovely", true),
        ("clean", true),
        ("friendly", true),
        ("great", true),
        ("bad", false),
        ("awful", false),
        ("dirty", false),
        ("boring", false),
        ("poor", false),
    ];
    let mut opinions = Vec::new();
    for thing in THINGS {
        for (verb, is_so) in VERBS {
            for (word, is_praise) in WORDS {
                let beginning = BEGINNINGS[opinions.len() % BEGINNINGS.len()];
                let label = if is_so == is_praise { "praise" } else { "blame" };
                opinions.push([label.to_owned(), format!("{beginning}{thing} {verb} {word}.")]);
            }
        }
    }
    opinions
}
