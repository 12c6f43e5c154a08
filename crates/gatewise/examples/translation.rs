//! Character-level translation from English to French: Keras's sequence-to-sequence tutorial, in Rust.
//!
//! An encoder reads the English sentence character by character, and its states start a decoder, which writes the French one.
//! While it is trained the decoder is given the right characters so far (teacher forcing). Characters become numbers by a
//! [`TextVectorization`], and vectors by an [`Embedding`] whose mask keeps the padding of short sentences out of states, loss
//! and accuracy. Two further models made of the trained layers write translations, greedily and by beam search.
//!
//! `cargo run --release --example translation` learns 206 sentences of a small grammar in some seconds and prints loss and
//! accuracy (of characters), how long it took, and translations of sentences that it has seen and of sentences that it
//! has not. With a file of pairs, English, tab, French:
//! `cargo run --release --example translation -- english-french.tsv [pairs] [epochs] [units]`
//! learns 400 pairs of the file by heart in some minutes; more pairs need more units and more time.

#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::time::Instant;

use gatewise::functional::{Apply, KerasTensor};
use gatewise::layers::{Dense, Embedding, Input, Lstm};
use gatewise::optimizers::Adam;
use gatewise::utils::{Split, Standardize, TextVectorization};
use gatewise::{Compile, Error, Evaluate, Fit, Model, Result};
use ndarray::{ArrayD, IxDyn};

#[path = "common/beam.rs"]
mod beam;
#[path = "common/pairs.rs"]
mod pairs;
#[path = "common/progress.rs"]
mod progress;
#[path = "common/writer.rs"]
mod writer;

use progress::Progress;
use writer::Writer;

/// The marks around a French sentence.
const START: &str = "\t";
const END: &str = "\n";

/// How large the network is and how it is trained.
struct Plan {
    units: usize,
    epochs: usize,
    learning_rate: f32,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: usize| match arguments.get(index) {
        Some(text) => {
            text.parse().map_err(|_| Error::argument("translation", format!("\"{text}\" is no number")))
        }
        None => Ok(default),
    };
    let (pairs, plan) = match arguments.first() {
        None => (grammar(), Plan { units: 64, epochs: 80, learning_rate: 0.01 }),
        Some(path) => {
            let pairs = pairs::read_pairs(path)?;
            let every = (pairs.len() / number(1, 400)?.max(1)).max(1);
            let plan = Plan { units: number(3, 128)?, epochs: number(2, 350)?, learning_rate: 0.004 };
            (pairs.into_iter().step_by(every).collect(), plan)
        }
    };
    // Every seventh pair is kept for the end.
    let (test, train): (Vec<_>, Vec<_>) =
        pairs.into_iter().enumerate().partition(|(index, _)| index % 7 == 3);
    let only_pairs = |pairs: Vec<(usize, [String; 2])>| pairs.into_iter().map(|(_, pair)| pair).collect();
    let (test, train): (Vec<[String; 2]>, Vec<[String; 2]>) = (only_pairs(test), only_pairs(train));

    let translator = Translator::train(&train, &plan)?;
    let accuracy = translator.accuracy;
    println!("of the characters of the {} sentences {:.1} % are right\n", train.len(), 100.0 * accuracy);
    translator.show("sentences of the training", &train)?;
    translator.show("new sentences", &test)?;
    if arguments.is_empty() && accuracy < 0.9 {
        return Err(Error::data("translation", "the network has not learned its sentences"));
    }
    Ok(())
}

/// A trained network with its characters.
struct Translator {
    english: TextVectorization,
    french: TextVectorization,
    writer: Writer,
    /// Of the characters of the training, with the right ones before.
    accuracy: f64,
}

impl Translator {
    fn train(pairs: &[[String; 2]], plan: &Plan) -> Result<Self> {
        // Characters as they are, so that capitals and accents are learned too.
        let letters = || TextVectorization::new().standardize(Standardize::None).split(Split::Character);
        let (mut english, mut french) = (letters(), letters());
        let given = pairs.iter().map(|[_, french]| format!("{START}{french}"));
        let written = pairs.iter().map(|[_, french]| format!("{french}{END}"));
        english.adapt(pairs.iter().map(|[english, _]| english))?;
        french.adapt(given.clone().chain(written.clone()))?;
        let read = english.call(pairs.iter().map(|[english, _]| english))?;
        let (given, written) = (french.call(given)?, french.call(written)?);

        gatewise::functional::set_random_seed(7);
        let network = Network::new(english.vocabulary_size()?, french.vocabulary_size()?, plan.units)?;
        let mut model = Model::new([&network.read, &network.given], &network.probabilities)?;
        println!("{}", model.summary());
        let adam = Adam { learning_rate: plan.learning_rate.into(), ..Adam::default() };
        model.compile(Compile::new(adam, "sparse_categorical_crossentropy").metrics(["accuracy"]))?;
        let mut progress = Progress::new();
        let fit = Fit { epochs: plan.epochs, callbacks: vec![&mut progress], ..Fit::default() };
        model.fit([&read, &given], &written, fit)?;
        let accuracy = model.evaluate([&read, &given], &written, Evaluate::default())?["accuracy"];

        let mark = |mark: &str| -> Result<usize> { Ok(french.call([mark])?[[0, 0]] as usize) };
        let writer = network.writer(mark(START)?, mark(END)?)?;
        Ok(Self { english, french, writer, accuracy })
    }

