//! Models in `.safetensors` files.
//!
//! ```text
//! 8 bytes             length of the header, little endian
//! header (JSON)       "__metadata__": {"format": "gatewise", "version": "1",
//!                                      "model": the architecture as Keras's get_config gives it, as JSON text,
//!                                      and what the caller adds}
//!                     "<weight's path>": {"dtype": "F32", "shape": […], "data_offsets": […]} for every weight
//! data                the weights, little endian, row-major
//! ```
//!
//! Source of the container: <https://huggingface.co/docs/safetensors>. Nothing in a file is run, and a model is loaded
//! whole or not at all: every weight must be there, fit and be used.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{ArrayD, IxDyn};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Map, Value as Json, json};

use super::load::{FileFormat, LoadReport, Loaded, budget};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::variable::Variable;

/// The version of the layout above.
const VERSION: &str = "1";

/// Metadata that the format itself uses.
const OWN_KEYS: [&str; 3] = ["format", "version", "model"];

/// The bytes of a file with architecture and weights, and texts of the caller beside them.
///
/// # Errors
/// If a text has a key of the format's own.
pub fn write_model(model: &Model, metadata: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    if let Some(key) = metadata.keys().find(|key| OWN_KEYS.contains(&key.as_str())) {
        return Err(Error::argument("save", format!("the metadata key \"{key}\" belongs to the format")));
    }
    let mut texts = metadata.clone();
    texts.insert("format".into(), "gatewise".into());
    texts.insert("version".into(), VERSION.into());
    texts.insert("model".into(), model.get_config().to_string());
    serialize(model, texts)
}

/// The bytes of a file with weights alone.
///
/// # Errors
/// If the model is too large for the format.
pub fn write_weights(model: &Model) -> Result<Vec<u8>> {
    serialize(model, BTreeMap::new())
}

/// The bytes of a file of the weights and these texts. The header is written here, in the order of the names: the
/// library would write the texts in an order that differs from run to run.
fn serialize(model: &Model, texts: BTreeMap<String, String>) -> Result<Vec<u8>> {
    let variables = model.variables();
    let mut header = Map::new();
    if !texts.is_empty() {
        header.insert("__metadata__".into(), json!(texts));
    }
    let mut end = 0;
    for (variable, name) in variables.iter().zip(names(&variables)) {
        let start = end;
        end += 4 * variable.len();
        let entry = json!({"dtype": "F32", "shape": variable.shape(), "data_offsets": [start, end]});
        header.insert(name, entry);
    }
    let mut header = Json::from(header).to_string();
    // Readers may map the numbers, which begin at a multiple of 8 bytes then.
    header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
    let mut bytes = Vec::with_capacity(8 + header.len() + end);
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header.as_bytes());
    for variable in &variables {
        variable.read().iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    }
    Ok(bytes)
}

/// The names of the weights in the file: their paths, and a number after a path that was there before, as where two
/// models inside have layers of one name.
fn names(variables: &[Variable]) -> Vec<String> {
    let name = |(index, variable): (usize, &Variable)| {
        let before = variables[..index].iter().filter(|other| other.path() == variable.path()).count();
        if before == 0 { variable.path().to_owned() } else { format!("{}#{before}", variable.path()) }
    };
    variables.iter().enumerate().map(name).collect()
}

/// Reads a model that [`write_model`] wrote.
///
/// # Errors
/// If it is not such a file, or a weight is missing, left over or of another shape.
pub fn read_model(bytes: &[u8]) -> Result<Loaded> {
    let (tensors, mut texts) = open(bytes)?;
    let mut take = |key: &str| {
        texts.remove(key).ok_or_else(|| {
            Error::format("metadata", format!("there is no \"{key}\"; it was not written by `save`"))
        })
    };
    let (format, version, config) = (take("format")?, take("version")?, take("model")?);
    if (format.as_str(), version.as_str()) != ("gatewise", VERSION) {
        let text = format!("expected format gatewise version {VERSION}, got {format} version {version}");
        return Err(Error::format("metadata", text));
    }
    let config = super::json::parse("\"model\" in the metadata", config.as_bytes())?;
    let model = budget(bytes.len() as u64, || Model::from_config(&config))?;
    assign(&model, &tensors)?;
    let report = LoadReport {
        writer: Some("Gatewise".into()),
        metadata: texts,
        ..LoadReport::new(FileFormat::Safetensors)
    };
    Ok(Loaded { model, report })
}

/// Replaces the weights of a model by those of a file.
///
/// # Errors
/// If a weight is missing, left over or of another shape; no weight is changed then.
pub fn read_weights(model: &Model, bytes: &[u8]) -> Result<()> {
    assign(model, &open(bytes)?.0)
}

/// The bytes of a file with the right extension.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>> {
    check_extension(path)?;
    std::fs::read(path).map_err(|error| Error::io(path, &error))
}

/// The tensors and the metadata of a safetensors file.
pub(super) fn open(bytes: &[u8]) -> Result<(SafeTensors<'_>, BTreeMap<String, String>)> {
    let not_ours = |error| Error::format("file", format!("not a safetensors file: {error}"));
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(not_ours)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(not_ours)?;
    let texts = header.metadata().iter().flatten().map(|(key, text)| (key.clone(), text.clone())).collect();
    Ok((tensors, texts))
}

/// Fills all weights, each from the tensor of its name.
fn assign(model: &Model, tensors: &SafeTensors<'_>) -> Result<()> {
    let variables = model.variables();
    let names = names(&variables);
    let is_known = |name: &&str| names.iter().any(|known| known == name);
    if let Some(extra) = tensors.names().into_iter().find(|name| !is_known(name)) {
        return Err(Error::format(format!("weight \"{extra}\""), "the model has no such weight"));
    }
    let mut views = Vec::new();
    for (variable, name) in variables.iter().zip(&names) {
        let subject = format!("weight \"{name}\"");
        let view = tensors.tensor(name).map_err(|_| Error::format(&subject, "it is not in the file"))?;
        if view.dtype() != Dtype::F32 || view.shape() != variable.shape() {
            let (shape, got, dtype) = (variable.shape(), view.shape(), view.dtype());
            return Err(Error::format(&subject, format!("expected F32 {shape:?}, got {dtype:?} {got:?}")));
        }
        views.push(view);
    }
    // All fit, so that none can be left behind; and none is in memory twice.
    for (variable, view) in variables.iter().zip(&views) {
        let numbers = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        variable.write().iter_mut().zip(numbers).for_each(|(old, new)| *old = new);
    }
    Ok(())
}

/// The numbers of a tensor of type F32.
pub(super) fn array(subject: &str, view: &TensorView<'_>) -> Result<ArrayD<f32>> {
    let numbers = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    ArrayD::from_shape_vec(IxDyn(view.shape()), numbers.collect())
        .map_err(|error| Error::format(subject, error))
}

pub(super) fn check_extension(path: &Path) -> Result<()> {
    if path.extension().is_some_and(|extension| extension == "safetensors") {
        return Ok(());
    }
    Err(Error::argument(path.display(), "expected a path that ends in .safetensors"))
}

#[cfg(test)]
mod tests;
