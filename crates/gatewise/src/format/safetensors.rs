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

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use ndarray::{ArrayD, IxDyn};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value as Json;

use super::write_atomically;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::sequential::Sequential;
use crate::variable::Variable;

/// The version of the layout above.
const VERSION: &str = "1";

/// Metadata that the format itself uses.
const OWN_KEYS: [&str; 3] = ["format", "version", "model"];

impl Model {
    /// Writes architecture and weights to a `.safetensors` file, with texts of the caller beside them.
    ///
    /// The file appears whole or not at all. The optimizer and its state are not kept.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use gatewise::Sequential;
    /// use gatewise::layers::{Input, Lstm};
    ///
    /// let mut model = Sequential::new().with_seed(7);
    /// model.add(Input::new([None, Some(2)]))?.add(Lstm::new(3))?;
    /// let path = std::env::temp_dir().join("gatewise-doc-model.safetensors");
    /// model.save(&path, &BTreeMap::from([("note".into(), "first try".into())]))?;
    ///
    /// let (again, metadata) = Sequential::load(&path)?;
    /// assert_eq!(again.get_weights(), model.get_weights());
    /// assert_eq!(metadata["note"], "first try");
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the model is not built, the path does not end in `.safetensors`, a text has a key of the format's own, an
    /// activation is a user's own, or the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>, metadata: &BTreeMap<String, String>) -> Result<()> {
        let path = path.as_ref();
        check_extension(path)?;
        self.network()?;
        if let Some(key) = metadata.keys().find(|key| OWN_KEYS.contains(&key.as_str())) {
            return Err(Error::argument("save", format!("the metadata key \"{key}\" belongs to the format")));
        }
        let config = self.get_config();
        // A file that could not be loaded again would lose the model.
        Model::from_config(&config).map_err(|error| {
            Error::unsupported("save", format!("the model cannot be described in a file: {error}"))
        })?;
        let mut texts: HashMap<String, String> =
            metadata.iter().map(|(key, text)| (key.clone(), text.clone())).collect();
        texts.insert("format".into(), "gatewise".into());
        texts.insert("version".into(), VERSION.into());
        texts.insert("model".into(), config.to_string());
        let bytes = serialize(self, texts).map_err(|error| Error::format(path.display(), error))?;
        write_atomically(path, &bytes)
    }
}

/// The bytes of the file.
fn serialize(model: &Model, texts: HashMap<String, String>) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    let variables = model.variables();
    let bytes: Vec<Vec<u8>> = variables
        .iter()
        .map(|variable| variable.read().iter().flat_map(|number| number.to_le_bytes()).collect())
        .collect();
    let mut views = Vec::new();
    for ((variable, name), bytes) in variables.iter().zip(names(&variables)).zip(&bytes) {
        views.push((name, TensorView::new(Dtype::F32, variable.shape().to_vec(), bytes)?));
    }
    safetensors::serialize(views, Some(texts))
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

impl Model {
    /// Reads a model of any kind that [`save`](Self::save) wrote, and the texts that were written beside it.
    ///
    /// # Errors
    /// If the file cannot be read, is not such a file, or a weight is missing, left over or of another shape; the
    /// message names it.
    pub fn load(path: impl AsRef<Path>) -> Result<(Self, BTreeMap<String, String>)> {
        load(path.as_ref(), Self::from_config, |model| model)
    }
}

impl Sequential {
    /// Reads a chain of layers as [`Model::load`] does.
    ///
    /// # Errors
    /// As there, or if the model in the file is not a chain.
    pub fn load(path: impl AsRef<Path>) -> Result<(Self, BTreeMap<String, String>)> {
        load(path.as_ref(), Self::from_config, |model| model)
    }
}

/// The model that `make` gives for the configuration in the file, with the weights, and the texts.
fn load<M>(
    path: &Path,
    make: impl FnOnce(&Json) -> Result<M>,
    model_of: impl FnOnce(&M) -> &Model,
) -> Result<(M, BTreeMap<String, String>)> {
    let bytes = read_file(path)?;
    let load = || {
        let (tensors, mut texts) = open(&bytes)?;
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
        let config: Json = serde_json::from_str(&config)
            .map_err(|error| Error::format("metadata", format!("\"model\" is not JSON: {error}")))?;
        let model = make(&config)?;
        assign(model_of(&model), &tensors)?;
        Ok((model, texts))
    };
    load().map_err(|error| Error::format(path.display(), error))
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
    let mut weights = Vec::new();
    for (variable, name) in variables.iter().zip(&names) {
        let subject = format!("weight \"{name}\"");
        let view = tensors.tensor(name).map_err(|_| Error::format(&subject, "it is not in the file"))?;
        if view.dtype() != Dtype::F32 || view.shape() != variable.shape() {
            let (shape, got, dtype) = (variable.shape(), view.shape(), view.dtype());
            return Err(Error::format(&subject, format!("expected F32 {shape:?}, got {dtype:?} {got:?}")));
        }
        weights.push(array(&subject, &view)?);
    }
    model.set_weights(&weights)
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
