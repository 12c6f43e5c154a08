//! Gatewise in `cargo xtask bench-load`: writes a model of about 50 MB, loads it and says what that took.
//!
//! ```text
//! cargo run --release --example load_model -- write FILE     an LSTM of two layers
//! cargo run --release --example load_model -- load FILE      prints seconds, and the peak of memory in KiB
//! cargo run --release --example load_model -- answer FILE    prints its prediction
//! ```

#![allow(clippy::print_stdout, reason = "an example talks on its standard output")]

use std::path::Path;
use std::time::Instant;

use gatewise::layers::{Dense, Input, Lstm};
use gatewise::{Model, Sequential};
use ndarray::Array3;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const FEATURES: usize = 64;
const UNITS: usize = 1024;
const STEPS: usize = 8;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", path] => write(Path::new(path)),
        ["load", path] => load(Path::new(path)),
        ["answer", path] => answer(Path::new(path)),
        [] => {
            println!("give `write FILE`, `load FILE` or `answer FILE`, as `cargo xtask bench-load` does");
            Ok(())
        }
        _ => Err("expected `write FILE`, `load FILE` or `answer FILE`".into()),
    }
}

fn write(path: &Path) -> Result<()> {
    let mut model = Sequential::new().with_seed(7);
    model.add(Input::new([Some(STEPS), Some(FEATURES)]))?;
    model.add(Lstm::new(UNITS).return_sequences(true))?.add(Lstm::new(UNITS))?.add(Dense::new(4))?;
    Ok(model.save(path)?)
}

fn load(path: &Path) -> Result<()> {
    let start = Instant::now();
    let _model = Model::load(path)?;
    println!("{} {}", start.elapsed().as_secs_f64(), peak()?);
    Ok(())
}

fn answer(path: &Path) -> Result<()> {
    let x = Array3::from_shape_fn((2, STEPS, FEATURES), |(i, j, k)| {
        let index = (i * STEPS + j) * FEATURES + k;
        (index * 7 % 13) as f32 / 13.0
    });
    let y = Model::load(path)?.predict(&x.into_dyn())?;
    let numbers: Vec<String> = y.iter().map(|number| format!("{number:e}")).collect();
    println!("{}", numbers.join(" "));
    Ok(())
}

/// Most memory that this process has had, in KiB, as Linux counts it.
fn peak() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak of memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
