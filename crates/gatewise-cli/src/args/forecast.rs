//! The arguments of `gatewise forecast`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

const EXAMPLES: &str = "Examples:
  gatewise forecast                                   the built-in airline series, 12 months ahead
  gatewise forecast sales.csv                         finds the columns of dates and of numbers
  gatewise forecast vix.csv --column VIX.Close        one of several columns of numbers
  gatewise forecast sales.csv --horizon 6 --out july  six steps ahead, files into july/
  gatewise forecast sales.csv --json                  for programs
  gatewise forecast --model forecast/model.keras new.csv
                                                      new data, the saved model, no training";

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  done, but the answer is no: in the backtest the LSTM was no better than a naive forecast
  2  error";

/// The arguments of `gatewise forecast`.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, after_help = EXIT_CODES)]
pub struct ForecastArguments {
    /// CSV with a column of numbers and, best, one of dates [default: monthly airline passengers, 1949-1960]
    pub series: Option<PathBuf>,

    /// Name of the column to forecast, needed where there are several columns of numbers
    #[arg(long, value_name = "NAME", requires = "series")]
    pub column: Option<String>,

    /// Steps to look ahead [default: by the dates: 12 months, 14 days, 10 business days, 24 hours]
    #[arg(long, value_name = "N")]
    pub horizon: Option<NonZeroUsize>,

    /// Steps the network sees [default: as many as the horizon, 12 at least]
    #[arg(long, value_name = "N", conflicts_with = "model")]
    pub window: Option<NonZeroUsize>,

    /// Units of the stacked LSTM layers, first to last [default: 64,32]
    #[arg(long, value_name = "N,N", value_delimiter = ',', conflicts_with = "model")]
    pub units: Option<Vec<NonZeroUsize>>,

    /// Most passes over the training data in one fit; training stops earlier by itself [default: 100]
    #[arg(long, value_name = "N", conflicts_with = "model")]
    pub epochs: Option<NonZeroUsize>,

    /// Seed: the same one gives the same forecast, bit for bit [default: 0]
    #[arg(long, value_name = "N", conflicts_with = "model")]
    pub seed: Option<u64>,

    /// Forecast SERIES with this saved model, without training
    #[arg(long, value_name = "FILE", requires = "series")]
    pub model: Option<PathBuf>,

    /// Folder for the model, the table and the picture; made where it does not exist
    #[arg(long, value_name = "DIR", default_value = "forecast")]
    pub out: PathBuf,

    /// Print the results as JSON
    #[arg(long)]
    pub json: bool,
}
