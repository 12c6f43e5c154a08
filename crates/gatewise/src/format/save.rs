//! Saving and loading as methods of models.

use std::collections::BTreeMap;
use std::path::Path;

use super::convert::HARD_SIGMOID_2;
use super::h5::Node;
use super::load::{Load, load, weights_into};
use super::{FileFormat, json, keras, legacy, optimizer, safetensors, weights, write_atomically};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::sequential::Sequential;

impl Model {
    /// Writes the model to a file, which appears whole or not at all: architecture and weights to `.keras`, which Keras
    /// 3 loads, to `.h5`, which it loads too, or to `.safetensors`; the architecture alone to `.json`.
    ///
    /// ```
    /// use gatewise::layers::{Input, Lstm};
    /// use gatewise::{Model, Sequential};
    ///
    /// let mut model = Sequential::new().with_seed(7);
    /// model.add(Input::new([None, Some(2)]))?.add(Lstm::new(3))?;
    /// let path = std::env::temp_dir().join("gatewise-doc-save.keras");
    /// model.save(&path)?;
    /// assert_eq!(Model::load(&path)?.get_weights(), model.get_weights());
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the model is not built, the path ends in something else, an activation, a layer or another part is a user's
    /// own, or the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.save_with(path, &BTreeMap::new())
    }

    /// The same with texts of the caller beside the model, which [`load`](super::load) gives back in
    /// [`LoadReport::metadata`](super::LoadReport::metadata); Keras does not heed them.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use gatewise::Sequential;
    /// use gatewise::layers::{Input, Lstm};
    ///
    /// let mut model = Sequential::new().with_seed(7);
    /// model.add(Input::new([None, Some(2)]))?.add(Lstm::new(3))?;
    /// let path = std::env::temp_dir().join("gatewise-doc-save-with.keras");
    /// model.save_with(&path, &BTreeMap::from([("note".into(), "first try".into())]))?;
    ///
    /// let loaded = gatewise::format::load(&path, &Default::default())?;
    /// assert_eq!(loaded.report.metadata["note"], "first try");
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`save`](Self::save), or if a text has a key of the format's own or the format has no place for texts.
    pub fn save_with(&self, path: impl AsRef<Path>, metadata: &BTreeMap<String, String>) -> Result<()> {
        let path = path.as_ref();
        let format = FileFormat::of(path)?;
        self.network()?;
        // A file that could not be loaded again would lose the model.
        Self::from_config(&self.get_config()).map_err(|error| {
            Error::unsupported("save", format!("the model cannot be described in a file: {error}"))
        })?;
        if format != FileFormat::Safetensors {
            self.check_for_keras_3()?;
        }
        let bytes = match format {
            FileFormat::Keras => keras::write(self, metadata)?,
            FileFormat::Safetensors => safetensors::write_model(self, metadata)?,
            FileFormat::Json | FileFormat::H5 if !metadata.is_empty() => {
                let text = "the format has no place for texts; use `.keras` or `.safetensors`";
                return Err(Error::argument(path.display(), text));
            }
            FileFormat::Json => self.to_json().into_bytes(),
            FileFormat::H5 => legacy::write(self)?,
            FileFormat::WeightsH5 => {
                let text = "the ending is that of a file with weights alone; use `save_weights`";
                return Err(Error::argument(path.display(), text));
            }
        };
        write_atomically(path, &bytes)
    }

    /// Reads a model of any kind from a file of any format, with its weights; see [`format::load`](super::load) for
    /// what can be said about the file.
    ///
    /// A `.json` file has no weights, so the model has fresh ones.
    ///
    /// # Errors
    /// If the file cannot be read or is damaged, something in it is not supported, or a weight is missing, left over or
    /// of another shape or type; the message names it.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Ok(load(path, &Load::default())?.model)
    }

    /// Refuses what Keras 3 has no name for.
    fn check_for_keras_3(&self) -> Result<()> {
        if self.get_config().to_string().contains(HARD_SIGMOID_2) {
            let text = format!(
                "the activation \"{HARD_SIGMOID_2}\" is one of Keras 2 that Keras 3 has not; save the model as \
                 `.safetensors`"
            );
            return Err(Error::unsupported(self.name(), text));
        }
        Ok(())
    }

    /// Writes the weights alone to a `.weights.h5` file, which Keras's `load_weights` reads, or to `.safetensors`.
    ///
    /// # Errors
    /// If the model is not built, the path ends in something else, or the file cannot be written.
    pub fn save_weights(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let format = FileFormat::of(path)?;
        self.network()?;
        let bytes = match format {
            FileFormat::WeightsH5 => {
                let mut file = Node::default();
                weights::write(&mut file, &self.weight_tree());
                optimizer::write(&mut file, self);
                file.into_file()?
            }
            FileFormat::Safetensors => safetensors::write_weights(self)?,
            FileFormat::Keras | FileFormat::Json | FileFormat::H5 => {
                let text =
                    "weights alone are kept in `.weights.h5` or `.safetensors`; use `save` for the model";
                return Err(Error::argument(path.display(), text));
            }
        };
        write_atomically(path, &bytes)
    }

    /// Replaces the weights by those of a file: `.weights.h5`, or a file of a whole model.
    ///
    /// # Errors
    /// If the model is not built, the file cannot be read, or a weight is missing, left over or of another shape or
    /// type; no weight is changed then.
    pub fn load_weights(&self, path: impl AsRef<Path>) -> Result<()> {
        weights_into(self, path.as_ref())
    }

    /// The architecture as Keras's `to_json` gives it.
    pub fn to_json(&self) -> String {
        self.to_envelope().to_string()
    }

    /// A model with fresh weights from what [`to_json`](Self::to_json), or Keras's, gave.
    ///
    /// ```
    /// use gatewise::layers::{Input, Lstm};
    /// use gatewise::{Model, Sequential};
    ///
    /// let mut model = Sequential::new();
    /// model.add(Input::new([None, Some(2)]))?.add(Lstm::new(3))?;
    /// assert_eq!(Model::from_json(&model.to_json())?.get_config(), model.get_config());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the text is not JSON, or a layer or an argument is not supported.
    pub fn from_json(text: &str) -> Result<Self> {
        Self::from_envelope(&json::parse("model", text.as_bytes())?)
    }
}

impl Sequential {
    /// Reads a chain of layers as [`Model::load`] does.
    ///
    /// # Errors
    /// As there, or if the model in the file is not a chain.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::try_from(Model::load(path)?).map_err(|error| Error::format(path.display(), error))
    }
}

#[cfg(test)]
mod tests;
