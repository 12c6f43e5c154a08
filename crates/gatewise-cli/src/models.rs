//! Models in files.

use std::path::Path;

use anyhow::{Result, bail};
use gatewise::Model;
use gatewise::format::{self, FileFormat, Load, Loaded};

use crate::console;

/// Whether the optimizer, loss and metrics of a file are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// They are, to go on with the training.
    Training,
    /// They are not.
    Inference,
}

/// Loads a model.
pub fn load_quietly(path: &Path, want: Want) -> Result<Loaded> {
    Ok(format::load(path, &Load { compile: want == Want::Training })?)
}

/// The same, and says what was read in another form.
pub fn load(path: &Path, want: Want) -> Result<Loaded> {
    let loaded = load_quietly(path, want)?;
    let conversions = loaded.report.conversions.iter();
    conversions.for_each(|conversion| console::say(&format!("note: {}: {conversion}", path.display())));
    Ok(loaded)
}

/// Loads a model to run it.
pub fn load_with_weights(path: &Path) -> Result<Model> {
    let loaded = load(path, Want::Inference)?;
    if !loaded.report.has_weights {
        let path = path.display();
        bail!(
            "{path}: the file has no weights; add them by `gatewise convert {path} model.keras --weights FILE`"
        );
    }
    Ok(loaded.model)
}

/// Writes a model, or its weights alone, as the ending says.
pub fn save(model: &Model, path: &Path) -> Result<()> {
    match FileFormat::of(path)? {
        FileFormat::WeightsH5 => model.save_weights(path)?,
        _ => model.save(path)?,
    }
    Ok(())
}

/// Says what a file at this place does not keep of the model.
pub fn note_what_is_lost(model: &Model, path: &Path) -> Result<()> {
    let keeps_training = matches!(FileFormat::of(path)?, FileFormat::Keras | FileFormat::H5);
    if model.optimizer().is_some() && !keeps_training {
        let path = path.display();
        console::say(&format!("note: {path} has no place for the optimizer, the loss and the metrics"));
    }
    Ok(())
}
