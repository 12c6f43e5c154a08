//! `gatewise predict`: arrays through a model into a file.

use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::{Context, Result, bail};
use gatewise::ndarray::ArrayD;
use gatewise::{Model, Predict};

use super::Answer;
use crate::args::{ArrayFile, PredictArguments};
use crate::console::PredictBar;
use crate::{arrays, console, models};

mod carried;

/// Runs the command.
pub fn run(arguments: &PredictArguments) -> Result<Answer> {
    let model = models::load_with_weights(&arguments.model)?;
    let turns = if arguments.stateful { arguments.input.len() } else { 1 };
    arrays::check_output(&arguments.output, turns * model.output_names().len())?;
    let outputs = match arguments.stateful {
        true => in_turn(&carried::keeping_states(model)?, arguments)?,
        false => at_once(&model, &arguments.input, arguments.batch_size)?,
    };
    arrays::write(&arguments.output, &outputs)?;
    let shapes: Vec<String> =
        outputs.iter().map(|(name, array)| format!("{name} {:?}", array.shape())).collect();
    console::say(&format!("wrote {}: {}", arguments.output.display(), shapes.join(", ")));
    Ok(Answer::Done)
}

/// The outputs of a model, each under its name.
pub fn at_once(
    model: &Model,
    files: &[ArrayFile],
    batch_size: Option<NonZeroUsize>,
) -> Result<Vec<(String, ArrayD<f32>)>> {
    let inputs = arrays::read_inputs("--input", files, model)?;
    let names = unique(model.output_names());
    Ok(names.into_iter().zip(predict(model, &inputs, batch_size, files)?).collect())
}

/// The outputs for each file, the states of one being those that the next begins with.
fn in_turn(model: &Model, arguments: &PredictArguments) -> Result<Vec<(String, ArrayD<f32>)>> {
    let turns: Vec<Vec<ArrayD<f32>>> = arguments
        .input
        .iter()
        .map(|file| arrays::read_inputs("--input", std::slice::from_ref(file), model))
        .collect::<Result<_>>()?;
    let samples = arrays::samples(&turns[0][0]);
    let names = unique(arguments.input.iter().map(|file| stem(&file.path)).collect());
    let outputs = model.output_names();
    let mut all = Vec::new();
    for ((turn, file), name) in turns.iter().zip(&arguments.input).zip(names) {
        let (got, path) = (arrays::samples(&turn[0]), file.path.display());
        if got != samples {
            let first = arguments.input[0].path.display();
            bail!(
                "{path}: expected {samples} samples as in {first}, each going on from its state, got {got}"
            );
        }
        let batch_size = arguments.batch_size.or(NonZeroUsize::new(samples));
        for (output, array) in
            outputs.iter().zip(predict(model, turn, batch_size, std::slice::from_ref(file))?)
        {
            let name = if outputs.len() == 1 { name.clone() } else { format!("{name}/{output}") };
            all.push((name, array));
        }
    }
    Ok(all)
}

fn predict(
    model: &Model,
    inputs: &[ArrayD<f32>],
    batch_size: Option<NonZeroUsize>,
    files: &[ArrayFile],
) -> Result<Vec<ArrayD<f32>>> {
    let mut bar = PredictBar::new();
    let batch_size = batch_size.map(NonZeroUsize::get);
    let predict = Predict { batch_size, callbacks: vec![&mut bar], ..Predict::default() };
    let files = || files.iter().map(|file| file.path.display().to_string()).collect::<Vec<_>>().join(", ");
    model.predict_all(inputs, predict).with_context(files)
}

/// The name of a file without folder and ending.
fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The names, with a number after one that was there before.
fn unique(names: Vec<String>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for name in names {
        let numbered = (1..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !seen.contains(name));
        seen.extend(free);
    }
    seen
}
