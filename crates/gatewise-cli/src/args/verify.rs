//! The arguments of `gatewise verify`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::{ARRAYS, ArrayFile};

const EXAMPLES: &str = "Examples:
  gatewise verify model.keras --input x.npy --expect y.npy
  gatewise verify model.keras --input x.npz --expect y.npz --tolerance 1e-4 --json
In Python, before:  np.save(\"y.npy\", model.predict(x))";

/// The arguments of `gatewise verify`.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, after_help = format!("{ARRAYS}\n\nExit codes:\n  0  PASS\n  1  FAIL\n  2  error"))]
pub struct VerifyArguments {
    /// File of a model with its weights
    pub model: PathBuf,

    /// Array for an input of the model: .npy, .npz or .csv; once for each input
    #[arg(long, value_name = "[NAME=]FILE", required = true)]
    pub input: Vec<ArrayFile>,

    /// The predictions that are right: .npy, .npz or .csv; once for each output
    #[arg(long, value_name = "[NAME=]FILE", required = true)]
    pub expect: Vec<ArrayFile>,

    /// Largest difference of a single number that passes
    #[arg(long, value_name = "X", default_value_t = 1e-5, value_parser = tolerance, allow_negative_numbers = true)]
    pub tolerance: f64,

    /// Samples that are computed together [default: 32]
    #[arg(long, value_name = "N")]
    pub batch_size: Option<NonZeroUsize>,

    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

fn tolerance(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| *number >= 0.0 && number.is_finite());
    number.ok_or_else(|| "expected a finite number, 0 or more".to_owned())
}
