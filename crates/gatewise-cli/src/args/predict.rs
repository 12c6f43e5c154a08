//! The arguments of `gatewise predict`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::{ARRAYS, ArrayFile};

const STATEFUL: &str = "With --stateful, sample i of a file goes on where sample i of the file before ended. The .npz has an array for each file,
in order, under the file's name. A model with several inputs takes an .npz with all of them for each turn.";

const EXAMPLES: &str = "Examples:
  gatewise predict model.keras --input x.npy --output y.npy
  gatewise predict model.keras --input x.csv --output y.csv
  gatewise predict translator.keras --input source=a.npy --input target=b.npy --output y.npz
  gatewise predict model.keras --stateful --input monday.npy --input tuesday.npy --output y.npz
                                          tuesday goes on from the state after monday";

/// The arguments of `gatewise predict`.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, after_help = format!("{ARRAYS}\n\n{STATEFUL}"))]
pub struct PredictArguments {
    /// File of a model with its weights
    pub model: PathBuf,

    /// Array for an input of the model: .npy, .npz or .csv; once for each input
    #[arg(long, value_name = "[NAME=]FILE", required = true)]
    pub input: Vec<ArrayFile>,

    /// File for the predictions: .npy or .csv for one output, .npz for any number, in the model's order under its names
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,

    /// Samples that are computed together [default: 32; with --stateful all of a file]
    #[arg(long, value_name = "N")]
    pub batch_size: Option<NonZeroUsize>,

    /// Run the files of --input one after another, each from the recurrent state that the one before left
    #[arg(long)]
    pub stateful: bool,
}
