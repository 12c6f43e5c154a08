//! Gatewise as an engine of `cargo xtask bench`: writes the problem that all engines start from, and is one of them.
//!
//! The protocol is in `benchmarks/README.md`. Without arguments it times two small jobs and prints what they take:
//! `cargo run --release --package gatewise --example bench_lstm`.

#![allow(clippy::print_stdout, reason = "it talks on its standard output")]

use std::io::{BufRead, Write, stdin, stdout};
use std::path::{Path, PathBuf};

use gatewise::ndarray::ArrayD;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

#[path = "common/instruction_set.rs"]
mod instruction_set;
#[path = "bench_lstm/job.rs"]
mod job;
#[path = "bench_lstm/peak.rs"]
mod peak;
#[path = "common/threads.rs"]
mod threads;
#[path = "bench_lstm/workload.rs"]
mod workload;

use instruction_set::instruction_set;
use job::Job;
use threads::threads;
use workload::Workload;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => demonstrate(),
        ["make", folder, line] => make(Path::new(folder), &Workload::parse(line)?),
        ["serve", _, "peak", answer, _] => serve_peak(Path::new(answer)),
        ["serve", folder, way, answer, line] => {
            serve(Path::new(folder), way, Path::new(answer), &Workload::parse(line)?)
        }
        _ => Err("expected `make FOLDER WORKLOAD` or `serve FOLDER WAY ANSWER WORKLOAD`".into()),
    }
}

/// Writes weights, inputs and targets to `problem.safetensors`.
fn make(folder: &Path, workload: &Workload) -> Result<()> {
    let weights = workload.weight_names().into_iter().zip(workload.model(false)?.get_weights());
    let bytes = |array: &ArrayD<f32>| array.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let parts: Vec<_> = (workload.data()?.into_iter().chain(weights))
        .map(|(name, array)| (name, array.shape().to_vec(), bytes(&array)))
        .collect();
    let mut views = Vec::new();
    for (name, shape, bytes) in &parts {
        views.push((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes)?));
    }
    safetensors::serialize_to_file(views, None, &problem(folder))?;
    Ok(())
}

fn problem(folder: &Path) -> PathBuf {
    folder.join("problem.safetensors")
}

fn read(problem: &SafeTensors<'_>, name: &str) -> Result<ArrayD<f32>> {
    let view = problem.tensor(name)?;
    let values =
        view.data().chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    Ok(ArrayD::from_shape_vec(view.shape(), values.collect())?)
}

/// Answers the problem, then repeats the job as often as standard input says.
fn serve(folder: &Path, way: &str, answer: &Path, workload: &Workload) -> Result<()> {
    let bytes = std::fs::read(problem(folder))?;
    let problem = SafeTensors::deserialize(&bytes)?;
    let all = |names: Vec<String>| names.iter().map(|name| read(&problem, name)).collect::<Result<Vec<_>>>();
    let data = all(workload.data()?.into_iter().map(|(name, _)| name).collect())?;
    let mut job = Job::new(workload, way, Some(&all(workload.weight_names())?), data)?;
    write_answer(answer, &job.answer()?)?;
    talk(|count| job.seconds(count))
}

/// Says how many operations one repeat has, then measures as often as standard input says how long they take.
fn serve_peak(answer: &Path) -> Result<()> {
    let threads = threads()?;
    write_answer(answer, &[peak::FLOPS_OF_A_THREAD as f64 * threads as f64])?;
    talk(|count| Ok(peak::seconds(threads, count)))
}

fn write_answer(path: &Path, numbers: &[impl ToString]) -> Result<()> {
    let lines: String = numbers.iter().map(|number| number.to_string() + "\n").collect();
    Ok(std::fs::write(path, lines)?)
}

/// Tells what this is, and answers every count with the seconds of its repeats.
fn talk(mut seconds: impl FnMut(usize) -> Result<Vec<f64>>) -> Result<()> {
    let (version, isa) = (env!("CARGO_PKG_VERSION"), instruction_set()?);
    println!("ready\t{version}\t{isa}\t{}", threads()?);
    stdout().flush()?;
    for line in stdin().lock().lines() {
        let seconds = seconds(line?.trim().parse()?)?;
        println!("{}", seconds.iter().map(f64::to_string).collect::<Vec<_>>().join(" "));
        stdout().flush()?;
    }
    Ok(())
}

/// Times one prediction of a single sequence and one small training step.
fn demonstrate() -> Result<()> {
    let lines = ["predict,predict,stacked,1,100,8,64,0,0", "train,train,stacked,32,100,8,64,0,0"];
    for (line, way) in lines.into_iter().zip(["predict", "train_on_batch"]) {
        let workload = Workload::parse(line)?;
        let data = workload.data()?.into_iter().map(|(_, array)| array).collect();
        let mut job = Job::new(&workload, way, None, data)?;
        let mut seconds = job.seconds(21)?;
        seconds.sort_by(f64::total_cmp);
        println!("{line}: median {:.3} ms, minimum {:.3} ms", seconds[10] * 1e3, seconds[0] * 1e3);
    }
    Ok(())
}
