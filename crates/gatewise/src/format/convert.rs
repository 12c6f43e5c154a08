//! Configurations of older Keras versions as Keras 3 writes them.
//!
//! What is changed is noted in words, so that nothing happens silently; what cannot be changed is left as it is, for the
//! layers to refuse by name.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use crate::error::{Error, Result};

mod keras1;
mod layers;
mod nodes;
mod training;

pub use layers::HARD_SIGMOID_2;

/// Reads configurations of one file.
#[derive(Debug)]
pub struct Converter {
    /// The first number of the version of Keras that wrote the file; 1 where the file says none.
    major: u32,
    notes: BTreeSet<String>,
}

/// Modules whose classes are Keras's own. Old files name none.
const MODULES: [&str; 6] = ["keras", "tf_keras", "tensorflow", "builtins", "tensorflow_core", "gatewise"];

impl Converter {
    /// For a file that this version of Keras wrote.
    pub fn new(version: Option<&str>) -> Self {
        let major =
            version.and_then(|version| version.split('.').next()).and_then(|first| first.parse().ok());
        Self { major: major.unwrap_or(1), notes: BTreeSet::new() }
    }

    /// The first number of the version that wrote the file.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// What was changed, in words.
    pub fn into_notes(self) -> Vec<String> {
        self.notes.into_iter().collect()
    }

    /// Notes that something was read in another form.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.insert(text.into());
    }

    /// The envelope of a model in the form of Keras 3.
    ///
    /// # Errors
    /// If it holds code or objects that are not Keras's.
    pub fn model(&mut self, mut envelope: Json) -> Result<Json> {
        self.envelope(&mut envelope)?;
        Ok(envelope)
    }

    /// Converts an envelope and all inside it.
    fn envelope(&mut self, value: &mut Json) -> Result<()> {
        match value {
            Json::Array(list) => list.iter_mut().try_for_each(|value| self.envelope(value)),
            Json::Object(fields) => {
                if fields.contains_key("class_name") {
                    refuse_foreign(fields)?;
                    self.class(fields)?;
                }
                fields.values_mut().try_for_each(|value| self.envelope(value))
            }
            _ => Ok(()),
        }
    }

    /// Converts the configuration of one object.
    fn class(&mut self, fields: &mut Map<String, Json>) -> Result<()> {
        let class = fields.get("class_name").and_then(Json::as_str).unwrap_or_default().to_owned();
        // A chain of Keras 1 and of the first versions of Keras 2 is a bare list.
        if class == "Sequential" && fields.get("config").is_some_and(Json::is_array) {
            let layers = fields.remove("config");
            fields.insert("config".into(), json!({"layers": layers}));
        }
        if let Some(new) = self.class_name(&class) {
            self.note(format!("{class} read as {new}"));
            fields.insert("class_name".into(), new.into());
        }
        let Some(config) = fields.get_mut("config").and_then(Json::as_object_mut) else { return Ok(()) };
        if self.major == 1 {
            self.keras_1(&class, config);
        }
        self.layer(&class, config)?;
        if config.contains_key("input_layers") {
            self.graph(config)?;
        }
        Ok(())
    }

    /// The name that a class has today, if it is another.
    fn class_name(&self, class: &str) -> Option<&'static str> {
        match class {
            "CuDNNLSTM" => Some("LSTM"),
            "CuDNNGRU" => Some("GRU"),
            "Model" => Some("Functional"),
            _ => None,
        }
    }
}

/// Refuses code, and objects that are not Keras's own.
fn refuse_foreign(fields: &Map<String, Json>) -> Result<()> {
    let text = |key: &str| fields.get(key).and_then(Json::as_str);
    let class = text("class_name").unwrap_or_default();
    let name = fields.get("config").and_then(|config| config.get("name")).and_then(Json::as_str);
    let subject = name.map_or_else(|| class.to_owned(), str::to_owned);
    if ["Lambda", "__lambda__", "TFSMLayer", "TFOpLambda", "SlicingOpLambda"].contains(&class) {
        let text = format!(
            "the class \"{class}\" stands for code in or beside the file, which is never run; rebuild the model from \
             layers"
        );
        return Err(Error::unsupported(subject, text));
    }
    let module = text("module").unwrap_or_default();
    let root = module.split('.').next().unwrap_or_default();
    let registered = text("registered_name").unwrap_or_default();
    let is_own = root.is_empty() || MODULES.contains(&root);
    if is_own && (registered.is_empty() || !registered.contains('>')) {
        return Ok(());
    }
    let given = if registered.is_empty() { module } else { registered };
    let text = format!(
        "the class \"{class}\" ({given}) is not one of Keras's own, and cannot be made without its code"
    );
    Err(Error::unsupported(subject, text))
}

#[cfg(test)]
mod tests;
