//! The step that runs the library's examples.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::report::Outcome;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// Every `crates/gatewise/examples/*.rs`, built for release and run in an empty folder, exits with 0.
pub fn run(workspace: &Workspace, _: &mut Tally) -> Result<Outcome> {
    let names = names(&workspace.root().join("crates/gatewise/examples"))?;
    let words = ["build", "--locked", "--release", "--package", "gatewise", "--examples"];
    process::run(&mut workspace.cargo(&words))?;
    let manifest = workspace.root().join("Cargo.toml");
    for name in &names {
        let folder = workspace.empty_folder("examples")?;
        let words = ["run", "--quiet", "--locked", "--release", "--package", "gatewise", "--example", name];
        let mut command = workspace.cargo(&words);
        process::run(command.arg("--manifest-path").arg(&manifest).current_dir(&folder))
            .with_context(|| format!("example `{name}`"))?;
    }
    println!("{} examples ran", names.len());
    Ok(Outcome::Passed)
}

/// Names of the examples in a folder, sorted: the stems of its Rust files.
fn names(folder: &Path) -> Result<Vec<String>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("{}: cannot read it", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let stem = path.file_stem().context("a file has a name")?;
            names.push(stem.to_string_lossy().into_owned());
        }
    }
    ensure!(!names.is_empty(), "{}: no example in it", folder.display());
    names.sort();
    Ok(names)
}
