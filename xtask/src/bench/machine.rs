//! What the numbers of a record were measured on.

use std::path::Path;

use anyhow::Result;

use crate::process;
use crate::workspace::Workspace;

/// Day, CPU and state of the sources.
pub struct Machine {
    /// Today, as `2026-01-31`.
    pub date: String,
    /// The model of the CPU as it calls itself.
    pub cpu: String,
    /// The commit, with `+` behind it if files differ from it.
    pub commit: String,
}

impl Machine {
    /// Looks at this machine.
    ///
    /// # Errors
    /// Python or git cannot be run.
    pub fn look(workspace: &Workspace) -> Result<Self> {
        let date =
            process::output(&mut workspace.python(&["-c", "import datetime; print(datetime.date.today())"]))?;
        let described = ["describe", "--always", "--abbrev=9", "--dirty=+", "--exclude=*"];
        let mut git = std::process::Command::new("git");
        let commit = process::output(git.args(described).current_dir(workspace.root()))?;
        Ok(Self { date: date.trim().to_owned(), cpu: cpu(), commit: commit.trim().to_owned() })
    }
}

/// The model of the CPU; only the architecture where the system does not tell it as Linux does.
fn cpu() -> String {
    let info = std::fs::read_to_string(Path::new("/proc/cpuinfo")).unwrap_or_default();
    model_name(&info).unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

fn model_name(info: &str) -> Option<String> {
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().replace(',', " "))
}

#[cfg(test)]
mod tests;
