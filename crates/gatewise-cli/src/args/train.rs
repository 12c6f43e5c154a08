//! The arguments of `gatewise train`.

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::{ARRAYS, ArrayFile};

const EXAMPLES: &str = "Examples:
  gatewise train model.keras --x x.npy --y y.npy --epochs 10 --output trained.keras
                                          with the optimizer, loss and metrics that the file was compiled with
  gatewise train model.keras --x x.npy --y y.npy --optimizer adam --loss mse --metrics mae --output trained.keras
  gatewise train model.keras --x x.npy --y y.npy --validation-split 0.2 --history h.json --output trained.keras
  gatewise train two.keras --x a=a.npy --x b=b.npy --y y.npy --output trained.keras";

const CLASSES: &str = "Targets of an output [time, classes] as .csv: a row holds a class number for each step, for the sparse losses, or the numbers
of all classes for each step.";

/// The arguments of `gatewise train`. Names and defaults are those of Keras's `compile` and `fit`.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, after_help = format!("{ARRAYS}\n\n{CLASSES}"))]
pub struct TrainArguments {
    /// File of a model; training goes on from its weights and, if it is compiled, from the state of its optimizer
    pub model: PathBuf,

    /// Array for an input of the model: .npy, .npz or .csv; once for each input
    #[arg(long, value_name = "[NAME=]FILE", required = true)]
    pub x: Vec<ArrayFile>,

    /// Targets for an output of the model: .npy, .npz or .csv; once for each output
    #[arg(long, value_name = "[NAME=]FILE", required = true)]
    pub y: Vec<ArrayFile>,

    /// File for the trained model; .weights.h5 is for its weights alone
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,

    /// Passes over the data
    #[arg(long, value_name = "N", default_value = "1")]
    pub epochs: NonZeroUsize,

    /// Samples in a step [default: 32]
    #[arg(long, value_name = "N")]
    pub batch_size: Option<NonZeroUsize>,

    /// Keep the samples in their order
    #[arg(long)]
    pub no_shuffle: bool,

    /// Share of the samples, the last ones, that only validate: at least 0 and below 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, allow_negative_numbers = true)]
    pub validation_split: f64,

    /// File for what fit reports of every epoch, as Keras's History: {"loss": [...], "val_loss": [...]}
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,

    /// Loss by Keras's name, such as mse; for several outputs a list in their order or OUTPUT=LOSS [default: that of the file]
    #[arg(long, value_name = "[OUTPUT=]LOSS", value_delimiter = ',')]
    pub loss: Vec<OfOutput>,

    /// Optimizer by Keras's name, such as adam, in its first state [default: that of the file; in one that is not compiled
    /// rmsprop, as in Keras]
    #[arg(long, value_name = "NAME")]
    pub optimizer: Option<String>,

    /// Metrics by Keras's names, such as mae,accuracy; for several outputs OUTPUT=METRIC [default: those of the file]
    #[arg(long, value_name = "[OUTPUT=]METRIC", value_delimiter = ',')]
    pub metrics: Vec<OfOutput>,

    /// Learning rate, also in place of the one in the file
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub learning_rate: Option<f32>,

    /// Seed of shuffling and dropout: the same one gives the same model, bit for bit
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,

    /// 0 for silence, 1 for a bar, 2 for a line an epoch [default: 1 at a terminal, else 0]
    #[arg(long, value_name = "0|1|2", value_parser = clap::value_parser!(u8).range(0..=2))]
    pub verbose: Option<u8>,

    /// Print the history as JSON
    #[arg(long)]
    pub json: bool,
}

/// A loss or a metric, and the output that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfOutput {
    /// The name of the output; without it the order counts.
    pub output: Option<String>,
    /// The name of the loss or metric.
    pub name: String,
}

impl FromStr for OfOutput {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.split_once('=') {
            Some((output, name)) => Self { output: Some(output.to_owned()), name: name.to_owned() },
            None => Self { output: None, name: text.to_owned() },
        })
    }
}
