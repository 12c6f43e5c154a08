//! Gatewise as an engine of `cargo xtask bench`: writes the problem that all engines start from, and is one of them.
//!
//! The protocol is in `benchmarks/README.md`. Without arguments it times two small jobs and prints what they take:
//! `cargo run --release --package gatewise --example bench_lstm`.

#![allow(clippy::print_stdout, reason = "it talks on its standard output")]

use std::io::{BufRead, Write, stdin, stdout};
use std::path::{Path, PathBuf};
use std::time::Instant;

use gatewise::layers::{Dense, Input, Lstm};
use gatewise::ndarray::ArrayD;
use gatewise::optimizers::Adam;
use gatewise::random::{RandomKey, normal_into};
use gatewise::{Compile, Predict, Runner, Sequential};
use gatewise_kernels::InstructionSet;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Training steps whose losses belong to the answer.
const TRAINING_STEPS: usize = 3;

/// Of the problem's weights and data.
const SEED: u64 = 20_260_101;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => demonstrate(),
        ["make", folder, line] => make(Path::new(folder), &Workload::parse(line)?),
        ["serve", folder, way, answer, line] => {
            serve(Path::new(folder), way, Path::new(answer), &Workload::parse(line)?)
        }
        _ => Err("expected `make FOLDER WORKLOAD` or `serve FOLDER WAY ANSWER WORKLOAD`".into()),
    }
}

/// One line of `benchmarks/workloads.csv`.
struct Workload {
    trains: bool,
    batch: usize,
    steps: usize,
    features: usize,
    /// Of each LSTM layer.
    units: Vec<usize>,
    dropout: f32,
    recurrent_dropout: f32,
}

impl Workload {
    fn parse(line: &str) -> Result<Self> {
        let fields: Vec<&str> = line.split(',').collect();
        let [_, job, batch, steps, features, units, dropout, recurrent_dropout] = fields[..] else {
            return Err(format!("workload `{line}` has {} fields, expected 8", fields.len()).into());
        };
        Ok(Self {
            trains: job == "train",
            batch: batch.parse()?,
            steps: steps.parse()?,
            features: features.parse()?,
            units: units.split('+').map(str::parse).collect::<std::result::Result<_, _>>()?,
            dropout: dropout.parse()?,
            recurrent_dropout: recurrent_dropout.parse()?,
        })
    }

    /// Whether random masks take part, so that no two engines train to the same numbers.
    fn draws(&self) -> bool {
        self.dropout > 0.0 || self.recurrent_dropout > 0.0
    }

    /// Inputs `[batch, steps, features]` and targets `[batch, 1]`, both normally distributed.
    fn data(&self) -> Result<(ArrayD<f32>, ArrayD<f32>)> {
        let x = normal(1, &[self.batch, self.steps, self.features])?;
        Ok((x, normal(2, &[self.batch, 1])?))
    }

    /// The compiled model with fresh weights.
    fn model(&self) -> Result<Sequential> {
        let mut model = Sequential::new().with_seed(SEED);
        model.add(Input::new([Some(self.steps), Some(self.features)]))?;
        for (index, units) in self.units.iter().enumerate() {
            let lstm = Lstm::new(*units).return_sequences(index + 1 < self.units.len());
            model.add(lstm.dropout(self.dropout).recurrent_dropout(self.recurrent_dropout))?;
        }
        model.add(Dense::new(1))?;
        model.compile(Compile::new(Adam::default(), "mse"))?;
        Ok(model)
    }

    /// The names that the problem gives to the weights, in the order of the model.
    fn weight_names(&self) -> Vec<String> {
        let of_lstm =
            |index| ["kernel", "recurrent_kernel", "bias"].map(|name| format!("lstm_{index}/{name}"));
        let dense = ["kernel", "bias"].map(|name| format!("dense/{name}"));
        (0..self.units.len()).flat_map(of_lstm).chain(dense).collect()
    }
}

fn normal(stream: u64, dims: &[usize]) -> Result<ArrayD<f32>> {
    let mut values = vec![0.0; dims.iter().product()];
    normal_into(RandomKey { seed: SEED, stream, step: 0 }, 0, &mut values);
    Ok(ArrayD::from_shape_vec(dims, values)?)
}

