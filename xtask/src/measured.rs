//! Programs that measure and print their rows, and the records that keep these.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::bench::{self, Machine, slug};
use crate::process;
use crate::workspace::Workspace;

/// Builds an example of the library for release and returns the command that runs it.
///
/// # Errors
/// It does not compile.
pub fn example(workspace: &Workspace, name: &str) -> Result<Command> {
    let words = ["build", "--locked", "--release", "--package", "gatewise", "--example", name];
    process::run(&mut workspace.cargo(&words))?;
    let program = format!("release/examples/{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(Command::new(workspace.target().join(program)))
}

/// Runs a program that prints a heading and then rows with as many fields, gives `show` each row while it comes, and
/// returns the heading and all rows.
///
/// # Errors
/// It fails, or prints something else.
pub fn rows(command: &mut Command, mut show: impl FnMut(&str)) -> Result<(String, Vec<String>)> {
    let mut lines: Vec<String> = Vec::new();
    process::lines(command, |line| {
        if !lines.is_empty() {
            show(line);
        }
        lines.push(line.to_owned());
    })?;
    ensure!(lines.len() > 1, "the program measured nothing");
    let heading = lines.remove(0);
    let count = heading.split(',').count();
    for line in &lines {
        ensure!(line.split(',').count() == count, "the row `{line}` does not have the fields `{heading}`");
    }
    Ok((heading, lines))
}

/// Whether the last field of a row says that its limit does not hold.
pub fn is_over(row: &str) -> bool {
    row.rsplit(',').next() == Some("NO")
}

/// Adds rows to `benchmarks/record/<date>-<cpu>-<kind>.csv`, with date, CPU and commit before each, and returns its path.
///
/// # Errors
/// The machine does not tell them, or the file cannot be written.
pub fn append(workspace: &Workspace, kind: &str, heading: &str, rows: &[String]) -> Result<PathBuf> {
    let Machine { date, cpu, commit } = Machine::look(workspace)?;
    let name = format!("{date}-{}-{kind}.csv", slug(&cpu));
    let path = workspace.root().join("benchmarks/record").join(name);
    let text: String = rows.iter().map(|row| format!("{date},{cpu},{commit},{row}\n")).collect();
    bench::append(&path, &format!("date,cpu,commit,{heading}\n"), &text)
        .with_context(|| path.display().to_string())?;
    Ok(path)
}

#[cfg(test)]
mod tests;
