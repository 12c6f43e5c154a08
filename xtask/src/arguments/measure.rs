//! The words after `cargo xtask cliffs` and `cargo xtask scaling`.

use anyhow::{Result, bail};

use super::{Command, value};

/// Seconds for one comparison of options where nothing is said.
const SECONDS_OF_CLIFFS: f64 = 0.3;

/// Seconds for one size where nothing is said.
const SECONDS_OF_SCALING: f64 = 0.5;

/// Which options of a layer to time, and how long.
#[derive(Debug, PartialEq)]
pub struct CliffsOptions {
    /// A part of the names of options; all of them if absent.
    pub only: Option<String>,
    /// Of each comparison; above 0.
    pub seconds: f64,
}

/// How long to time each size.
#[derive(Debug, PartialEq)]
pub struct ScalingOptions {
    /// Of each size; above 0.
    pub seconds: f64,
}

/// Reads the words after `cliffs`.
///
/// # Errors
/// An unknown option, or one without its value.
pub fn parse_cliffs<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Command> {
    let mut options = CliffsOptions { only: None, seconds: SECONDS_OF_CLIFFS };
    while let Some(option) = words.next() {
        match option {
            "--help" | "-h" => return Ok(Command::Help),
            "--only" => options.only = Some(value(option, words.next())?),
            "--seconds" => options.seconds = seconds(&value(option, words.next())?)?,
            other => bail!("`cliffs` has no option `{other}`; `cargo xtask help` lists them"),
        }
    }
    Ok(Command::Cliffs(options))
}

/// Reads the words after `scaling`.
///
/// # Errors
/// An unknown option, or one without its value.
pub fn parse_scaling<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Command> {
    let mut options = ScalingOptions { seconds: SECONDS_OF_SCALING };
    while let Some(option) = words.next() {
        match option {
            "--help" | "-h" => return Ok(Command::Help),
            "--seconds" => options.seconds = seconds(&value(option, words.next())?)?,
            other => bail!("`scaling` has no option `{other}`; `cargo xtask help` lists them"),
        }
    }
    Ok(Command::Scaling(options))
}

fn seconds(word: &str) -> Result<f64> {
    match word.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds.is_finite() => Ok(seconds),
        _ => bail!("`--seconds` must be a number above 0, got {word}"),
    }
}
