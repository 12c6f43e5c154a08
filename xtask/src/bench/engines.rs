//! Building and starting the engines.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::peer::Peer;
use super::workload::{Job, Workload};
use crate::environment;
use crate::process;
use crate::workspace::Workspace;

/// The programs that speak the protocol of `benchmarks/README.md`.
pub struct Engines {
    gatewise: PathBuf,
    keras: Script,
    torch: Option<Script>,
}

/// A peer in Python: the environment with what it needs, and its file.
struct Script {
    python: PathBuf,
    file: PathBuf,
}

impl Engines {
    /// Builds Gatewise's program for release and the Python environments of the peers.
    ///
    /// # Errors
    /// A build or an installation fails.
    pub fn prepare(workspace: &Workspace, with_torch: bool) -> Result<Self> {
        let words = ["build", "--locked", "--release", "--package", "gatewise", "--example", "bench_lstm"];
        process::run(&mut workspace.cargo(&words))?;
        let program = format!("release/examples/bench_lstm{}", std::env::consts::EXE_SUFFIX);
        let torch = || Script::prepare(workspace, "torch_lstm.py", "requirements-torch.txt");
        Ok(Self {
            gatewise: workspace.target().join(program),
            keras: Script::prepare(workspace, "keras_lstm.py", "requirements.txt")?,
            torch: with_torch.then(torch).transpose()?,
        })
    }

    /// Writes the problem and starts every engine on it, Gatewise first; each has answered on return.
    ///
    /// # Errors
    /// The problem cannot be written, or an engine does not get ready.
    pub fn start(&self, workload: &Workload, folder: &Path) -> Result<Vec<Peer>> {
        process::run(Command::new(&self.gatewise).arg("make").arg(folder).arg(&workload.line))?;
        let (own_ways, keras_ways, torch_way): (&[&'static str], &[&'static str], _) = match workload.job {
            Job::Train => (&["train_on_batch"], &["train_on_batch", "fit"], "step"),
            Job::Predict => (&["predict", "runner"], &["predict_on_batch", "call", "function"], "call"),
        };
        let mut peers = Vec::new();
        for way in own_ways {
            let mut own = Command::new(&self.gatewise);
            own.arg("serve");
            peers.push(Peer::start(own, "gatewise", way, workload, folder)?);
        }
        for way in keras_ways {
            peers.push(Peer::start(self.keras.command(), "keras", way, workload, folder)?);
        }
        // PyTorch has no recurrent dropout.
        if let Some(torch) = self.torch.as_ref().filter(|_| !workload.has_dropout) {
            peers.push(Peer::start(torch.command(), "torch", torch_way, workload, folder)?);
        }
        Ok(peers)
    }
}

impl Script {
    fn prepare(workspace: &Workspace, file: &str, requirements: &str) -> Result<Self> {
        let peers = workspace.root().join("benchmarks/peers");
        let python = environment::prepare(workspace, &peers.join(requirements))?;
        Ok(Self { python, file: peers.join(file) })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.python);
        // The repository stays as it is: Python's compiled files would land beside the sources.
        command.arg("-B").arg(&self.file);
        command
    }
}
