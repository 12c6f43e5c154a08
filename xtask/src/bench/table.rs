//! The table of the README, from a record.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::record::HEADING;
use super::workload::{self, BFLOAT16, Workload};
use crate::workspace::Workspace;

/// Engines with a column of their own, and the heads of these.
const COLUMNS: [(&str, &str); 4] = [
    ("keras-tensorflow", "Keras on TensorFlow"),
    ("keras-jax", "Keras on JAX"),
    ("torch", "PyTorch"),
    ("onnxruntime", "ONNX Runtime"),
];

/// Engines of which the quickest has a column.
const IN_RUST: [&str; 5] = ["burn", "candle", "rten", "tract", "rust-lstm"];

/// The quickest way of one engine on one workload.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Best {
    pub workload: String,
    pub engine: String,
    /// Milliseconds.
    pub median: f64,
    /// Of the peak.
    pub share: f64,
}

/// Prints the table of a record, of the [`chosen`] one.
///
/// # Errors
/// There is no such record, or it cannot be read.
pub fn print(workspace: &Workspace, record: Option<PathBuf>) -> Result<()> {
    let record = chosen(workspace, record)?;
    println!("{}\n\n{}", record.display(), of_record(workspace, &record)?);
    Ok(())
}

/// The record that was named, or else the last one by name.
pub(super) fn chosen(workspace: &Workspace, record: Option<PathBuf>) -> Result<PathBuf> {
    let last =
        || records(workspace)?.pop().context("no record in benchmarks/record/ has the columns of today");
    record.map_or_else(last, Ok)
}

/// The table of a record, a line a workload.
fn of_record(workspace: &Workspace, record: &Path) -> Result<String> {
    let text = std::fs::read_to_string(record).with_context(|| record.display().to_string())?;
    Ok(table(&workload::choose(workspace, &[])?, &bests(&text)?))
}

/// The records that have the columns of today, in the order of their names.
fn records(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let folder = workspace.root().join("benchmarks/record");
    let mut records = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if std::fs::read_to_string(&path).is_ok_and(|text| text.starts_with(HEADING)) {
            records.push(path);
        }
    }
    records.sort();
    Ok(records)
}

/// Of each workload and engine the quickest row, in the order of the record. Of a workload that was measured several
/// times the last rows count. What computes with rounded weights is not what the peers do, and does not count.
pub(super) fn bests(record: &str) -> Result<Vec<Best>> {
    ensure!(
        record.starts_with(HEADING),
        "a record of `cargo xtask bench` must begin with `{}`",
        HEADING.trim_end()
    );
    let mut bests: Vec<Best> = Vec::new();
    let mut last = "";
    for line in record.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        ensure!(fields.len() == HEADING.split(',').count(), "`{line}` has {} fields", fields.len());
        let (workload, engine) = (fields[3], fields[4]);
        if workload != last {
            bests.retain(|best| best.workload != workload);
            last = workload;
        }
        if fields[9] == "0" || fields[8] == BFLOAT16 {
            continue;
        }
        let number = |field: &str| field.parse().with_context(|| format!("`{field}` in `{line}`"));
        let new = Best {
            workload: workload.to_owned(),
            engine: engine.to_owned(),
            median: number(fields[10])?,
            share: number(fields[15])?,
        };
        match bests.iter_mut().find(|best| best.workload == workload && best.engine == engine) {
            Some(known) if known.median <= new.median => {}
            Some(known) => *known = new,
            None => bests.push(new),
        }
    }
    Ok(bests)
}

/// How often the time of Gatewise goes into those of its peers.
fn table(workloads: &[Workload], bests: &[Best]) -> String {
    let heads: String = COLUMNS.iter().map(|(_, head)| format!(" {head} |")).collect();
    let mut table = format!(
        "| workload | batch, steps, features, units | Gatewise | of the peak |{heads} quickest in Rust |\n\
         |---|---|---|---|{}---|\n",
        "---|".repeat(COLUMNS.len())
    );
    for workload in workloads {
        let of =
            |engine: &str| bests.iter().find(|best| best.workload == workload.name && best.engine == engine);
        let Some(own) = of("gatewise") else { continue };
        let ratio = |best: &Best| format!("{} ×", short(best.median / own.median));
        let fields: Vec<&str> = workload.line.split(',').collect();
        let mut columns = vec![
            workload.name.clone(),
            fields[3..7].join(", "),
            format!("{} ms", short(own.median)),
            format!("{:.0} %", own.share * 100.0),
        ];
        columns.extend(COLUMNS.map(|(engine, _)| of(engine).map_or("–".to_owned(), ratio)));
        let in_rust = IN_RUST.iter().filter_map(|engine| of(engine));
        let quickest = in_rust.min_by(|a, b| a.median.total_cmp(&b.median));
        columns.push(quickest.map_or("–".to_owned(), |best| format!("{} ({})", ratio(best), best.engine)));
        writeln!(table, "| {} |", columns.join(" | ")).expect("a string takes all");
    }
    table
}

/// A number with two digits that count, or all before the point.
pub(super) fn short(number: f64) -> String {
    let digits = (1 - number.log10().floor() as i32).clamp(0, 6);
    format!("{number:.*}", digits as usize)
}

#[cfg(test)]
mod tests;
