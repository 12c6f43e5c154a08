//! What the numbers of a record were measured on.

use std::path::Path;

use anyhow::Result;

use crate::process;
use crate::workspace::Workspace;

/// Day, CPU and state of the sources.
pub struct Machine {
    /// Today, as `2026-01-31`.
    pub date: String,
    /// The model of the CPU as it calls itself, with its family and model number where that names no generation.
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
    model(&info).unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

/// The name, and what tells generations apart if the name has no number: virtual machines hide it.
fn model(info: &str) -> Option<String> {
    let field = |name: &str| {
        let mut fields = info.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().replace(',', " "))
    };
    let name = field("model name")?;
    match (field("cpu family"), field("model")) {
        (Some(family), Some(model)) if !name.contains(|letter: char| letter.is_ascii_digit()) => {
            Some(format!("{name} family {family} model {model}"))
        }
        _ => Some(name),
    }
}

#[cfg(test)]
mod tests;
