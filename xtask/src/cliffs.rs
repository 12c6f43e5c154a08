//! `cargo xtask cliffs`: what each option of an LSTM costs against the plain layer.

use anyhow::Result;

use crate::arguments::CliffsOptions;
use crate::measured;
use crate::workspace::Workspace;

/// Widths of the columns of a row that is shown; negative ones are for text.
const WIDTHS: [i8; 13] = [-8, 2, -36, -8, 4, 4, 4, 4, 10, 10, 6, 5, 4];

/// Times all options, prints and records a row for each, and returns whether all are within their limits.
///
/// # Errors
/// The program that measures cannot be built or fails, or the record cannot be written.
pub fn run(workspace: &Workspace, options: &CliffsOptions) -> Result<bool> {
    let mut command = measured::example(workspace, "cliffs")?;
    command.arg(options.only.as_deref().unwrap_or_default()).arg(options.seconds.to_string());
    let (heading, rows) = measured::rows(&mut command, |row| println!("{}", shown(row)))?;
    let path = measured::append(workspace, "cliffs", &heading, &rows)?;
    let over: Vec<&String> = rows.iter().filter(|row| measured::is_over(row)).collect();
    println!("\n{} of {} over the limit", over.len(), rows.len());
    over.iter().for_each(|row| println!("{}", shown(row)));
    println!("\nrecorded in {}", path.display());
    Ok(over.is_empty())
}

/// The fields of a row in columns.
fn shown(row: &str) -> String {
    let column = |(field, width): (&str, i8)| {
        let size = usize::from(width.unsigned_abs());
        if width < 0 { format!("{field:<size$}") } else { format!("{field:>size$}") }
    };
    row.split(',').zip(WIDTHS).map(column).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
