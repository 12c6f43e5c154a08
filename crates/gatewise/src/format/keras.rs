//! `.keras` files, the format of Keras 3 (and of Keras 2 from 2.12 on).
//!
//! ```text
//! a zip archive, members stored:
//! metadata.json       {"keras_version": "3.15.1", …}; here also "gatewise": texts of the caller
//! config.json         the model in Keras's envelope, with "compile_config" if it is compiled
//! model.weights.h5    the weights, see `weights.rs`
//! ```

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use serde_json::{Value as Json, json};

use super::archive::{self, Archive};
use super::convert::Converter;
use super::h5::{Node, Tree};
use super::load::{Load, LoadReport, Loaded, budget, compile};
use super::{FileFormat, json, optimizer, weights};
use crate::error::{Error, Result};
use crate::model::Model;

/// The version of Keras whose files these are.
pub const KERAS_VERSION: &str = "3.15.1";

const METADATA: &str = "metadata.json";
const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.weights.h5";

/// The key of the caller's texts in the metadata.
const TEXTS: &str = "gatewise";

/// Reads a model.
///
/// # Errors
/// If a member is missing or damaged, or the model cannot be made and filled whole.
pub fn read<R: Read + Seek>(reader: R, size: u64, load: &Load) -> Result<Loaded> {
    let mut archive = Archive::open(reader, size)?;
    let metadata = read_json(&mut archive, METADATA)?;
    let config = read_json(&mut archive, CONFIG)?;
    let bytes = read_weights(&mut archive)?;
    drop(archive);
    let version = metadata.get("keras_version").and_then(Json::as_str);
    let mut converter = Converter::new(version.or(Some("3")));
    let config = converter.model(config)?;
    let mut model = budget(bytes.len() as u64, || Model::from_envelope(&config))?;
    let file = Tree::open(bytes)?;
    weights::find(&file, &model.weight_tree())?.fill()?;
    if load.compile
        && let Some(compiled) = config.get("compile_config").filter(|compiled| is_compiled(compiled))
    {
        compile(&mut model, compiled.clone(), &mut converter)?;
        optimizer::read(&file, &mut model, &mut converter)?;
    }
    let report = LoadReport {
        writer: version.map(|version| format!("Keras {version}")),
        conversions: converter.into_notes(),
        metadata: texts(&metadata),
        ..LoadReport::new(FileFormat::Keras)
    };
    Ok(Loaded { model, report })
}

fn read_json<R: Read + Seek>(archive: &mut Archive<R>, name: &str) -> Result<Json> {
    let bytes = archive.read(name, json::MOST_BYTES)?;
    json::parse(name, &bytes.ok_or_else(|| Error::format(name, "the archive has no such member"))?)
}

/// The bytes of the member with the weights.
fn read_weights<R: Read + Seek>(archive: &mut Archive<R>) -> Result<Vec<u8>> {
    if let Some(bytes) = archive.read(WEIGHTS, u64::MAX)? {
        return Ok(bytes);
    }
    let names = archive.names().join(", ");
    let text = format!("the archive has no such member, only {names}; save the model with weights in HDF5");
    Err(Error::format(WEIGHTS, text))
}

/// The weights alone of such a file.
///
/// # Errors
/// If the archive is damaged or has no weights.
pub fn read_tree<R: Read + Seek>(reader: R, size: u64) -> Result<Tree> {
    Tree::open(read_weights(&mut Archive::open(reader, size)?)?)
}

/// Whether there is anything in it: a model that is not compiled has an empty object or null.
pub fn is_compiled(config: &Json) -> bool {
    config.as_object().is_some_and(|fields| !fields.is_empty())
}

/// The texts that `save` was given.
fn texts(metadata: &Json) -> BTreeMap<String, String> {
    let entries = metadata.get(TEXTS).and_then(Json::as_object).into_iter().flatten();
    entries.filter_map(|(key, text)| Some((key.clone(), text.as_str()?.to_owned()))).collect()
}

/// The bytes of a file.
///
/// # Errors
/// If the model is not built or cannot be described.
pub fn write(model: &Model, texts: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    let mut metadata = json!({"keras_version": KERAS_VERSION});
    if !texts.is_empty() {
        metadata[TEXTS] = json!(texts);
    }
    let mut config = model.to_envelope();
    if let Some(compiled) = model.get_compile_config()? {
        config["compile_config"] = compiled;
    }
    let mut file = Node::default();
    weights::write(&mut file, &model.weight_tree());
    optimizer::write(&mut file, model);
    archive::write(&[
        (METADATA, metadata.to_string().as_bytes()),
        (CONFIG, config.to_string().as_bytes()),
        (WEIGHTS, &file.into_file()?),
    ])
}
