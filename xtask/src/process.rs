//! Running a program in view of the user.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use crate::tally::Tally;

/// Runs a command that shares our terminal.
///
/// # Errors
/// It cannot be started, or ends with another code than 0.
pub fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", shown(command));
    let status = command.status().with_context(|| not_started(command))?;
    succeeded(command, status)
}

/// Runs a command that shares our terminal and says by its code 0 or 1 whether something holds.
///
/// # Errors
/// It cannot be started, or ends with another code.
pub fn agrees(command: &mut Command) -> Result<bool> {
    println!("$ {}", shown(command));
    let status = command.status().with_context(|| not_started(command))?;
    match status.code() {
        Some(1) => Ok(false),
        _ => succeeded(command, status).map(|()| true),
    }
}

/// Runs a test command, shows its standard output while it comes, and adds its results to `tally`.
///
/// # Errors
/// It cannot be started, or ends with another code than 0; what it said until then is in `tally`.
pub fn run_tests(command: &mut Command, tally: &mut Tally) -> Result<()> {
    lines(command, |line| {
        println!("{line}");
        tally.read_line(line);
    })
}

/// Runs a command and gives `read` each line of its standard output while it comes.
///
/// # Errors
/// It cannot be started, or ends with another code than 0.
pub fn lines(command: &mut Command, mut read: impl FnMut(&str)) -> Result<()> {
    println!("$ {}", shown(command));
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| not_started(command))?;
    let output = child.stdout.take().expect("standard output is piped");
    for line in BufReader::new(output).split(b'\n') {
        let line = line.with_context(|| format!("`{}`: its output cannot be read", shown(command)))?;
        read(&String::from_utf8_lossy(&line));
    }
    let status = child.wait().with_context(|| format!("`{}`: lost", shown(command)))?;
    succeeded(command, status)
}

/// Runs a command and returns what it wrote to its standard output.
///
/// # Errors
/// It cannot be started, ends with another code than 0, or writes something that is not UTF-8.
pub fn output(command: &mut Command) -> Result<String> {
    println!("$ {}", shown(command));
    let output = command.stderr(Stdio::inherit()).output().with_context(|| not_started(command))?;
    succeeded(command, output.status)?;
    String::from_utf8(output.stdout).with_context(|| format!("`{}`: its output is not UTF-8", shown(command)))
}

/// The command as one would type it.
fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words = vec![program.file_stem().unwrap_or(command.get_program()).to_string_lossy()];
    words.extend(command.get_args().map(|word| word.to_string_lossy()));
    let settings = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let mut text: String =
        settings.map(|(name, value)| format!("{}={} ", name.display(), value.display())).collect();
    text.push_str(&words.join(" "));
    text
}

fn not_started(command: &Command) -> String {
    format!("`{}` cannot be started; is it installed?", command.get_program().display())
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}
