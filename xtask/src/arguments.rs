//! What the words after `cargo xtask` ask for.

use std::path::PathBuf;

use anyhow::{Result, bail};

mod measure;

pub use measure::{CliffsOptions, ScalingOptions};

/// What `cargo xtask help` prints.
pub const HELP: &str = "\
The chores of this repository.

Usage:
  cargo xtask test                 everything that has to pass before a change lands
  cargo xtask test --list          the steps of it, in order
  cargo xtask test --only clippy   one step alone; repeat `--only` for more
  cargo xtask test --from docs     that step and all after it
  cargo xtask bench                times Gatewise against its peers and appends to benchmarks/record/
  cargo xtask bench --workload predict-one   one line of benchmarks/workloads.csv; repeat for more
  cargo xtask bench --rounds 20    rounds in which the engines take turns, 10 if not given
  cargo xtask bench --peers torch,burn   these peers instead of all; `--peers none` for Gatewise alone
  cargo xtask bench --without burn,torch  all peers but these (PyTorch is several gigabytes to download)
  cargo xtask bench-table          the table of the README, from the last record by name; `--record FILE` for another
  cargo xtask bench-goals          what such a record has reached of benchmarks/goals.csv; `--record FILE` too
  cargo xtask bench-load           loads a model of 50 MB, in turn with Keras; `--python FILE` as below
  cargo xtask footprint            size and memory of the `gatewise` program, in turn with Keras; `--python FILE` as below
  cargo xtask cliffs               times each option of an LSTM against the plain layer
  cargo xtask cliffs --only mask   the options with `mask` in their names; `--seconds 1` for each comparison, 0.3 if not given
  cargo xtask fit                  times what `fit` adds to the steps of a training
  cargo xtask scaling              times and memory by batch, units, steps, features and threads; `--seconds` too
  cargo xtask test-aarch64         the kernels' tests for aarch64 in the emulator of qemu-user
  cargo xtask keras-files          exchanges files with real Keras: each loads, predicts and trains on what the other wrote
  cargo xtask keras-files --python FILE   a Python that has Keras, instead of one that is downloaded
  cargo xtask help                 this text

Exits with 0 when all passed, 1 when a step failed, 2 when the command could not be carried out.
";

/// One command of this program.
#[derive(Debug, PartialEq)]
pub enum Command {
    /// Print [`HELP`].
    Help,
    /// Print the steps of `test`.
    List,
    /// Run steps of `test`.
    Test(Selection),
    /// Time the engines.
    Bench(BenchOptions),
    /// Print the README's table of this record, or of the last one.
    BenchTable(Option<PathBuf>),
    /// Print how far this record is from the goals, or the last one.
    BenchGoals(Option<PathBuf>),
    /// Time how a large file is loaded.
    BenchLoad(KerasFilesOptions),
    /// Measure size and memory of the command-line program.
    Footprint(KerasFilesOptions),
    /// Time options of a layer.
    Cliffs(CliffsOptions),
    /// Time what `fit` adds.
    Fit,
    /// Time sizes of a layer.
    Scaling(ScalingOptions),
    /// Run the kernels' tests for another processor.
    TestAarch64,
    /// Exchange files with real Keras.
    KerasFiles(KerasFilesOptions),
}

/// With which Keras files are exchanged, or loaded.
#[derive(Debug, PartialEq, Eq)]
pub struct KerasFilesOptions {
    /// A Python with the packages of `fixtures/requirements.txt`; without it one is made in the build folder.
    pub python: Option<PathBuf>,
}

/// What to time, and how often.
#[derive(Debug, PartialEq, Eq)]
pub struct BenchOptions {
    /// Names of workloads; all of them if empty.
    pub workloads: Vec<String>,
    /// Rounds in which each engine has a turn; at least 1.
    pub rounds: usize,
    /// Which peers take part.
    pub peers: Peers,
}

/// Names of peers.
#[derive(Debug, PartialEq, Eq)]
pub enum Peers {
    /// These.
    Only(Vec<String>),
    /// All that there are but these.
    Without(Vec<String>),
}

/// Which steps of `test` to run.
#[derive(Debug, PartialEq, Eq)]
pub enum Selection {
    /// Every step.
    All,
    /// The steps of these names.
    Only(Vec<String>),
    /// The step of this name and those after it.
    From(String),
}

