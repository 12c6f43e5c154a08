//! The step that reads every Python file of the repository.

use anyhow::Result;

use crate::process;
use crate::report::Outcome;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// Folders that may hold Python files.
const FOLDERS: [&str; 4] = ["benchmarks", "crates", "fixtures", "xtask"];

/// Every Python file can be parsed by Python 3.
pub fn parse(workspace: &Workspace, _: &mut Tally) -> Result<Outcome> {
    let mut command = workspace.python(&["xtask/parse_python.py"]);
    process::run(command.args(FOLDERS))?;
    Ok(Outcome::Passed)
}
