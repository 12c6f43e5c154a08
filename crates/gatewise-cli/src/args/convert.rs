//! The arguments of `gatewise convert`.

use std::path::PathBuf;

use clap::Args;

const EXAMPLES: &str = "Examples:
  gatewise convert old.h5 model.keras                 a model of Keras 1 or 2 for Keras 3
  gatewise convert model.keras model.safetensors
  gatewise convert model.keras model.weights.h5       the weights alone
  gatewise convert model.json model.keras --weights model.weights.h5";

const FORMATS: &str = "Formats, by the ending:
  .keras        architecture and weights, as Keras 3 keeps them
  .h5, .hdf5    the same, as older versions keep them
  .safetensors  the same, with the architecture in the metadata
  .weights.h5   weights alone, for Keras's load_weights
  .json         the architecture alone, for Keras's model_from_json

Exit codes:
  0  done: both files compute the same from random inputs
  1  they do not; OUT is not written
  2  error";

/// The arguments of `gatewise convert`.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, after_help = FORMATS)]
pub struct ConvertArguments {
    /// File to read
    #[arg(value_name = "IN")]
    pub input: PathBuf,

    /// File to write
    #[arg(value_name = "OUT")]
    pub output: PathBuf,

    /// File with the weights, where IN has none or others are wanted
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
}
