//! The steps of `cargo xtask test`: quick ones first, then what needs longer builds.

mod calls;
mod cargo;
mod dependencies;
mod examples;
mod forecast;
mod python;
pub mod targets;

use anyhow::{Context, Result};

use crate::arguments::Selection;
use crate::report::Outcome;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// One thing that has to pass.
pub struct Step {
    /// The word that `--only` takes.
    pub name: &'static str,
    /// What it checks, in a line.
    pub title: &'static str,
    /// Does it; tests that run are added to the tally.
    pub run: fn(&Workspace, &mut Tally) -> Result<Outcome>,
}

/// Every step, in order.
pub const STEPS: &[Step] = &[
    Step { name: "format", title: "every Rust file is formatted", run: cargo::format },
    Step {
        name: "licences",
        title: "licences, sources and versions of dependencies",
        run: dependencies::own_rules,
    },
    Step {
        name: "deny",
        title: "the same by cargo-deny, where it is installed",
        run: dependencies::cargo_deny,
    },
    Step { name: "python", title: "every Python file can be parsed", run: python::parse },
    Step { name: "clippy", title: "no compiler or clippy warning", run: cargo::clippy },
    Step { name: "test", title: "unit and integration tests", run: cargo::test },
    Step {
        name: "isa",
        title: "the numbers on every instruction set of this CPU",
        run: cargo::instruction_sets,
    },
    Step { name: "doctest", title: "examples in the documentation and README", run: cargo::doctest },
    Step { name: "docs", title: "the documentation builds without a warning", run: cargo::docs },
    Step { name: "targets", title: "it compiles for aarch64 and wasm32", run: targets::check },
    Step { name: "examples", title: "every example runs and exits with 0", run: examples::run },
    Step { name: "forecast", title: "the README's forecast, in an empty folder", run: forecast::run },
    Step { name: "calls", title: "no vector instruction is called as a function", run: calls::run },
];

/// The steps that a selection names, in their own order.
///
/// # Errors
/// A name that no step has.
pub fn choose(selection: &Selection) -> Result<Vec<&'static Step>> {
    match selection {
        Selection::All => Ok(STEPS.iter().collect()),
        Selection::From(name) => Ok(STEPS[position(name)?..].iter().collect()),
        Selection::Only(names) => {
            let mut positions = names.iter().map(|name| position(name)).collect::<Result<Vec<_>>>()?;
            positions.sort_unstable();
            positions.dedup();
            Ok(positions.into_iter().map(|position| &STEPS[position]).collect())
        }
    }
}

fn position(name: &str) -> Result<usize> {
    let position = STEPS.iter().position(|step| step.name == name);
    position.with_context(|| format!("no step `{name}`; `cargo xtask test --list` shows them"))
}

#[cfg(test)]
mod tests;
