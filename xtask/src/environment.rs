//! Python environments in the build folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// The Python of an environment with the packages of a requirements file. It is kept, and made anew when the requirements
/// have changed.
///
/// # Errors
/// The environment cannot be made.
pub fn prepare(workspace: &Workspace, requirements: &Path) -> Result<PathBuf> {
    let wanted = std::fs::read_to_string(requirements)
        .with_context(|| format!("{}: cannot read it", requirements.display()))?;
    let folder = folder(workspace, requirements);
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let stamp = folder.join("installed.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    process::run(workspace.python(&["-m", "venv", "--clear"]).arg(&folder))?;
    process::run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(requirements))?;
    std::fs::write(&stamp, wanted).with_context(|| format!("{}: cannot write it", stamp.display()))?;
    Ok(python)
}

/// A folder for the requirements of this folder and name.
fn folder(workspace: &Workspace, requirements: &Path) -> PathBuf {
    let part = |path: Option<&std::ffi::OsStr>| path.unwrap_or_default().to_string_lossy().into_owned();
    let parent = part(requirements.parent().and_then(Path::file_name));
    workspace.target().join("xtask").join(parent).join(part(requirements.file_stem()))
}
