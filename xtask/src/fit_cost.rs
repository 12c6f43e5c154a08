//! `cargo xtask fit`: what `fit` adds to the steps of a training.

use anyhow::Result;

use crate::measured;
use crate::workspace::Workspace;

/// Times trainings, prints and records a row for each, and returns whether all are within their limits.
///
/// # Errors
/// The program that measures cannot be built or fails, or the record cannot be written.
pub fn run(workspace: &Workspace) -> Result<bool> {
    let mut command = measured::example(workspace, "fit_cost")?;
    let (heading, rows) = measured::rows(&mut command, |row| println!("{row}"))?;
    let path = measured::append(workspace, "fit", &heading, &rows)?;
    let over = rows.iter().filter(|row| measured::is_over(row)).count();
    println!("\n{over} of {} over the limit\n\nrecorded in {}", rows.len(), path.display());
    Ok(over == 0)
}
