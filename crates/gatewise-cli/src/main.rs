//! The `gatewise` command: arguments in, results on standard output, all else on standard error.
//!
//! The program exits with 0 when done, 1 when the answer is no, and 2 on an error.

mod args;
mod arrays;
mod commands;
mod console;
mod models;
mod picture;
mod reader;
mod tables;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use commands::Answer;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let answer = match &arguments.command {
        Command::Summary(arguments) => commands::summary::run(arguments),
        Command::Predict(arguments) => commands::predict::run(arguments),
        Command::Train(arguments) => commands::train::run(arguments),
        Command::Convert(arguments) => commands::convert::run(arguments),
        Command::Verify(arguments) => commands::verify::run(arguments),
        Command::Forecast(arguments) => commands::forecast::run(arguments),
    };
    match answer {
        Ok(Answer::Done) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        // Who reads has had enough, as in `gatewise forecast | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            console::say(&format!("error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let source = error.downcast_ref::<std::io::Error>();
    source.is_some_and(|source| source.kind() == std::io::ErrorKind::BrokenPipe)
}
