//! What came out, as rows of `benchmarks/record/<date>-<cpu>.csv`.

use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::machine::Machine;
use super::peer::Peer;
use crate::workspace::Workspace;

const HEADING: &str =
    "date,cpu,commit,workload,engine,version,isa,threads,way,repeats,median_ms,minimum_ms,ratio\n";

/// Times of one engine on one workload.
pub struct Row {
    workload: String,
    engine: &'static str,
    version: String,
    isa: String,
    threads: String,
    way: &'static str,
    repeats: usize,
    /// Seconds.
    median: f64,
    /// Seconds.
    minimum: f64,
    /// Its median by that of Gatewise.
    ratio: f64,
}

/// Rows from the times of the engines, of which Gatewise is the first.
pub fn rows(workload: &str, peers: &[Peer], seconds: Vec<Vec<f64>>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (peer, mut seconds) in peers.iter().zip(seconds) {
        let (median, minimum) = median_and_minimum(&mut seconds);
        let own = rows.first().map_or(median, |row| row.median);
        rows.push(Row {
            workload: workload.to_owned(),
            engine: peer.engine,
            version: peer.version.clone(),
            isa: peer.isa.clone(),
            threads: peer.threads.clone(),
            way: peer.way,
            repeats: seconds.len(),
            median,
            minimum,
            ratio: median / own,
        });
    }
    rows
}

/// The median is the mean of the two middle ones if their number is even.
fn median_and_minimum(seconds: &mut [f64]) -> (f64, f64) {
    seconds.sort_by(f64::total_cmp);
    let count = seconds.len();
    ((seconds[(count - 1) / 2] + seconds[count / 2]) / 2.0, seconds[0])
}

/// The record of this day and CPU.
pub struct Record {
    machine: Machine,
}

impl Record {
    /// A record of what is measured on this machine.
    pub fn new(machine: Machine) -> Self {
        Self { machine }
    }

    /// Its file.
    pub fn path(&self, workspace: &Workspace) -> PathBuf {
        let name = format!("{}-{}.csv", self.machine.date, slug(&self.machine.cpu));
        workspace.root().join("benchmarks/record").join(name)
    }

    /// Adds rows to the file, which gets its heading with the first.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(&self, workspace: &Workspace, rows: &[Row]) -> Result<()> {
        let path = self.path(workspace);
        let text: String = rows.iter().map(|row| self.line(row)).collect();
        append(&path, HEADING, &text).with_context(|| format!("{}: cannot write it", path.display()))
    }

    fn line(&self, row: &Row) -> String {
        let Machine { date, cpu, commit } = &self.machine;
        let Row { workload, engine, version, isa, threads, way, repeats, .. } = row;
        let (median, minimum) = (row.median * 1e3, row.minimum * 1e3);
        format!(
            "{date},{cpu},{commit},{workload},{engine},{version},{isa},{threads},{way},{repeats},\
             {median:.4},{minimum:.4},{:.2}\n",
            row.ratio
        )
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (median, minimum) = (self.median * 1e3, self.minimum * 1e3);
        let name = format!("{} {}", self.engine, self.way);
        write!(f, "{name:<24} median {median:>9.3} ms  minimum {minimum:>9.3} ms  {:>7.2} ×", self.ratio)
    }
}

/// Adds rows to the end of a file, which is made with `heading` if it is not there.
///
/// # Errors
/// The file cannot be written.
pub fn append(path: &Path, heading: &str, rows: &str) -> std::io::Result<()> {
    let heading = if path.exists() { "" } else { heading };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().create(true).append(true).open(path)?.write_all(format!("{heading}{rows}").as_bytes())
}

/// Letters and digits in lower case, other characters as single dashes.
pub fn slug(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|character: char| !character.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests;
