//! Building and starting the engines.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::kinds::{Kind, ONNX_REQUIREMENTS, Program};
use super::peer::Peer;
use super::workload::{BFLOAT16, Form, Job, Workload};
use crate::environment;
use crate::process;
use crate::workspace::Workspace;

/// The programs that speak the protocol of `benchmarks/README.md`.
pub struct Engines {
    gatewise: PathBuf,
    peers: Vec<Ready>,
    /// What writes `model.onnx`, where a peer reads it.
    exporter: Option<Vec<PathBuf>>,
}

/// A peer that can be started.
struct Ready {
    kind: &'static Kind,
    /// The program and its first words.
    words: Vec<PathBuf>,
}

/// The engines on one workload.
pub struct Started {
    /// Gatewise's ways first, of which the first is what others are compared with.
    pub peers: Vec<Peer>,
    /// What measures the most that this machine can do.
    pub peak: Peer,
    /// Peers that sit the workload out, and why.
    pub out: Vec<(&'static str, &'static str)>,
}

impl Engines {
    /// Builds Gatewise's program for release, and the peers.
    ///
    /// # Errors
    /// A build or an installation fails; the error names the peer and how to leave it out.
    pub fn prepare(workspace: &Workspace, kinds: &[&'static Kind]) -> Result<Self> {
        let words = ["build", "--locked", "--release", "--package", "gatewise", "--example", "bench_lstm"];
        process::run(&mut workspace.cargo(&words))?;
        let program = format!("release/examples/bench_lstm{}", std::env::consts::EXE_SUFFIX);
        let mut peers = Vec::new();
        for kind in kinds {
            let words = prepare(workspace, kind).with_context(|| {
                format!("the peer {0} cannot be made ready; leave it out with `--without {0}`", kind.name)
            })?;
            peers.push(Ready { kind, words });
        }
        let exporter = || script(workspace, "onnx_export.py", ONNX_REQUIREMENTS);
        let exporter = kinds.iter().any(|kind| kind.reads_onnx).then(exporter).transpose()?;
        Ok(Self { gatewise: workspace.target().join(program), peers, exporter })
    }

    /// Writes the problem and starts every engine on it; each has answered on return.
    ///
    /// # Errors
    /// The problem cannot be written, or an engine does not get ready.
    pub fn start(&self, workload: &Workload, folder: &Path) -> Result<Started> {
        process::run(Command::new(&self.gatewise).arg("make").arg(folder).arg(&workload.line))?;
        if let Some(exporter) = self.exporter.as_ref().filter(|_| workload.job == Job::Predict) {
            process::run(command(exporter).arg(folder).arg(&workload.line))?;
        }
        let own = |way| {
            let mut own = Command::new(&self.gatewise);
            own.arg("serve");
            Peer::start(own, "gatewise", way, workload, folder)
        };
        let mut started = Started { peers: Vec::new(), peak: own("peak")?, out: Vec::new() };
        for way in own_ways(workload) {
            started.peers.push(own(way)?);
        }
        for peer in &self.peers {
            if let Some(lack) = peer.kind.lacks(workload) {
                started.out.push((peer.kind.name, lack));
                continue;
            }
            for way in peer.kind.ways(workload) {
                started.peers.push(Peer::start(command(&peer.words), peer.kind.name, way, workload, folder)?);
            }
        }
        Ok(started)
    }
}

/// The ways in which Gatewise is asked.
fn own_ways(workload: &Workload) -> &'static [&'static str] {
    match (workload.job, workload.form) {
        (Job::Train, _) => &["train_on_batch"],
        (Job::Predict, Form::Stream) => &["stepper", "predict"],
        (Job::Predict, _) if workload.waits_for_weights() => &["predict", "runner", BFLOAT16],
        (Job::Predict, _) => &["predict", "runner"],
    }
}

/// Installs or builds a peer; the words that start it.
fn prepare(workspace: &Workspace, kind: &Kind) -> Result<Vec<PathBuf>> {
    match kind.program {
        Program::Python { file, word, requirements } => {
            let mut words = script(workspace, file, requirements)?;
            words.extend(word.map(PathBuf::from));
            Ok(words)
        }
        Program::Rust { package } => build(workspace, package),
    }
}

/// A script in its environment.
fn script(workspace: &Workspace, file: &str, requirements: &str) -> Result<Vec<PathBuf>> {
    let peers = peers(workspace);
    let python = environment::prepare(workspace, &peers.join(requirements))?;
    // The repository stays as it is: Python's compiled files would land beside the sources.
    Ok(vec![python, "-B".into(), peers.join(file)])
}

/// Builds a package of `benchmarks/peers/rust`, in a build folder of its own.
fn build(workspace: &Workspace, package: &str) -> Result<Vec<PathBuf>> {
    let target = workspace.target().join("xtask/peers/rust");
    let mut cargo = workspace.cargo(&["build", "--locked", "--release", "--package", package]);
    cargo.current_dir(peers(workspace).join("rust")).env("CARGO_TARGET_DIR", &target);
    process::run(&mut cargo)?;
    Ok(vec![target.join("release").join(format!("{package}{}", std::env::consts::EXE_SUFFIX))])
}

fn peers(workspace: &Workspace) -> PathBuf {
    workspace.root().join("benchmarks/peers")
}

fn command(words: &[PathBuf]) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}
