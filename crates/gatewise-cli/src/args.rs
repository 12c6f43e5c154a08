//! The arguments of the program.

use clap::{Parser, Subcommand};

mod array_file;
mod convert;
mod forecast;
mod predict;
mod summary;
mod train;
mod verify;

pub use array_file::ArrayFile;
pub use convert::ConvertArguments;
pub use forecast::ForecastArguments;
pub use predict::PredictArguments;
pub use summary::SummaryArguments;
pub use train::{OfOutput, TrainArguments};
pub use verify::VerifyArguments;

/// LSTM sequence models: Keras's model files looked into, run, trained and converted, and forecasts from a CSV.
#[derive(Debug, Parser)]
#[command(name = "gatewise", version, before_help = EXAMPLES, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the layers of a model, who wrote its file, and what was converted to read it
    Summary(SummaryArguments),
    /// Run a model on arrays
    Predict(PredictArguments),
    /// Train a model on arrays
    Train(TrainArguments),
    /// Write a model in another format, and check that both compute the same
    Convert(ConvertArguments),
    /// Compare a model's predictions with arrays that are known to be right
    Verify(VerifyArguments),
    /// Forecast a series from a CSV, with a backtest, intervals and a picture
    Forecast(ForecastArguments),
}

const EXAMPLES: &str = "Examples:
  gatewise summary model.keras                        layers, shapes, parameters
  gatewise predict model.keras --input x.npy --output y.npy
  gatewise train model.keras --x x.npy --y y.npy --epochs 10 --output trained.keras
  gatewise convert old.h5 model.keras                 checked on random inputs
  gatewise verify model.keras --input x.npy --expect y.npy
  gatewise forecast sales.csv                         a column of dates and one of numbers
  gatewise predict --help                             all about one command";

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  done, but the answer is no
  2  error";

/// How arrays are given, for the help of the commands that read them.
const ARRAYS: &str = "Arrays:
  .npy   an array of NumPy's, of any real type; the first axis counts the samples
  .npz   several: they go to the inputs of their names, or by order where they are called arr_0, arr_1, ...
  .csv   a row a sample, with or without a header; for an input [time, features] a row holds the features of the
         first step, then those of the second, and so on
  Several inputs are given in the order of the model or as NAME=FILE; ./a=b.npy is a file with = in its name.";
