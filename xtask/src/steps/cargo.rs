//! The steps that are one cargo command each.

use anyhow::Result;

use crate::process;
use crate::report::Outcome;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// Every Rust file is as rustfmt would write it.
pub fn format(workspace: &Workspace, _: &mut Tally) -> Result<Outcome> {
    process::run(&mut workspace.cargo(&["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed)
}

/// All targets, benches and examples included, compile without a warning.
pub fn clippy(workspace: &Workspace, _: &mut Tally) -> Result<Outcome> {
    let words = ["clippy", "--locked", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    process::run(&mut workspace.cargo(&words))?;
    Ok(Outcome::Passed)
}

/// Unit and integration tests, all of them even when one fails.
pub fn test(workspace: &Workspace, tally: &mut Tally) -> Result<Outcome> {
    let words = ["test", "--locked", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"];
    process::run_tests(&mut workspace.cargo(&words), tally)?;
    Ok(Outcome::Passed)
}

/// Examples in the documentation, and in the README that the library's page includes.
pub fn doctest(workspace: &Workspace, tally: &mut Tally) -> Result<Outcome> {
    let words = ["test", "--locked", "--workspace", "--doc", "--no-fail-fast"];
    process::run_tests(&mut workspace.cargo(&words), tally)?;
    Ok(Outcome::Passed)
}

/// The documentation of the libraries; the programs have none, and one has the library's name.
pub fn docs(workspace: &Workspace, _: &mut Tally) -> Result<Outcome> {
    let words = ["doc", "--locked", "--workspace", "--no-deps", "--lib"];
    process::run(workspace.cargo(&words).env("RUSTDOCFLAGS", "--deny warnings"))?;
    Ok(Outcome::Passed)
}
