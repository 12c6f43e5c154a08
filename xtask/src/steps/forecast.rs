//! The step that does what the README tells a first-time user to do.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::report::Outcome;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// Endings of the files that a forecast leaves: the model, the table and the picture.
const ENDINGS: [&str; 3] = ["keras", "csv", "svg"];

/// `cargo run --release -- forecast` on the built-in series exits with 0 and leaves its three files.
pub fn run(workspace: &Workspace, _: &mut Tally) -> Result<Outcome> {
    let folder = workspace.empty_folder("forecast")?;
    let mut command = workspace.cargo(&["run", "--locked", "--release", "--manifest-path"]);
    command.arg(workspace.root().join("Cargo.toml")).args(["--", "forecast"]).current_dir(&folder);
    process::run(&mut command)?;
    for ending in ENDINGS {
        let bytes = bytes_with_ending(&folder.join("forecast"), ending)?;
        ensure!(bytes > 0, "the forecast left no .{ending} file, or an empty one");
        println!(".{ending}: {bytes} bytes");
    }
    Ok(Outcome::Passed)
}

/// Bytes of all files in a folder that have this ending.
fn bytes_with_ending(folder: &Path, ending: &str) -> Result<u64> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("{}: cannot read it", folder.display()))?;
    let mut bytes = 0;
    for entry in entries {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == ending) {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes)
}
