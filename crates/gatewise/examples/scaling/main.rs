//! How time and memory of an LSTM grow with its sizes, for `cargo xtask scaling`.
//!
//! One size of a small layer is changed at a time; the model is the layer and a `Dense` of one unit, trained by Adam. A line
//! for each size and number of threads goes to standard output, with commas between its fields (see [`HEADING`]).
//!
//! ```text
//! cargo run --release --example scaling                     all sizes, 0.5 s for each time
//! cargo run --release --example scaling -- 0.1 steps        those with other numbers of steps, 0.1 s for each time
//! ```

#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

#[path = "../common/instruction_set.rs"]
mod instruction_set;
#[path = "../common/turns.rs"]
mod turns;

use std::time::Duration;

use allocation_counter::measure;
use gatewise::layers::{Dense, Input, Lstm};
use gatewise::ndarray::ArrayD;
use gatewise::random::{RandomKey, normal_into};
use gatewise::{Compile, Sequential};
use instruction_set::instruction_set;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The names of the fields of a line. `train_bytes` are the most that the first step of training allocates at a time.
const HEADING: &str = "isa,threads,varied,batch,steps,features,units,predict_ms,train_ms,predict_gflops,train_gflops,train_bytes";

/// Seconds for one time where nothing is said.
const PATIENCE: f64 = 0.5;

const THREADS: [usize; 2] = [1, 2];

#[derive(Clone, Copy)]
struct Sizes {
    batch: usize,
    steps: usize,
    features: usize,
    units: usize,
}

const BASE: Sizes = Sizes { batch: 32, steps: 100, features: 8, units: 64 };

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let seconds = words.next().map_or(Ok(PATIENCE), |word| word.parse())?;
    let patience = Duration::try_from_secs_f64(seconds)?;
    let varied = words.next().unwrap_or_default();
    println!("{HEADING}");
    let chosen: Vec<_> = sizes().into_iter().filter(|(name, _)| name.contains(&varied)).collect();
    if chosen.is_empty() {
        return Err(format!("`{varied}` is none of batch, steps, features and units").into());
    }
    for (name, sizes) in chosen {
        for threads in THREADS {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
            // The library uses the pool that it is called from.
            let line = pool.install(|| line(sizes, patience))?;
            println!("{},{threads},{name},{line}", instruction_set()?);
        }
    }
    Ok(())
}

/// What is varied, and the sizes then.
fn sizes() -> Vec<(&'static str, Sizes)> {
    let mut list = Vec::new();
    list.extend([1, 2, 4, 8, 16, 32, 64, 128, 256].map(|batch| ("batch", Sizes { batch, ..BASE })));
    list.extend([16, 32, 64, 128, 256, 512].map(|units| ("units", Sizes { units, ..BASE })));
    list.extend([10, 30, 100, 300, 1000].map(|steps| ("steps", Sizes { steps, ..BASE })));
    list.extend([1, 4, 16, 64, 256].map(|features| ("features", Sizes { features, ..BASE })));
    list
}

/// The sizes, times and memory as fields.
fn line(sizes: Sizes, patience: Duration) -> Result<String> {
    let Sizes { batch, steps, features, units } = sizes;
    let mut model = Sequential::new().with_seed(7);
    model.add(Input::new([Some(steps), Some(features)]))?.add(Lstm::new(units))?.add(Dense::new(1))?;
    model.compile(Compile::new("adam", "mse"))?;
    let (x, y) = (normal(1, &[batch, steps, features]), normal(2, &[batch, 1]));
    let mut first = Ok(());
    let info = measure(|| first = train(&mut model, &x, &y));
    first?;
    let [predict] = turns::medians(patience, [&mut || predict(&model, &x)])?;
    let [train] = turns::medians(patience, [&mut || train(&mut model, &x, &y)])?;
    let [predict_gflops, train_gflops] = [sizes.predict_flops() / predict, sizes.train_flops() / train];
    Ok(format!(
        "{batch},{steps},{features},{units},{:.4},{:.4},{:.1},{:.1},{}",
        predict * 1e3,
        train * 1e3,
        predict_gflops / 1e9,
        train_gflops / 1e9,
        info.bytes_max
    ))
}

fn predict(model: &Sequential, x: &ArrayD<f32>) -> Result<()> {
    let y = model.predict_on_batch(x)?;
    if y[0].iter().all(|y| y.is_finite()) { Ok(()) } else { Err("the prediction is not finite".into()) }
}

fn train(model: &mut Sequential, x: &ArrayD<f32>, y: &ArrayD<f32>) -> Result<()> {
    let logs = model.train_on_batch(x, y)?;
    let loss = *logs.get("loss").ok_or("`train_on_batch` gives the loss")?;
    if loss.is_finite() { Ok(()) } else { Err("the loss is not finite".into()) }
}

impl Sizes {
    /// Multiplications and additions of the products in the layer.
    fn predict_flops(self) -> f64 {
        let Self { batch, steps, features, units } = self;
        (8 * batch * steps * units * (features + units)) as f64
    }

    /// The same of a training step: the gradients of the weights cost a forward pass, those of the states the recurrent half
    /// of one, and those of the inputs are not wanted.
    fn train_flops(self) -> f64 {
        let Self { batch, steps, units, .. } = self;
        2.0 * self.predict_flops() + (8 * batch * steps * units * units) as f64
    }
}

fn normal(stream: u64, dims: &[usize]) -> ArrayD<f32> {
    let mut values = vec![0.0; dims.iter().product()];
    normal_into(RandomKey { seed: 20_260_101, stream, step: 0 }, 0, &mut values);
    ArrayD::from_shape_vec(dims, values).expect("there is a number for each element")
}
