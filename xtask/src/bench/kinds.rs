//! The peers that there are: how each is run, in which ways it is asked, and what it cannot do.

use anyhow::{Result, bail};

use super::workload::{Form, Job, Workload};
use crate::arguments::Peers;

/// A peer.
#[derive(Debug)]
pub struct Kind {
    /// Its name on the command line and in the record.
    pub name: &'static str,
    /// What is started.
    pub program: Program,
    /// Whether it reads `model.onnx`, which one environment of Python writes for all that do.
    pub reads_onnx: bool,
    /// The ways in which a training, a prediction and a step of a stream are asked for.
    train: Ways,
    predict: Ways,
    stream: Ways,
    /// What it lacks for a job.
    lacks: fn(&Workload) -> Option<&'static str>,
}

type Ways = &'static [&'static str];

/// What is started for a peer.
#[derive(Debug)]
pub enum Program {
    /// A script of `benchmarks/peers` in an environment with what a requirements file beside it names.
    Python {
        /// The script, and the words before FOLDER.
        file: &'static str,
        /// The first word that the script is given, if any.
        word: Option<&'static str>,
        /// The requirements.
        requirements: &'static str,
    },
    /// A crate of `benchmarks/peers/rust`.
    Rust {
        /// The name of the package, which is that of its program.
        package: &'static str,
    },
}

/// The requirements of what exports ONNX models.
pub const ONNX_REQUIREMENTS: &str = "requirements-onnx.txt";

/// The requirements of PyTorch.
const TORCH_REQUIREMENTS: &str = "requirements-torch.txt";

/// Every peer, in the order of the record.
pub const KINDS: [Kind; 9] = [
    Kind {
        name: "keras-tensorflow",
        program: python("keras_lstm.py", Some("tensorflow"), "requirements.txt"),
        reads_onnx: false,
        train: &["train_on_batch", "fit"],
        predict: &["predict_on_batch", "call", "function"],
        stream: &["predict_on_batch", "call", "function"],
        lacks: nothing,
    },
    Kind {
        name: "keras-jax",
        program: python("keras_lstm.py", Some("jax"), "requirements-jax.txt"),
        reads_onnx: false,
        train: &["train_on_batch", "fit"],
        predict: &["predict_on_batch", "function"],
        // On JAX a compiled stateful layer forgets its state.
        stream: &["function"],
        lacks: nothing,
    },
    Kind {
        name: "torch",
        program: python("torch_lstm.py", None, TORCH_REQUIREMENTS),
        reads_onnx: false,
        train: &["step"],
        predict: &["call"],
        stream: &["call"],
        lacks: recurrent_dropout,
    },
    Kind {
        name: "onnxruntime",
        program: python("onnxruntime_lstm.py", None, ONNX_REQUIREMENTS),
        reads_onnx: true,
        train: &[],
        predict: &["run"],
        stream: &["run"],
        lacks: training,
    },
    rust("burn", "peer-burn", false, recurrent_dropout),
    rust("candle", "peer-candle", false, recurrent_dropout),
    rust("rten", "peer-rten", true, training),
    rust("tract", "peer-tract", true, training),
    rust("rust-lstm", "peer-rust-lstm", false, state_gradient),
];

const fn python(file: &'static str, word: Option<&'static str>, requirements: &'static str) -> Program {
    Program::Python { file, word, requirements }
}

const fn rust(
    name: &'static str,
    package: &'static str,
    reads_onnx: bool,
    lacks: fn(&Workload) -> Option<&'static str>,
) -> Kind {
    let program = Program::Rust { package };
    Kind { name, program, reads_onnx, train: &["step"], predict: &["call"], stream: &["call"], lacks }
}

fn nothing(_: &Workload) -> Option<&'static str> {
    None
}

fn training(workload: &Workload) -> Option<&'static str> {
    (workload.job == Job::Train).then_some("it only predicts")
}

fn recurrent_dropout(workload: &Workload) -> Option<&'static str> {
    workload.has_dropout.then_some("no recurrent dropout")
}

fn state_gradient(workload: &Workload) -> Option<&'static str> {
    (workload.form == Form::Translation).then_some("no gradient of an initial state")
}

impl Kind {
    /// Why it sits a workload out; nothing if it takes part.
    pub fn lacks(&self, workload: &Workload) -> Option<&'static str> {
        (self.lacks)(workload)
    }

    /// The ways in which it is asked for a job.
    pub fn ways(&self, workload: &Workload) -> Ways {
        match (workload.job, workload.form) {
            (Job::Train, _) => self.train,
            (Job::Predict, Form::Stream) => self.stream,
            (Job::Predict, _) => self.predict,
        }
    }
}

/// The peers that a command line asks for, in the order of [`KINDS`].
///
/// # Errors
/// A name is none of theirs.
pub fn choose(peers: &Peers) -> Result<Vec<&'static Kind>> {
    let (Peers::Only(names) | Peers::Without(names)) = peers;
    for name in names {
        if !KINDS.iter().any(|kind| kind.name == name) {
            let known = KINDS.map(|kind| kind.name).join(", ");
            bail!("no peer `{name}`; there are {known}");
        }
    }
    let wanted = matches!(peers, Peers::Only(_));
    Ok(KINDS.iter().filter(|kind| names.iter().any(|name| name == kind.name) == wanted).collect())
}

#[cfg(test)]
mod tests;
