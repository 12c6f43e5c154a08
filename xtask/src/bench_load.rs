//! `cargo xtask bench-load`: loading a model of about 50 MB, by Gatewise and by Keras.
//!
//! Both predict with the file first, and have to agree. Then processes that load it and end take turns.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::arguments::KerasFilesOptions;
use crate::bench::{Machine, append, slug};
use crate::environment;
use crate::process;
use crate::workspace::Workspace;

const HEADING: &str =
    "date,cpu,commit,file_mb,engine,rounds,process_median_ms,load_median_ms,load_minimum_ms,peak_median_mb\n";

/// Processes of each engine.
const ROUNDS: usize = 7;

/// Largest difference of two predictions that count as the same.
const TOLERANCE: f64 = 1e-5;

/// A program that loads the file.
struct Engine {
    name: &'static str,
    words: Vec<PathBuf>,
}

/// What one process took.
struct Turn {
    /// Seconds from its start to its end.
    process: f64,
    /// Seconds of the loading alone.
    load: f64,
    /// Most memory until the model was loaded, in MB.
    peak: f64,
}

/// Measures, prints a table and appends it to the record of this day and CPU.
///
/// # Errors
/// A program cannot be built or started or fails, or the predictions differ.
pub fn run(workspace: &Workspace, options: &KerasFilesOptions) -> Result<()> {
    let file = workspace.empty_folder("bench-load")?.join("model.keras");
    let engines = prepare(workspace, options)?;
    process::run(Command::new(&engines[0].words[0]).arg("write").arg(&file))?;
    let size = file.metadata().with_context(|| file.display().to_string())?.len() as f64 / 1e6;
    check(&engines, &file)?;
    let mut turns = [const { Vec::new() }; 2];
    for round in 0..ROUNDS {
        // Each round starts with the other engine.
        for which in [round % 2, (round + 1) % 2] {
            turns[which].push(engines[which].load(&file)?);
        }
    }
    let machine = Machine::look(workspace)?;
    let path =
        workspace.root().join(format!("benchmarks/record/{}-{}-load.csv", machine.date, slug(&machine.cpu)));
    println!("{HEADING}");
    for (engine, turns) in engines.iter().zip(&turns) {
        let Machine { date, cpu, commit } = &machine;
        let row = format!("{date},{cpu},{commit},{size:.1},{}", row(engine.name, turns));
        println!("{row}");
        append(&path, HEADING, &row).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

fn prepare(workspace: &Workspace, options: &KerasFilesOptions) -> Result<[Engine; 2]> {
    let words = ["build", "--locked", "--release", "--package", "gatewise", "--example", "load_model"];
    process::run(&mut workspace.cargo(&words))?;
    let program = format!("release/examples/load_model{}", std::env::consts::EXE_SUFFIX);
    let peers = workspace.root().join("benchmarks/peers");
    let python = match &options.python {
        Some(python) => python.clone(),
        None => environment::prepare(workspace, &peers.join("requirements.txt"))?,
    };
    let own = Engine { name: "gatewise", words: vec![workspace.target().join(program)] };
    let keras = Engine { name: "keras", words: vec![python, "-B".into(), peers.join("keras_load.py")] };
    Ok([own, keras])
}

impl Engine {
    fn ask(&self, command: &str, file: &Path) -> Result<Vec<f64>> {
        let mut program = Command::new(&self.words[0]);
        program.args(&self.words[1..]).arg(command).arg(file);
        let said = process::output(&mut program)?;
        let numbers = said.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>();
        numbers.with_context(|| format!("{} wrote `{said}`, expected numbers", self.name))
    }

    fn load(&self, file: &Path) -> Result<Turn> {
        let start = Instant::now();
        let numbers = self.ask("load", file)?;
        let process = start.elapsed().as_secs_f64();
        ensure!(numbers.len() == 2, "{} wrote {numbers:?}, expected seconds and KiB", self.name);
        Ok(Turn { process, load: numbers[0], peak: numbers[1] * 1024.0 / 1e6 })
    }
}

fn check([own, other]: &[Engine; 2], file: &Path) -> Result<()> {
    let (a, b) = (own.ask("answer", file)?, other.ask("answer", file)?);
    ensure!(!a.is_empty() && a.len() == b.len(), "{} and {} numbers are predicted", a.len(), b.len());
    for (a, b) in a.iter().zip(&b) {
        // A NaN is within no tolerance.
        ensure!((a - b).abs() <= TOLERANCE, "Gatewise predicts {a}, Keras {b}");
    }
    println!("{} predicted numbers agree within {TOLERANCE:e}", a.len());
    Ok(())
}

/// The last columns of a row.
fn row(name: &str, turns: &[Turn]) -> String {
    let sorted = |of: fn(&Turn) -> f64| {
        let mut numbers: Vec<f64> = turns.iter().map(of).collect();
        numbers.sort_by(f64::total_cmp);
        numbers
    };
    let [process, load, peak] = [|t: &Turn| t.process, |t: &Turn| t.load, |t: &Turn| t.peak].map(sorted);
    let middle = turns.len() / 2;
    format!(
        "{name},{},{:.1},{:.1},{:.1},{:.1}\n",
        turns.len(),
        process[middle] * 1e3,
        load[middle] * 1e3,
        load[0] * 1e3,
        peak[middle]
    )
}