    /// The French of an English sentence, with this many beams.
    fn translate(&self, sentence: &str, beams: usize) -> Result<String> {
        let written = self.writer.write(&self.english.call([sentence])?, beams, 80)?;
        Ok(self.french.detokenize(&tokens(&written))?.remove(0))
    }

    /// Prints some translations, and how many are the expected ones.
    fn show(&self, what: &str, pairs: &[[String; 2]]) -> Result<()> {
        let start = Instant::now();
        let shown: Vec<&[String; 2]> = pairs.iter().step_by((pairs.len() / 40).max(1)).collect();
        let mut right = [0, 0];
        for (index, [english, french]) in shown.iter().enumerate() {
            let texts = [self.translate(english, 1)?, self.translate(english, 4)?];
            right.iter_mut().zip(&texts).for_each(|(right, text)| *right += usize::from(text == french));
            if index % (shown.len() / 8).max(1) == 0 {
                println!("{english:22} -> greedy {:32} beam {}", texts[0], texts[1]);
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        let count = shown.len();
        println!(
            "as in the data, of {count} {what}: {} greedy, {} with 4 beams ({seconds:.1} s)\n",
            right[0], right[1]
        );
        Ok(())
    }
}

/// The symbolic values and the layers that the model and the models for inference are made of.
struct Network {
    /// What the encoder reads, and its states.
    read: KerasTensor,
    states: [KerasTensor; 2],
    /// What the decoder is given, as numbers and as vectors.
    given: KerasTensor,
    vectors: KerasTensor,
    lstm: Arc<Lstm>,
    dense: Arc<Dense>,
    probabilities: KerasTensor,
    units: usize,
}

impl Network {
    fn new(english: usize, french: usize, units: usize) -> Result<Self> {
        let read = Input::new([None]).tensor()?;
        let vectors = Embedding::new(english, 32).mask_zero(true).apply(&read)?;
        let encoder = Lstm::new(units).return_state(true).apply_all(&vectors)?;
        let states = [encoder[1].clone(), encoder[2].clone()];

        let given = Input::new([None]).tensor()?;
        let vectors = Embedding::new(french, 32).mask_zero(true).apply(&given)?;
        let lstm = Arc::new(Lstm::new(units).return_sequences(true).return_state(true));
        let dense = Arc::new(Dense::new(french).activation("softmax"));
        let decoder = lstm.apply_all([&vectors, &states[0], &states[1]])?;
        let probabilities = dense.apply(&decoder[0])?;
        Ok(Self { read, states, given, vectors, lstm, dense, probabilities, units })
    }

    /// The models for inference, of the trained layers: the encoder, and one step of the decoder from states to states.
    fn writer(&self, start: usize, end: usize) -> Result<Writer> {
        let encoder = Model::new(&self.read, &self.states)?;
        let state = || Input::new([Some(self.units)]).tensor();
        let states = [state()?, state()?];
        let step = self.lstm.apply_all([&self.vectors, &states[0], &states[1]])?;
        let probabilities = self.dense.apply(&step[0])?;
        let decoder =
            Model::new([&self.given, &states[0], &states[1]], [&probabilities, &step[1], &step[2]])?;
        let given = |last: &[usize]| tokens(last).reversed_axes();
        Ok(Writer { encoder, decoder, given: Box::new(given), start, end })
    }
}

/// `[1, tokens]`.
fn tokens(numbers: &[usize]) -> ArrayD<f32> {
    let numbers: Vec<f32> = numbers.iter().map(|number| *number as f32).collect();
    ArrayD::from_shape_vec(IxDyn(&[1, numbers.len()]), numbers).expect("a row")
}

/// 240 sentences: who, does what, with what.
fn grammar() -> Vec<[String; 2]> {
    const WHO: [[&str; 2]; 4] = [["I", "Je"], ["You", "Tu"], ["We", "Nous"], ["They", "Ils"]];
    const DOES: [(&str, [&str; 4]); 6] = [
        ("see", ["vois", "vois", "voyons", "voient"]),
        ("take", ["prends", "prends", "prenons", "prennent"]),
        ("want", ["veux", "veux", "voulons", "veulent"]),
        ("find", ["trouve", "trouves", "trouvons", "trouvent"]),
        ("sell", ["vends", "vends", "vendons", "vendent"]),
        ("choose", ["choisis", "choisis", "choisissons", "choisissent"]),
    ];
    const WHAT: [[&str; 2]; 10] = [
        ["the cat", "le chat"],
        ["the house", "la maison"],
        ["the book", "le livre"],
        ["the key", "la clé"],
        ["the bread", "le pain"],
        ["the car", "la voiture"],
        ["the table", "la table"],
        ["the garden", "le jardin"],
        ["the letter", "la lettre"],
        ["the coffee", "le café"],
    ];
    let mut pairs = Vec::new();
    for (person, [who, qui]) in WHO.iter().enumerate() {
        for (does, forms) in DOES {
            for [what, quoi] in WHAT {
                pairs.push([format!("{who} {does} {what}."), format!("{qui} {} {quoi}.", forms[person])]);
            }
        }
    }
    pairs
}
