//! `cargo xtask footprint`: size and memory of the command-line program, and of Keras doing the same job.
//!
//! Both predict the same samples with the same file first, and have to agree. Then processes that predict, and ones that
//! only import TensorFlow, take turns.

mod process_peak;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::arguments::KerasFilesOptions;
use crate::environment;
use crate::measured;
use crate::process;
use crate::workspace::Workspace;
use process_peak::{Peak, peak};

const HEADING: &str =
    "program,job,installed_mb,installed_stripped_mb,rounds,process_median_ms,peak_median_mb";

/// Processes of each job.
const ROUNDS: usize = 7;

/// Largest difference of two predictions that count as the same.
const TOLERANCE: f64 = 1e-5;

/// The model that is loaded: two LSTM layers and a Dense, as Keras has saved them.
const MODEL: &str = "fixtures/files/stacked.keras";

/// A program that does a job.
struct Job {
    program: &'static str,
    name: &'static str,
    words: Vec<PathBuf>,
    /// Bytes that the program takes on the disk, and without its symbols.
    installed: [Option<u64>; 2],
}

/// Measures, prints a table and appends it to the record of this day and CPU.
///
/// # Errors
/// A program cannot be built or started or fails, or the predictions differ.
pub fn run(workspace: &Workspace, options: &KerasFilesOptions) -> Result<()> {
    process::run(&mut workspace.cargo(&["build", "--locked", "--release", "--package", "gatewise-cli"]))?;
    let peers = workspace.root().join("benchmarks/peers");
    let python = match &options.python {
        Some(python) => python.clone(),
        None => environment::prepare(workspace, &peers.join("requirements.txt"))?,
    };
    let peer = Peer { python, script: peers.join("keras_footprint.py") };
    let folder = workspace.empty_folder("footprint")?;
    let files = Files {
        model: workspace.root().join(MODEL),
        x: folder.join("x.npy"),
        own: folder.join("own.npy"),
        keras: folder.join("keras.npy"),
    };
    process::run(&mut peer.command("data", &[&files.model, &files.x]))?;
    let jobs = jobs(workspace, &peer, &files, &folder)?;
    let peaks = take_turns(&jobs)?;
    check(&peer, &files)?;
    let rows: Vec<String> = jobs.iter().zip(&peaks).map(|(job, peaks)| row(job, peaks)).collect();
    println!("\n{HEADING}\n{}", rows.join("\n"));
    let path = measured::append(workspace, "footprint", HEADING, &rows)?;
    println!("\nrecorded in {}", path.display());
    Ok(())
}

/// Where the jobs read and write.
struct Files {
    model: PathBuf,
    x: PathBuf,
    own: PathBuf,
    keras: PathBuf,
}

/// The script of Keras.
struct Peer {
    python: PathBuf,
    script: PathBuf,
}

impl Peer {
    fn words(&self, command: &str, paths: &[&Path]) -> Vec<PathBuf> {
        let mut words = vec![self.python.clone(), "-B".into(), self.script.clone(), command.into()];
        words.extend(paths.iter().map(|path| path.to_path_buf()));
        words
    }

    fn command(&self, command: &str, paths: &[&Path]) -> Command {
        let words = self.words(command, paths);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        command
    }

    fn number(&self, command: &str, paths: &[&Path]) -> Result<f64> {
        let said = process::output(&mut self.command(command, paths))?;
        said.trim().parse().with_context(|| format!("Keras wrote `{said}`, expected a number"))
    }
}

fn jobs(workspace: &Workspace, peer: &Peer, files: &Files, folder: &Path) -> Result<[Job; 4]> {
    let own = workspace.target().join(format!("release/gatewise{}", std::env::consts::EXE_SUFFIX));
    let size = |path: &Path| Ok(path.metadata().with_context(|| path.display().to_string())?.len());
    let stripped = folder.join("stripped");
    // Whoever can link has binutils, but perhaps under another name.
    let is_stripped = process::run(Command::new("strip").arg("-o").arg(&stripped).arg(&own));
    let stripped = is_stripped.and_then(|()| size(&stripped)).ok();
    let Files { model, x, own: own_y, keras: keras_y } = files;
    let mut predict: Vec<PathBuf> = vec![own.clone(), "predict".into(), model.clone()];
    predict.extend(["--input".into(), x.clone(), "--output".into(), own_y.clone()]);
    let packages = Some(peer.number("size", &[])? as u64);
    let python = |name, command, paths: &[&Path], installed| Job {
        program: "keras",
        name,
        words: peer.words(command, paths),
        installed: [installed, None],
    };
    Ok([
        Job {
            program: "gatewise",
            name: "predict",
            words: predict,
            installed: [Some(size(&own)?), stripped],
        },
        python("start Python", "nothing", &[], None),
        python("import tensorflow", "import", &[], packages),
        python("predict", "predict", &[model, x, keras_y], packages),
    ])
}

/// Runs every job so often, each round beginning with another one.
fn take_turns(jobs: &[Job]) -> Result<Vec<Vec<Peak>>> {
    let mut peaks: Vec<Vec<Peak>> = jobs.iter().map(|_| Vec::new()).collect();
    for round in 0..ROUNDS {
        for turn in 0..jobs.len() {
            let which = (round + turn) % jobs.len();
            let job = &jobs[which];
            let mut command = Command::new(&job.words[0]);
            let found = peak(command.args(&job.words[1..]));
            peaks[which].push(found.with_context(|| format!("{}: {}", job.program, job.name))?);
        }
    }
    Ok(peaks)
}

fn check(peer: &Peer, files: &Files) -> Result<()> {
    let difference = peer.number("difference", &[&files.own, &files.keras])?;
    // A NaN is within no tolerance.
    ensure!(difference <= TOLERANCE, "the predictions differ by {difference}");
    println!("the predictions agree within {difference:e}");
    Ok(())
}

fn row(job: &Job, peaks: &[Peak]) -> String {
    let median = |of: fn(&Peak) -> f64| {
        let mut numbers: Vec<f64> = peaks.iter().map(of).collect();
        numbers.sort_by(f64::total_cmp);
        numbers[numbers.len() / 2]
    };
    let megabytes =
        |bytes: Option<u64>| bytes.map_or_else(|| "-".into(), |bytes| format!("{:.2}", bytes as f64 / 1e6));
    let [installed, stripped] = job.installed.map(megabytes);
    let (seconds, bytes) = (median(|peak| peak.seconds), median(|peak| peak.bytes as f64));
    format!(
        "{},{},{installed},{stripped},{},{:.1},{:.1}",
        job.program,
        job.name,
        peaks.len(),
        seconds * 1e3,
        bytes / 1e6
    )
}
