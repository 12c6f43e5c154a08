//! `cargo xtask keras-files`: what Gatewise writes goes through real Keras, and the other way round.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::arguments::KerasFilesOptions;
use crate::environment;
use crate::process;
use crate::workspace::Workspace;

/// Writes all fixture files again, lets Keras load, predict and train on, and loads what Keras has saved then.
///
/// Returns whether all comparisons agree.
///
/// # Errors
/// A program cannot be started or fails.
pub fn run(workspace: &Workspace, options: &KerasFilesOptions) -> Result<bool> {
    let written = workspace.empty_folder("keras-files/written")?;
    let trained = workspace.empty_folder("keras-files/trained")?;
    let python = match &options.python {
        Some(python) => python.clone(),
        None => environment::prepare(workspace, &workspace.root().join("fixtures/requirements.txt"))?,
    };
    let fixtures = workspace.root().join("fixtures");
    let check = |command: &str, paths: &[&Path]| {
        let mut check = Command::new(&python);
        check.current_dir(&fixtures).args(["-B", "check_files.py"]).arg(command).args(paths);
        check
    };
    let example = |arguments: &[&Path]| {
        let mut example =
            workspace.cargo(&["run", "--quiet", "--package", "gatewise", "--example", "keras_files", "--"]);
        example.args(arguments);
        example
    };
    process::run(&mut example(&[Path::new("write"), &fixtures.join("files"), &written]))?;
    let reads = process::agrees(&mut check("written", &[&written]))?;
    process::run(&mut check("trained", &[&written, &trained]))?;
    let log = trained.join("predicted.txt");
    let output = process::output(&mut example(&[Path::new("predict"), &trained]))?;
    std::fs::write(&log, output).with_context(|| log.display().to_string())?;
    let is_read = process::agrees(&mut check("predicted", &[&trained, &log]))?;
    Ok(reads && is_read)
}
