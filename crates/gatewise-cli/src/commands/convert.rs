//! `gatewise convert`: a model into another format, checked by running both.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use gatewise::Model;
use gatewise::format::FileFormat;
use gatewise::utils::max_abs_difference;

use super::{Answer, largest};
use crate::args::ConvertArguments;
use crate::models::{self, Want};
use crate::{arrays, console, tables};

mod random_inputs;

/// Runs the command. The answer is no when the written file does not compute what the read one does.
pub fn run(arguments: &ConvertArguments) -> Result<Answer> {
    let (input, output) = (&arguments.input, &arguments.output);
    let format = FileFormat::of(output)?;
    arrays::check_folder(output)?;
    let model = read(arguments, format)?;
    let unchecked = Unchecked::beside(output);
    models::save(&model, &unchecked.0).with_context(|| format!("{}: cannot write", output.display()))?;
    let back = read_back(&model, &unchecked.0, format)?;
    let difference = compare(&model, &back)?;
    let (input, shown, shown_difference) = (input.display(), output.display(), tables::small(difference));
    if difference != 0.0 {
        console::print(&format!(
            "{shown}: not written, as it does not compute what {input} does: max|diff| {shown_difference}"
        ))?;
        return Ok(Answer::No);
    }
    std::fs::rename(&unchecked.0, output).with_context(|| format!("{shown}: cannot write"))?;
    models::note_what_is_lost(&model, output)?;
    console::print(&format!("{input} -> {shown}: checked on random inputs, max|diff| {shown_difference}"))?;
    Ok(Answer::Done)
}

/// The model with the weights that are asked for.
fn read(arguments: &ConvertArguments, format: FileFormat) -> Result<Model> {
    let input = arguments.input.display();
    if FileFormat::of(&arguments.input)? == FileFormat::WeightsH5 {
        bail!(
            "{input}: the file has weights alone; give the architecture first: gatewise convert model.json {} \
             --weights {input}",
            arguments.output.display()
        );
    }
    let loaded = models::load(&arguments.input, Want::Training)?;
    match &arguments.weights {
        Some(weights) => loaded.model.load_weights(weights)?,
        None if !loaded.report.has_weights && format != FileFormat::Json => {
            bail!("{input}: the file has no weights; add them by --weights FILE")
        }
        None => {}
    }
    Ok(loaded.model)
}

/// The model that somebody gets who has the written file, and what it lacks from the other.
fn read_back(model: &Model, path: &Path, format: FileFormat) -> Result<Model> {
    match format {
        FileFormat::WeightsH5 => {
            let back = Model::from_config(&model.get_config())?;
            back.load_weights(path)?;
            Ok(back)
        }
        FileFormat::Json => {
            let back = Model::load(path)?;
            back.set_weights(&model.get_weights())?;
            Ok(back)
        }
        _ => Ok(Model::load(path)?),
    }
}

/// The largest difference between the outputs for random inputs.
fn compare(model: &Model, back: &Model) -> Result<f32> {
    let inputs = random_inputs::of(model);
    let run = |model: &Model| model.predict_on_batch(&inputs).context("running the model on random inputs");
    let (outputs, again) = (run(model)?, run(back)?);
    let differences = outputs.iter().zip(&again).map(|(a, b)| max_abs_difference(a, b));
    Ok(largest(differences.collect::<gatewise::Result<Vec<f32>>>()?))
}

/// A file that is not checked yet, beside the one that it is to become; gone unless it was renamed.
struct Unchecked(PathBuf);

impl Unchecked {
    fn beside(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self(path.with_file_name(format!(".unchecked-{}-{name}", std::process::id())))
    }
}

impl Drop for Unchecked {
    fn drop(&mut self) {
        // Once renamed, it is not there.
        let _ = std::fs::remove_file(&self.0);
    }
}
