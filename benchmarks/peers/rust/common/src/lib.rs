//! What every peer in Rust shares: the workload, the numbers to start from, and the talk with the bench.
//!
//! `benchmarks/README.md` has the protocol. A peer makes its model ready as a [`Job`] and hands it to [`run`].

use std::io::{BufRead, Write, stdin, stdout};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};

mod problem;
mod workload;

pub use problem::{Array, Problem};
pub use workload::{Form, Workload};

/// Of Adam, in every training.
pub const LEARNING_RATE: f64 = 1e-3;

/// Training steps whose losses belong to the answer.
const TRAINING_STEPS: usize = 3;

/// Steps of a stream whose outputs belong to the answer.
const STREAM_STEPS: usize = 3;

/// Steps of a stream that are timed together: one alone is hardly longer than a look at the clock.
const STREAM_BLOCK: usize = 32;

/// A model with its data.
pub trait Job {
    /// The outputs for the problem's inputs, row-major. A stream goes on from the state that it has.
    ///
    /// # Errors
    /// The peer fails.
    fn predict(&mut self) -> Result<Vec<f32>>;

    /// One step of training, and its loss.
    ///
    /// # Errors
    /// The peer fails, or does not train.
    fn train(&mut self) -> Result<f64> {
        bail!("it only predicts")
    }

    /// Sets the epsilon of Adam, which is added after the bias correction, for the steps to come. A peer that cannot
    /// change it takes [`EPSILON`] from the start.
    ///
    /// # Errors
    /// The peer fails.
    fn set_epsilon(&mut self, _epsilon: f64) -> Result<()> {
        Ok(())
    }
}

/// An epsilon for the steps that are timed, about that of Keras in the second step: see [`keras_epsilon`].
pub const EPSILON: f64 = 2.236e-6;

/// Keras's epsilon as others count it in step `count`, from 1: Keras adds it before the bias correction of v.
pub fn keras_epsilon(count: usize) -> f64 {
    1e-7 / (1.0 - 0.999f64.powi(count as i32)).sqrt()
}

/// Reads the words of the command line, has the job made, answers and serves until standard input ends. `version` is the
/// peer as it calls itself, `threads` those that it computes on.
///
/// # Errors
/// A word or file is wrong, or the job fails.
pub fn run<J: Job>(
    version: &str,
    threads: usize,
    make: impl FnOnce(&Workload, &Problem, &Path) -> Result<J>,
) -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [folder, _, answer, line] = &words[..] else {
        bail!("expected `FOLDER WAY ANSWER WORKLOAD`");
    };
    let (folder, workload) = (Path::new(folder), Workload::parse(line)?);
    let problem = Problem::read(folder)?;
    let mut job = make(&workload, &problem, folder)?;
    let numbers = answers(&mut job, &workload)?;
    let lines: String = numbers.iter().map(|number| format!("{number}\n")).collect();
    std::fs::write(answer, lines).with_context(|| answer.clone())?;
    println!("ready\t{version}\t-\t{threads}");
    stdout().flush()?;
    for line in stdin().lock().lines() {
        let seconds = seconds(&mut job, &workload, line?.trim().parse()?)?;
        println!("{}", seconds.iter().map(f64::to_string).collect::<Vec<_>>().join(" "));
        stdout().flush()?;
    }
    Ok(())
}

/// All cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The prediction, the losses of the first training steps, and the prediction after them; of a stream the outputs
/// of its first steps.
fn answers(job: &mut impl Job, workload: &Workload) -> Result<Vec<f64>> {
    let mut numbers = Vec::new();
    let predict = |job: &mut dyn Job, numbers: &mut Vec<f64>| -> Result<()> {
        numbers.extend(job.predict()?.into_iter().map(f64::from));
        Ok(())
    };
    for _ in 0..if workload.form == Form::Stream { STREAM_STEPS } else { 1 } {
        predict(job, &mut numbers)?;
    }
    if workload.trains && !workload.draws() {
        for count in 1..=TRAINING_STEPS {
            job.set_epsilon(keras_epsilon(count))?;
            numbers.push(job.train()?);
        }
        predict(job, &mut numbers)?;
    }
    Ok(numbers)
}

fn seconds(job: &mut impl Job, workload: &Workload, count: usize) -> Result<Vec<f64>> {
    let block = if workload.form == Form::Stream { STREAM_BLOCK } else { 1 };
    let mut seconds = Vec::new();
    for _ in 0..count.div_ceil(block) {
        let start = Instant::now();
        for _ in 0..block {
            if workload.trains {
                job.train()?;
            } else {
                job.predict()?;
            }
        }
        seconds.push(start.elapsed().as_secs_f64() / block as f64);
    }
    Ok(seconds)
}