/// Writes weights, inputs and targets to `problem.safetensors`.
fn make(folder: &Path, workload: &Workload) -> Result<()> {
    let (x, y) = workload.data()?;
    let names = ["x", "y"].map(str::to_owned).into_iter().chain(workload.weight_names());
    let arrays = [x, y].into_iter().chain(workload.model()?.get_weights());
    let bytes = |array: &ArrayD<f32>| array.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let parts: Vec<_> =
        names.zip(arrays).map(|(name, array)| (name, array.shape().to_vec(), bytes(&array))).collect();
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
    let weights =
        workload.weight_names().iter().map(|name| read(&problem, name)).collect::<Result<Vec<_>>>()?;
    let mut job = Job::new(workload, weights, read(&problem, "x")?, read(&problem, "y")?)?;
    if way == "runner" {
        job.runner = Some(job.model.runner([job.x.shape()])?);
    }
    std::fs::write(answer, job.answer()?.iter().map(|number| format!("{number}\n")).collect::<String>())?;
    let (version, isa) = (env!("CARGO_PKG_VERSION"), InstructionSet::current().name());
    println!("ready\t{version}\t{isa}\t{}", threads()?);
    stdout().flush()?;
    for line in stdin().lock().lines() {
        let seconds = job.seconds(line?.trim().parse()?)?;
        println!("{}", seconds.iter().map(f64::to_string).collect::<Vec<_>>().join(" "));
        stdout().flush()?;
    }
    Ok(())
}

/// As the library chooses them: what `GATEWISE_THREADS` says, or all cores.
fn threads() -> Result<usize> {
    match std::env::var("GATEWISE_THREADS") {
        Ok(threads) => Ok(threads.parse()?),
        Err(_) => Ok(std::thread::available_parallelism()?.get()),
    }
}

/// A model with its data.
struct Job {
    model: Sequential,
    x: ArrayD<f32>,
    y: ArrayD<f32>,
    trains: bool,
    draws: bool,
    /// What predicts instead of the model, if it is there.
    runner: Option<Runner>,
}

impl Job {
    fn new(workload: &Workload, weights: Vec<ArrayD<f32>>, x: ArrayD<f32>, y: ArrayD<f32>) -> Result<Self> {
        let model = workload.model()?;
        model.set_weights(&weights)?;
        Ok(Self { model, x, y, trains: workload.trains, draws: workload.draws(), runner: None })
    }

    /// The prediction, the losses of the first training steps, and the prediction after them.
    fn answer(&mut self) -> Result<Vec<f32>> {
        let mut numbers = self.predict()?;
        if self.trains && !self.draws {
            for _ in 0..TRAINING_STEPS {
                numbers.push(self.train()?);
            }
            numbers.extend(self.predict()?);
        }
        Ok(numbers)
    }

    fn train(&mut self) -> Result<f32> {
        let logs = self.model.train_on_batch(&self.x, &self.y)?;
        Ok(*logs.get("loss").ok_or("`train_on_batch` gives the loss")? as f32)
    }

    /// All samples in one batch.
    fn predict(&mut self) -> Result<Vec<f32>> {
        if let Some(runner) = &mut self.runner {
            return Ok(runner.run(&[self.x.as_slice().ok_or("the data lies in order")?])?.to_vec());
        }
        let predict = Predict { batch_size: Some(self.x.shape()[0]), ..Predict::default() };
        Ok(self.model.predict_all(&self.x, predict)?.iter().flatten().copied().collect())
    }

    /// Does the job so often and returns the seconds of each.
    fn seconds(&mut self, count: usize) -> Result<Vec<f64>> {
        let mut seconds = Vec::with_capacity(count);
        for _ in 0..count {
            let start = Instant::now();
            if self.trains {
                self.train()?;
            } else {
                self.predict()?;
            }
            seconds.push(start.elapsed().as_secs_f64());
        }
        Ok(seconds)
    }
}

/// Times one prediction of a single sequence and one small training step.
fn demonstrate() -> Result<()> {
    for line in ["predict,predict,1,100,8,64,0,0", "train,train,32,100,8,64,0,0"] {
        let workload = Workload::parse(line)?;
        let (x, y) = workload.data()?;
        let mut job = Job::new(&workload, workload.model()?.get_weights(), x, y)?;
        let mut seconds = job.seconds(21)?;
        seconds.sort_by(f64::total_cmp);
        println!("{line}: median {:.3} ms, minimum {:.3} ms", seconds[10] * 1e3, seconds[0] * 1e3);
    }
    Ok(())
}
