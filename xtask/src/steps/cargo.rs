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

/// The comparison with Keras, activations and the equalities of bits once more, on the instruction sets that the CPU has beside its
/// widest one.
pub fn instruction_sets(workspace: &Workspace, tally: &mut Tally) -> Result<Outcome> {
    // The whole workspace, as in `test`: one package alone would be built again, with other features of its crates.
    let words = ["test", "--locked", "--workspace", "--no-fail-fast"];
    for set in narrower_sets() {
        for tests in [&["--lib", "keras_tests"][..], &["--lib", "activations"], &["--test", "identities"]] {
            let mut command = workspace.cargo(&words);
            process::run_tests(command.args(tests).env("GATEWISE_ISA", set), tally)?;
        }
    }
    Ok(Outcome::Passed)
}

/// Names of instruction sets as `GATEWISE_ISA` takes them.
fn narrower_sets() -> Vec<&'static str> {
    let mut sets = vec!["generic"];
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        sets.push("avx2");
    }
    sets
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
