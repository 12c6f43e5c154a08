//! Loads every model file of a folder and writes it again in all formats that Keras reads, or predicts with every file.
//!
//! ```text
//! cargo run --example keras_files -- write FOLDER TO     FOLDER/a.keras → TO/a.keras, TO/a.h5, TO/a.weights.h5
//! cargo run --example keras_files -- predict FOLDER      FOLDER/a.keras with a.x0.npy… → prints name, output, numbers
//! ```
//!
//! `cargo xtask keras-files` runs both against real Keras.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks on the terminal")]

use std::path::{Path, PathBuf};

use gatewise::format::{Load, load};
use gatewise::{Model, Predict, Result};
use ndarray::{ArrayD, IxDyn};

const USAGE: &str = "give `write FOLDER TO` or `predict FOLDER`, as `cargo xtask keras-files` does";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["write", from, to] => write(Path::new(from), Path::new(to)),
        ["predict", folder] => predict(Path::new(folder)),
        [] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => {
            eprintln!("{USAGE}");
            std::process::exit(2);
        }
    };
    if let Err(error) = done {
        eprintln!("{error}");
        std::process::exit(2);
    }
}

/// The `.keras` files of a folder in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "keras"));
    files.sort();
    files
}

fn write(from: &Path, to: &Path) -> Result<()> {
    for path in files(from) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // What older versions wrote may have functions that Keras 3 has not.
        if name.starts_with("keras2_") {
            continue;
        }
        let model = Model::load(&path)?;
        model.save(to.join(format!("{name}.keras")))?;
        model.save(to.join(format!("{name}.h5")))?;
        model.save_weights(to.join(format!("{name}.weights.h5")))?;
    }
    Ok(())
}

/// Reads `name.x0.bin`, …: the number of axes and their sizes as 64-bit integers, then the numbers.
fn inputs(path: &Path) -> Vec<ArrayD<f32>> {
    let mut arrays = Vec::new();
    while let Ok(bytes) = std::fs::read(path.with_extension(format!("x{}.bin", arrays.len()))) {
        let word = |at: usize| {
            u64::from_le_bytes(bytes[8 * at..8 * at + 8].try_into().expect("eight bytes")) as usize
        };
        let shape: Vec<usize> = (1..=word(0)).map(word).collect();
        let numbers = bytes[8 * (1 + shape.len())..].chunks_exact(4);
        let numbers = numbers.map(|b| f32::from_le_bytes(b.try_into().expect("four bytes"))).collect();
        arrays.push(ArrayD::from_shape_vec(IxDyn(&shape), numbers).expect("the file has its shape"));
    }
    arrays
}

fn predict(folder: &Path) -> Result<()> {
    for path in files(folder) {
        let model = load(&path, &Load { compile: false })?.model;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for (index, array) in model.predict_all(&inputs(&path), Predict::default())?.iter().enumerate() {
            let numbers: Vec<String> = array.iter().map(|number| format!("{number:e}")).collect();
            println!("{name} {index} {}", numbers.join(" "));
        }
    }
    Ok(())
}
