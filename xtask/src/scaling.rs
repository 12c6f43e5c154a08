//! `cargo xtask scaling`: how time and memory of an LSTM grow with its sizes and with threads.

mod table;

use anyhow::{Context, Result};

use crate::arguments::ScalingOptions;
use crate::measured;
use crate::workspace::Workspace;
use table::Row;

/// Times all sizes, and appends them to the record of this day and CPU, with tables for people beside it.
///
/// # Errors
/// The program that measures cannot be built or fails, or the record cannot be written.
pub fn run(workspace: &Workspace, options: &ScalingOptions) -> Result<()> {
    let mut command = measured::example(workspace, "scaling")?;
    let (heading, rows) = measured::rows(command.arg(options.seconds.to_string()), |row| println!("{row}"))?;
    let read = rows.iter().map(|row| Row::read(&heading, row)).collect::<Result<Vec<_>>>()?;
    let path = measured::append(workspace, "scaling", &heading, &rows)?;
    let tables = table::tables(&read);
    println!("\n{tables}");
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let page = path.with_extension("md");
    let text = format!("# Scaling\n\nThe newest rows of `{name}`, by `cargo xtask scaling`.\n\n{tables}");
    std::fs::write(&page, text).with_context(|| page.display().to_string())?;
    println!("recorded in {} and {}", path.display(), page.display());
    Ok(())
}
