//! What came out, as rows of `benchmarks/record/<date>-<cpu>.csv`.

use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::machine::Machine;
use super::peer::Peer;
use super::workload::Workload;
use crate::workspace::Workspace;

/// The columns.
pub const HEADING: &str = "date,cpu,commit,workload,engine,version,isa,threads,way,repeats,median_ms,minimum_ms,ratio,\
                       gflops,peak_gflops,share,note\n";

/// Times of one engine on one workload.
pub struct Row {
    workload: String,
    engine: &'static str,
    version: String,
    isa: String,
    threads: String,
    way: &'static str,
    outcome: Outcome,
}

/// What a row tells.
enum Outcome {
    Times(Times),
    /// The engine sat the workload out, for this reason.
    Out(&'static str),
}

/// What was measured of an engine.
struct Times {
    repeats: usize,
    /// Seconds.
    median: f64,
    /// Seconds.
    minimum: f64,
    /// Its median by that of the first row, which is Gatewise.
    ratio: f64,
    /// Operations of the job by the median, per second.
    speed: f64,
    /// The most operations per second that the machine did in the same run.
    peak: f64,
}

/// Rows from the times of the engines, of which Gatewise is the first; `peak` in operations per second.
pub fn rows(workload: &Workload, peers: &[Peer], seconds: Vec<Vec<f64>>, peak: f64) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut own = None;
    for (peer, mut seconds) in peers.iter().zip(seconds) {
        let (median, minimum) = median_and_minimum(&mut seconds);
        let ratio = median / *own.get_or_insert(median);
        let speed = workload.flops() / median;
        rows.push(Row {
            workload: workload.name.clone(),
            engine: peer.engine,
            version: peer.version.clone(),
            isa: peer.isa.clone(),
            threads: peer.threads.clone(),
            way: peer.way,
            outcome: Outcome::Times(Times { repeats: seconds.len(), median, minimum, ratio, speed, peak }),
        });
    }
    rows
}

impl Row {
    /// The row of an engine that cannot do the job.
    pub fn sits_out(workload: &Workload, engine: &'static str, reason: &'static str) -> Self {
        let [version, isa, threads] = ["-", "-", "-"].map(str::to_owned);
        let workload = workload.name.clone();
        Self { workload, engine, version, isa, threads, way: "-", outcome: Outcome::Out(reason) }
    }
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
    path: PathBuf,
}

impl Record {
    /// A record of what is measured on this machine.
    pub fn new(workspace: &Workspace, machine: Machine) -> Self {
        let folder = workspace.root().join("benchmarks/record");
        let path = file(&folder, &format!("{}-{}", machine.date, slug(&machine.cpu)));
        Self { machine, path }
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds rows to the file, which gets its heading with the first.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(&self, rows: &[Row]) -> Result<()> {
        let text: String = rows.iter().map(|row| line(&self.machine, row)).collect();
        append(&self.path, HEADING, &text)
            .with_context(|| format!("{}: cannot write it", self.path.display()))
    }
}

/// The first of `<stem>.csv`, `<stem>-2.csv`, … that is not there yet or has the columns of today.
fn file(folder: &Path, stem: &str) -> PathBuf {
    let fits = |path: &PathBuf| std::fs::read_to_string(path).map_or(true, |text| text.starts_with(HEADING));
    let later = (2..).map(|number| folder.join(format!("{stem}-{number}.csv")));
    let mut paths = std::iter::once(folder.join(format!("{stem}.csv"))).chain(later);
    paths.find(fits).expect("the numbers do not end")
}

fn line(machine: &Machine, row: &Row) -> String {
    let Machine { date, cpu, commit } = machine;
    let Row { workload, engine, version, isa, threads, way, outcome } = row;
    let columns = match outcome {
        Outcome::Times(times) => format!(
            "{},{:.5},{:.5},{:.2},{:.2},{:.1},{:.3},",
            times.repeats,
            times.median * 1e3,
            times.minimum * 1e3,
            times.ratio,
            times.speed / 1e9,
            times.peak / 1e9,
            times.speed / times.peak
        ),
        Outcome::Out(reason) => format!("0,,,,,,,{reason}"),
    };
    format!("{date},{cpu},{commit},{workload},{engine},{version},{isa},{threads},{way},{columns}\n")
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{} {}", self.engine, self.way);
        match &self.outcome {
            Outcome::Times(times) => write!(
                f,
                "{name:<34} median {:>11.4} ms  minimum {:>11.4} ms  {:>8.2} ×  {:>7.1} GFLOP/s  {:>4.1} %",
                times.median * 1e3,
                times.minimum * 1e3,
                times.ratio,
                times.speed / 1e9,
                times.speed / times.peak * 100.0
            ),
            Outcome::Out(reason) => write!(f, "{name:<34} sits out: {reason}"),
        }
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
