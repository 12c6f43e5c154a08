//! What `fit` adds to the steps of a training, for `cargo xtask fit`.
//!
//! An epoch of batches that do not fit into the caches, in another order each time, with a progress bar and without. What `fit`
//! adds is what lies between the end of a batch and the beginning of the next one: the checks of the data, its order,
//! fetching the samples and the progress bar. A line for each training goes to standard output, with commas between its
//! fields (see [`HEADING`]).
//!
//! ```text
//! cargo run --release --example fit_cost
//! ```

#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

#[path = "../common/instruction_set.rs"]
mod instruction_set;
#[path = "../common/threads.rs"]
mod threads;

use std::time::{Duration, Instant};

use gatewise::callbacks::{Callback, Logs, ProgbarLogger, TrainingControl};
use gatewise::layers::{Dense, Input, Lstm};
use gatewise::ndarray::ArrayD;
use gatewise::random::{RandomKey, normal_into};
use gatewise::{Compile, Fit, Result, Sequential};
use instruction_set::instruction_set;
use threads::threads;

/// The names of the fields of a line. `step_ms` and `fit_ms` are those of a batch, `added` is per cent.
const HEADING: &str =
    "isa,threads,training,progress_bar,batch,steps,features,units,batches,step_ms,fit_ms,added,limit,holds";

/// The most that `fit` may add, in per cent.
const LIMIT: f64 = 3.0;

/// Epochs of which the median counts.
const EPOCHS: usize = 7;

struct Training {
    name: &'static str,
    batch: usize,
    steps: usize,
    features: usize,
    units: usize,
    batches: usize,
}

/// The forecast of `benchmarks/workloads.csv`, and steps that are about as short as any.
const TRAININGS: [Training; 2] = [
    Training { name: "forecast", batch: 32, steps: 100, features: 8, units: 64, batches: 300 },
    Training { name: "short", batch: 32, steps: 20, features: 8, units: 32, batches: 1500 },
];

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    println!("{HEADING}");
    let machine = format!("{},{}", instruction_set()?, threads()?);
    for training in &TRAININGS {
        for is_watched in [false, true] {
            println!("{machine},{}", training.line(is_watched)?);
        }
    }
    Ok(())
}

impl Training {
    /// Its sizes and times as fields.
    fn line(&self, is_watched: bool) -> Result<String> {
        let Self { name, batch, steps, features, units, batches } = self;
        let mut model = Sequential::new().with_seed(7);
        model.add(Input::new([Some(*steps), Some(*features)]))?.add(Lstm::new(*units))?.add(Dense::new(1))?;
        model.compile(Compile::new("adam", "mse"))?;
        let samples = batches * batch;
        let (x, y) = (normal(1, &[samples, *steps, *features]), normal(2, &[samples, 1]));
        let few = Fit { steps_per_epoch: Some(20), batch_size: Some(*batch), ..Fit::default() };
        model.fit(&x, &y, few)?;
        let epochs = (0..EPOCHS).map(|_| self.epoch(&mut model, &x, &y, is_watched));
        let mut epochs = epochs.collect::<Result<Vec<Epoch>>>()?;
        epochs.sort_by(|a, b| a.added().total_cmp(&b.added()));
        let Epoch { steps: own, whole } = epochs[EPOCHS / 2];
        let added = epochs[EPOCHS / 2].added();
        let of_a_batch = |seconds: f64| seconds * 1e3 / *batches as f64;
        Ok(format!(
            "{name},{},{batch},{steps},{features},{units},{batches},{:.4},{:.4},{added:.2},{LIMIT},{}",
            if is_watched { "yes" } else { "no" },
            of_a_batch(own),
            of_a_batch(whole),
            if added <= LIMIT { "yes" } else { "NO" }
        ))
    }

    fn epoch(
        &self,
        model: &mut Sequential,
        x: &ArrayD<f32>,
        y: &ArrayD<f32>,
        is_watched: bool,
    ) -> Result<Epoch> {
        let (mut steps, mut bar) = (Steps::default(), ProgbarLogger::terminal(std::io::sink()));
        let mut callbacks: Vec<&mut dyn Callback> = vec![&mut steps];
        if is_watched {
            callbacks.push(&mut bar);
        }
        let fit = Fit { callbacks, batch_size: Some(self.batch), ..Fit::default() };
        let start = Instant::now();
        model.fit(x, y, fit)?;
        let whole = start.elapsed().as_secs_f64();
        drop(bar);
        Ok(Epoch { steps: steps.sum.as_secs_f64(), whole })
    }
}

/// Seconds of an epoch.
#[derive(Clone, Copy)]
struct Epoch {
    /// The sum of its steps.
    steps: f64,
    whole: f64,
}

impl Epoch {
    /// What `fit` adds to the steps, in per cent.
    fn added(self) -> f64 {
        (self.whole / self.steps - 1.0) * 100.0
    }
}

/// The time between the beginnings and the ends of the batches.
#[derive(Default)]
struct Steps {
    begun: Option<Instant>,
    sum: Duration,
}

impl Callback for Steps {
    fn on_train_batch_begin(&mut self, _batch: usize, _control: &mut dyn TrainingControl) -> Result<()> {
        self.begun = Some(Instant::now());
        Ok(())
    }

    fn on_train_batch_end(&mut self, _: usize, _: &mut Logs, _: &mut dyn TrainingControl) -> Result<()> {
        self.sum += self.begun.map_or(Duration::ZERO, |begun| begun.elapsed());
        Ok(())
    }
}

fn normal(stream: u64, dims: &[usize]) -> ArrayD<f32> {
    let mut values = vec![0.0; dims.iter().product()];
    normal_into(RandomKey { seed: 7, stream, step: 0 }, 0, &mut values);
    ArrayD::from_shape_vec(dims, values).expect("as many numbers as the shape has")
}