/// Reads the words after the program's name.
///
/// # Errors
/// An unknown command or option, or an option without its value.
pub fn parse(words: &[String]) -> Result<Command> {
    let mut words = words.iter().map(String::as_str);
    match words.next() {
        None | Some("help" | "--help" | "-h") => Ok(Command::Help),
        Some("test") => parse_test(words),
        Some("bench") => parse_bench(words),
        Some("bench-table") => parse_path("bench-table", "--record", Command::BenchTable, words),
        Some("bench-goals") => parse_path("bench-goals", "--record", Command::BenchGoals, words),
        Some("bench-load") => parse_keras_files("bench-load", Command::BenchLoad, words),
        Some("footprint") => parse_keras_files("footprint", Command::Footprint, words),
        Some("cliffs") => measure::parse_cliffs(words),
        Some("fit") => parse_alone("fit", Command::Fit, words),
        Some("scaling") => measure::parse_scaling(words),
        Some("test-aarch64") => parse_alone("test-aarch64", Command::TestAarch64, words),
        Some("keras-files") => parse_keras_files("keras-files", Command::KerasFiles, words),
        Some(other) => bail!("no command `{other}`; `cargo xtask help` lists them"),
    }
}

fn parse_test<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Command> {
    let mut only = Vec::new();
    let mut from = None;
    while let Some(option) = words.next() {
        match option {
            "--help" | "-h" => return Ok(Command::Help),
            "--list" => return Ok(Command::List),
            "--only" => only.push(value(option, words.next())?),
            "--from" => from = Some(value(option, words.next())?),
            other => bail!("`test` has no option `{other}`; `cargo xtask help` lists them"),
        }
    }
    match (from, only.is_empty()) {
        (None, true) => Ok(Command::Test(Selection::All)),
        (None, false) => Ok(Command::Test(Selection::Only(only))),
        (Some(name), true) => Ok(Command::Test(Selection::From(name))),
        (Some(_), false) => bail!("`--only` and `--from` exclude each other"),
    }
}

fn parse_bench<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Command> {
    let mut options = BenchOptions { workloads: Vec::new(), rounds: 10, peers: Peers::Without(Vec::new()) };
    while let Some(option) = words.next() {
        match option {
            "--help" | "-h" => return Ok(Command::Help),
            "--workload" => options.workloads.push(value(option, words.next())?),
            "--peers" => options.peers = Peers::Only(peers(&value(option, words.next())?)),
            "--without" => options.peers = Peers::Without(peers(&value(option, words.next())?)),
            "--rounds" => options.rounds = rounds(&value(option, words.next())?)?,
            other => bail!("`bench` has no option `{other}`; `cargo xtask help` lists them"),
        }
    }
    Ok(Command::Bench(options))
}

/// A command without options.
fn parse_alone<'a>(
    name: &str,
    command: Command,
    mut words: impl Iterator<Item = &'a str>,
) -> Result<Command> {
    match words.next() {
        None => Ok(command),
        Some("--help" | "-h") => Ok(Command::Help),
        Some(other) => bail!("`{name}` has no option `{other}`; `cargo xtask help` lists them"),
    }
}

fn parse_keras_files<'a>(
    command: &str,
    made: fn(KerasFilesOptions) -> Command,
    words: impl Iterator<Item = &'a str>,
) -> Result<Command> {
    parse_path(command, "--python", |python| made(KerasFilesOptions { python }), words)
}

/// A command with one option, which names a file.
fn parse_path<'a>(
    command: &str,
    option: &str,
    made: impl Fn(Option<PathBuf>) -> Command,
    mut words: impl Iterator<Item = &'a str>,
) -> Result<Command> {
    let mut path = None;
    while let Some(word) = words.next() {
        match word {
            "--help" | "-h" => return Ok(Command::Help),
            _ if word == option => path = Some(value(option, words.next())?.into()),
            other => bail!("`{command}` has no option `{other}`; `cargo xtask help` lists them"),
        }
    }
    Ok(made(path))
}

/// Names with commas between them; `none` for no name.
fn peers(words: &str) -> Vec<String> {
    words.split(',').filter(|name| *name != "none").map(str::to_owned).collect()
}

fn rounds(word: &str) -> Result<usize> {
    match word.parse() {
        Ok(rounds) if rounds > 0 => Ok(rounds),
        _ => bail!("`--rounds` must be a whole number of at least 1, got {word}"),
    }
}

fn value(option: &str, word: Option<&str>) -> Result<String> {
    match word {
        Some(value) => Ok(value.to_owned()),
        None => bail!("`{option}` needs a value; `cargo xtask help` shows it"),
    }
}

#[cfg(test)]
mod tests;
