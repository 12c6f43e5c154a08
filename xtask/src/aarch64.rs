//! `cargo xtask test-aarch64`: the kernels' tests for aarch64, on its NEON instructions, in an emulator.
//!
//! Needs `qemu-aarch64` (Debian: qemu-user) and `aarch64-linux-gnu-gcc` (gcc-aarch64-linux-gnu), which links. Everything
//! else in the crates is the same on every processor that has no instruction set of its own.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::measured;
use crate::process;
use crate::steps::targets;
use crate::tally::Tally;
use crate::workspace::Workspace;

const TARGET: &str = "aarch64-unknown-linux-gnu";

const EMULATOR: &str = "qemu-aarch64";

const LINKER: &str = "aarch64-linux-gnu-gcc";

/// Where Debian keeps the libraries of aarch64.
const LIBRARIES: &str = "/usr/aarch64-linux-gnu";

const HEADING: &str = "target,emulator,rustc,passed,failed";

/// Runs the tests and appends how many passed to the record of this day and CPU.
///
/// # Errors
/// A program is missing, or a test fails.
pub fn run(workspace: &Workspace) -> Result<()> {
    let emulator = version(EMULATOR, "qemu-user")?;
    version(LINKER, "gcc-aarch64-linux-gnu")?;
    ensure!(
        targets::is_installed(workspace, TARGET) || targets::add(workspace, TARGET),
        "there is no standard library for {TARGET}: `rustup target add {TARGET}`"
    );
    let rustc = version("rustc", "Rust")?;
    let mut command = workspace.cargo(&["test", "--locked", "--no-fail-fast", "--target", TARGET]);
    // No `--doc`: cargo would run its examples here, without the emulator.
    command.args(["--package", "gatewise-kernels", "--lib", "--tests"]);
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER);
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", format!("{EMULATOR} -L {LIBRARIES}"));
    let mut tally = Tally::default();
    let outcome = process::run_tests(&mut command, &mut tally);
    println!("\n{} passed, {} failed", tally.passed, tally.failed);
    outcome?;
    ensure!(tally.passed > 0, "no test ran");
    let row = format!("{TARGET},{emulator},{rustc},{},{}", tally.passed, tally.failed);
    let path = measured::append(workspace, "aarch64", HEADING, &[row])?;
    println!("recorded in {}", path.display());
    Ok(())
}

/// The first line of what a program says of its version, without commas.
fn version(program: &str, package: &str) -> Result<String> {
    let missing = || format!("`{program}` cannot be started: install {package}, as your system calls it");
    let output = Command::new(program).arg("--version").stderr(Stdio::null()).output();
    let output = output.with_context(missing)?;
    ensure!(output.status.success(), missing());
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().next().unwrap_or_default().replace(',', ""))
}
