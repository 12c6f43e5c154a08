//! One running engine, and the talk with it.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::rest;
use super::turn::Turn;
use super::workload::Workload;

/// A started engine that has written its answer and rests until it is on turn.
pub struct Peer {
    /// Its name.
    pub engine: &'static str,
    /// The function of it that is timed.
    pub way: &'static str,
    /// Its version, as it tells it.
    pub version: String,
    /// The instruction set that it chose, `-` if it does not tell.
    pub isa: String,
    /// Threads that it computes on, as it tells it.
    pub threads: String,
    /// The file with its answer.
    pub answer: PathBuf,
    child: Child,
    /// Absent once the engine was told that no more counts come.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Peer {
    /// Starts `command FOLDER WAY ANSWER WORKLOAD` and waits until it is ready, from when on it rests.
    ///
    /// # Errors
    /// It cannot be started or ends without having got ready; the error names the file with what it said.
    pub fn start(
        mut command: Command,
        engine: &'static str,
        way: &'static str,
        workload: &Workload,
        folder: &Path,
    ) -> Result<Self> {
        let answer = folder.join(format!("answer-{engine}-{way}.txt"));
        let log = folder.join(format!("log-{engine}-{way}.txt"));
        let said = File::create(&log).with_context(|| format!("{}: cannot make it", log.display()))?;
        command.arg(folder).arg(way).arg(&answer).arg(&workload.line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(said);
        rest::set_apart(&mut command);
        let mut child = command.spawn().with_context(|| format!("{engine} cannot be started"))?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let (version, isa, threads) = Default::default();
        let mut peer = Self { engine, way, version, isa, threads, answer, child, input, output, log };
        peer.wait_until_ready()?;
        rest::stop(&peer.child)?;
        Ok(peer)
    }

    /// Wakes the engine for one turn and returns the seconds of each timed repeat.
    ///
    /// # Errors
    /// The engine ended, or wrote something that is not a list of times.
    pub fn take(&mut self, turn: Turn) -> Result<Vec<f64>> {
        rest::wake(&self.child)?;
        if turn.warm_up > 0 {
            self.repeat(turn.warm_up)?;
        }
        let seconds = self.repeat(turn.timed)?;
        rest::stop(&self.child)?;
        Ok(seconds)
    }

    /// Has the engine repeat its job and returns the seconds of each repeat.
    fn repeat(&mut self, count: usize) -> Result<Vec<f64>> {
        let input = self.input.as_mut().expect("it is open until the engine is dropped");
        writeln!(input, "{count}")
            .with_context(|| format!("{} ended, see {}", self.engine, self.log.display()))?;
        let line = self.line()?;
        let seconds = line.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>();
        let seconds = seconds.with_context(|| format!("{} wrote `{line}`, expected seconds", self.engine))?;
        ensure!(!seconds.is_empty(), "{} wrote no time", self.engine);
        Ok(seconds)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let line = self.line()?;
        let ["ready", version, isa, threads] = line.split('\t').collect::<Vec<_>>()[..] else {
            bail!("{} wrote `{line}`, expected `ready`, version, instruction set, threads", self.engine);
        };
        (self.version, self.isa, self.threads) = (version.to_owned(), isa.to_owned(), threads.to_owned());
        Ok(())
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line).with_context(|| format!("{} cannot be read", self.engine))?;
        ensure!(!line.is_empty(), "{} {} ended, see {}", self.engine, self.way, self.log.display());
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Peer {
    /// Ends the engine by closing its standard input.
    fn drop(&mut self) {
        self.input = None;
        // Nothing is left to be done if it was gone already.
        rest::end(&mut self.child).ok();
    }
}

#[cfg(all(test, unix))]
mod tests;
