//! The chores of this repository: `cargo xtask test` runs everything that has to pass,
//! `cargo xtask bench` times Gatewise against its peers, `cargo xtask keras-files` exchanges files with real Keras.
//!
//! Needs nothing but the Rust toolchain and Python 3. `cargo xtask help` lists the commands.

#![allow(clippy::print_stdout, reason = "a command-line program talks on its standard output")]

mod aarch64;
mod arguments;
mod bench;
mod bench_load;
mod cliffs;
mod environment;
mod fit_cost;
mod footprint;
mod keras_files;
mod licence;
mod measured;
mod process;
mod report;
mod scaling;
mod steps;
mod tally;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use arguments::{Command, HELP, Selection};
use workspace::Workspace;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match arguments::parse(&words)? {
        Command::Help => print!("{HELP}"),
        Command::List => report::print_list(),
        Command::Test(selection) => return test(&selection),
        Command::Bench(options) => bench::run(&Workspace::find()?, &options)?,
        Command::BenchTable(record) => bench::print_table(&Workspace::find()?, record)?,
        Command::BenchGoals(record) => bench::print_goals(&Workspace::find()?, record)?,
        Command::BenchLoad(options) => bench_load::run(&Workspace::find()?, &options)?,
        Command::Footprint(options) => footprint::run(&Workspace::find()?, &options)?,
        Command::Cliffs(options) => return Ok(code(cliffs::run(&Workspace::find()?, &options)?)),
        Command::Fit => return Ok(code(fit_cost::run(&Workspace::find()?)?)),
        Command::Scaling(options) => scaling::run(&Workspace::find()?, &options)?,
        Command::TestAarch64 => aarch64::run(&Workspace::find()?)?,
        Command::KerasFiles(options) => return Ok(code(keras_files::run(&Workspace::find()?, &options)?)),
    }
    Ok(ExitCode::SUCCESS)
}

/// What the program ends with when it has told whether something holds.
fn code(holds: bool) -> ExitCode {
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the chosen steps in order, stops at the first that fails and ends with a summary.
fn test(selection: &Selection) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let chosen = steps::choose(selection)?;
    let report = report::run(&workspace, &chosen);
    print!("{report}");
    Ok(code(!report.failed()))
}
