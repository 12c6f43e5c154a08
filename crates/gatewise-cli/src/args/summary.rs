//! The arguments of `gatewise summary`.

use std::path::PathBuf;

use clap::Args;

const EXAMPLES: &str = "Examples:
  gatewise summary model.keras
  gatewise summary old.h5 --json          for programs";

/// The arguments of `gatewise summary`.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub struct SummaryArguments {
    /// File of a model, in any format that holds its architecture
    pub model: PathBuf,

    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}
