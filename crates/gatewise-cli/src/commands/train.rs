//! `gatewise train`: arrays and a model in, a trained model out.

use std::io::IsTerminal;
use std::num::NonZeroUsize;

use anyhow::{Context, Result, bail};
use gatewise::callbacks::{Callback, History, ProgbarLogger};
use gatewise::format::{self, FileFormat};
use gatewise::ndarray::ArrayD;
use gatewise::{Fit, Model, Shuffle};

use super::Answer;
use crate::args::TrainArguments;
use crate::arrays::{self, Bundle};
use crate::console;
use crate::models::{self, Want};

mod compile;

use compile::SetLearningRate;

/// Runs the command.
pub fn run(arguments: &TrainArguments) -> Result<Answer> {
    check(arguments)?;
    let loaded = models::load(&arguments.model, Want::Training)?;
    let mut model = loaded.model.with_seed(arguments.seed);
    compile::compile(&mut model, arguments)?;
    let x = arrays::read_inputs("--x", &arguments.x, &model)?;
    let y = Bundle::new(arrays::read("--y", &arguments.y)?, &arrays::outputs_of(&model))?;
    let history = fit(&mut model, &x, &y, arguments)?;
    let output = arguments.output.display();
    models::save(&model, &arguments.output).with_context(|| format!("{output}: cannot write"))?;
    models::note_what_is_lost(&model, &arguments.output)?;
    let text = serde_json::to_string_pretty(&history.history)?;
    if let Some(path) = &arguments.history {
        format::write_atomically(path, text.as_bytes())?;
    }
    console::print(&if arguments.json { text } else { last_epoch(&history) })?;
    console::say(&format!("wrote {output}"));
    Ok(Answer::Done)
}

/// Finds what would make the work vain before it begins.
fn check(arguments: &TrainArguments) -> Result<()> {
    let output = &arguments.output;
    if FileFormat::of(output)? == FileFormat::Json {
        bail!("{}: a .json file has no place for weights; use .keras", output.display());
    }
    arrays::check_folder(output)?;
    arguments.history.as_deref().map_or(Ok(()), arrays::check_folder)
}

fn fit(model: &mut Model, x: &[ArrayD<f32>], y: &Bundle, arguments: &TrainArguments) -> Result<History> {
    let mut learning_rate = SetLearningRate(arguments.learning_rate);
    let verbose = arguments.verbose.unwrap_or_else(|| u8::from(std::io::stderr().is_terminal()));
    let mut progress = ProgbarLogger::stderr().verbose(verbose);
    let callbacks: Vec<&mut dyn Callback> = vec![&mut learning_rate, &mut progress];
    let fit = Fit {
        epochs: arguments.epochs.get(),
        batch_size: arguments.batch_size.map(NonZeroUsize::get),
        shuffle: arguments.no_shuffle.then_some(Shuffle::Off),
        validation_split: arguments.validation_split,
        callbacks,
        ..Fit::default()
    };
    let files = || format!("training on {}", y.sources());
    model.fit(x, y.arrays(), fit).with_context(files)
}

/// What fit reports of the last epoch, a line each.
fn last_epoch(history: &History) -> String {
    let epochs = history.epoch.len();
    let last = history.history.iter().filter_map(|(key, values)| Some((key, values.last()?)));
    let numbers: Vec<String> = last.map(|(key, value)| format!("{key} {value:.6}")).collect();
    format!("epoch {epochs}: {}", numbers.join(", "))
}
