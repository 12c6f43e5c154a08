//! The step that compiles for machines other than this one.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::process;
use crate::report::Outcome;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// Rust's names of targets, and the crates that must compile for each.
const TARGETS: [(&str, &[&str]); 2] = [
    ("aarch64-unknown-linux-gnu", &["gatewise-kernels", "gatewise", "gatewise-cli"]),
    ("wasm32-unknown-unknown", &["gatewise-kernels", "gatewise"]),
];

/// `cargo check` passes for each target whose standard library is there or can be added.
pub fn check(workspace: &Workspace, _: &mut Tally) -> Result<Outcome> {
    let mut missing = Vec::new();
    for (target, crates) in TARGETS {
        if !is_installed(workspace, target) && !add(workspace, target) {
            println!("{target}: NOT CHECKED, its standard library is missing and rustup cannot add it");
            missing.push(target);
            continue;
        }
        let mut command = workspace.cargo(&["check", "--locked", "--target", target]);
        command.args(crates.iter().flat_map(|name| ["--package", name]));
        process::run(&mut command)?;
    }
    Ok(match missing[..] {
        [] => Outcome::Passed,
        _ => Outcome::NotChecked(format!("no standard library for {}", missing.join(", "))),
    })
}

/// Whether the compiler finds a standard library for a target.
pub fn is_installed(workspace: &Workspace, target: &str) -> bool {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", target]).current_dir(workspace.root());
    let output = rustc.stderr(Stdio::null()).output();
    output.is_ok_and(|output| {
        let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success() && !folder.is_empty() && Path::new(&folder).is_dir()
    })
}

/// Lets rustup download the standard library of a target, and returns whether that worked.
pub fn add(workspace: &Workspace, target: &str) -> bool {
    let mut rustup = Command::new("rustup");
    let added = process::run(rustup.args(["target", "add", target]).current_dir(workspace.root()));
    if let Err(error) = &added {
        println!("{error:#}");
    }
    added.is_ok() && is_installed(workspace, target)
}
