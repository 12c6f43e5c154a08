//! Configurations in Keras's form, which hold the vocabulary too.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Ngrams, OutputMode, Split, Standardize, TextVectorization};
use crate::error::{Error, Result};
use crate::serialization::{self, from_config};

/// Keras's arguments, in the order of its `get_config`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default)]
struct Config {
    name: String,
    trainable: bool,
    dtype: Json,
    max_tokens: Option<usize>,
    standardize: Json,
    split: Json,
    ngrams: Option<Runs>,
    output_mode: String,
    output_sequence_length: Option<usize>,
    pad_to_max_tokens: bool,
    sparse: bool,
    ragged: bool,
    vocabulary: Option<Vec<String>>,
    idf_weights: Option<Vec<f32>>,
    encoding: String,
    vocabulary_size: Option<usize>,
}

/// A number or a list.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Runs {
    UpTo(usize),
    Of(Vec<usize>),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: "text_vectorization".into(),
            trainable: true,
            dtype: json!({"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"},
                          "registered_name": null}),
            max_tokens: None,
            standardize: "lower_and_strip_punctuation".into(),
            split: "whitespace".into(),
            ngrams: None,
            output_mode: "int".into(),
            output_sequence_length: None,
            pad_to_max_tokens: false,
            sparse: false,
            ragged: false,
            vocabulary: None,
            idf_weights: None,
            encoding: "utf-8".into(),
            vocabulary_size: None,
        }
    }
}

const CLASS_NAME: &str = "TextVectorization";

impl TextVectorization {
    /// The configuration of Keras's layer, with the vocabulary as its argument `vocabulary`.
    ///
    /// # Errors
    /// If `standardize` or `split` is a function of one's own.
    pub fn get_config(&self) -> Result<Json> {
        let own = |argument: &str| {
            let text = format!("`{argument}` is a function of one's own, which cannot be saved");
            Error::unsupported(&self.name, text)
        };
        let vocabulary = self.vocabulary.as_ref();
        let idf_weights = vocabulary.filter(|_| self.output_mode == OutputMode::TfIdf);
        let special = self.output_mode.special_tokens().len();
        let config = Config {
            name: self.name.clone(),
            max_tokens: self.max_tokens,
            standardize: match &self.standardize {
                Standardize::None => Json::Null,
                Standardize::Own(_) => return Err(own("standardize")),
                named => name_of(&Standardize::NAMED, named).into(),
            },
            split: match &self.split {
                Split::None => Json::Null,
                Split::Own(_) => return Err(own("split")),
                named => name_of(&Split::NAMED, named).into(),
            },
            ngrams: self.ngrams.clone().map(|ngrams| match ngrams {
                Ngrams::UpTo(longest) => Runs::UpTo(longest),
                Ngrams::Of(lengths) => Runs::Of(lengths),
            }),
            output_mode: name_of(&OutputMode::NAMED, &self.output_mode).to_owned(),
            output_sequence_length: self.output_sequence_length,
            pad_to_max_tokens: self.pad_to_max_tokens,
            vocabulary: vocabulary.map(|vocabulary| vocabulary.tokens.clone()),
            idf_weights: idf_weights.map(|vocabulary| vocabulary.idf_weights.clone()),
            vocabulary_size: Some(vocabulary.map_or(special, |vocabulary| vocabulary.tokens.len())),
            ..Config::default()
        };
        Ok(serialization::config_of(&config))
    }

    /// What [`get_config`](Self::get_config) describes, or the configuration of a Keras layer.
    ///
    /// # Errors
    /// If an argument is unknown, not supported (`sparse`, `ragged`, an `encoding` other than UTF-8) or out of range.
    pub fn from_config(config: &Json) -> Result<Self> {
        let Some(map) = config.as_object() else {
            return Err(Error::argument(CLASS_NAME, format!("expected an object, got {config}")));
        };
        let config: Config = from_config(CLASS_NAME, map.clone())?;
        for (name, is_default) in [
            ("sparse", !config.sparse),
            ("ragged", !config.ragged),
            ("encoding", config.encoding.eq_ignore_ascii_case("utf-8")),
        ] {
            if !is_default {
                return Err(Error::unsupported(
                    CLASS_NAME,
                    format!("`{name}` is supported as its default only"),
                ));
            }
        }
        let mut vectorization = Self {
            name: config.name,
            max_tokens: config.max_tokens,
            standardize: named(
                "standardize",
                &Standardize::NAMED,
                &config.standardize,
                Some(Standardize::None),
            )?,
            split: named("split", &Split::NAMED, &config.split, Some(Split::None))?,
            ngrams: config.ngrams.map(|runs| match runs {
                Runs::UpTo(longest) => Ngrams::UpTo(longest),
                Runs::Of(lengths) => Ngrams::Of(lengths),
            }),
            output_mode: named("output_mode", &OutputMode::NAMED, &config.output_mode.into(), None)?,
            output_sequence_length: config.output_sequence_length,
            pad_to_max_tokens: config.pad_to_max_tokens,
            vocabulary: None,
        };
        vectorization.check()?;
        if let Some(vocabulary) = config.vocabulary {
            vectorization.set_vocabulary_with(vocabulary, &config.idf_weights.unwrap_or_default())?;
        }
        Ok(vectorization)
    }

    /// Configuration and vocabulary as one text, to be kept beside a model.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use gatewise::Sequential;
    /// use gatewise::format::{self, Load};
    /// use gatewise::layers::{Dense, Embedding, Input, Lstm};
    /// use gatewise::utils::TextVectorization;
    ///
    /// let mut words = TextVectorization::new();
    /// words.adapt(["a fine day", "a bad night"])?;
    /// let mut model = Sequential::new();
    /// model.add(Input::new([None]))?.add(Embedding::new(words.vocabulary_size()?, 8).mask_zero(true))?;
    /// model.add(Lstm::new(8))?.add(Dense::new(1))?;
    ///
    /// let path = std::env::temp_dir().join("gatewise-doc-words.keras");
    /// model.save_with(&path, &BTreeMap::from([("words".into(), words.to_json()?)]))?;
    ///
    /// let loaded = format::load(&path, &Load::default())?;
    /// let words = TextVectorization::from_json(&loaded.report.metadata["words"])?;
    /// assert_eq!(loaded.model.predict(&words.call(["a fine night"])?)?.shape(), [1, 1]);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`get_config`](Self::get_config).
    pub fn to_json(&self) -> Result<String> {
        let config = self.get_config()?;
        Ok(serialization::wrap("keras.layers", CLASS_NAME, config).to_string())
    }

    /// What [`to_json`](Self::to_json) wrote, or a Keras layer as `keras.saving.serialize_keras_object` gives it.
    ///
    /// # Errors
    /// If the text is not JSON or describes something else; and as [`from_config`](Self::from_config).
    pub fn from_json(text: &str) -> Result<Self> {
        let json: Json = serde_json::from_str(text)
            .map_err(|error| Error::format(CLASS_NAME, format!("the text is not JSON: {error}")))?;
        let (class_name, config) = serialization::unwrap(CLASS_NAME, &json)?;
        if class_name != CLASS_NAME {
            let text = format!("expected the class {CLASS_NAME}, got {class_name}");
            return Err(Error::format(CLASS_NAME, text));
        }
        Self::from_config(&config.into())
    }
}

/// The name of one of the values that have one.
fn name_of<T>(values: &'static [(&'static str, T)], value: &T) -> &'static str {
    let same = |other: &T| std::mem::discriminant(other) == std::mem::discriminant(value);
    values.iter().find(|(_, other)| same(other)).map_or("", |(name, _)| name)
}

/// The value of a name, or of null where that has one.
fn named<T: Clone>(argument: &str, values: &[(&str, T)], name: &Json, null: Option<T>) -> Result<T> {
    let found = values.iter().find(|(known, _)| name.as_str() == Some(known)).map(|(_, value)| value.clone());
    let found = found.or(null.filter(|_| name.is_null()));
    found.ok_or_else(|| {
        let known: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
        let text = format!("`{argument}` must be one of {}, got {name}", known.join(", "));
        Error::argument(CLASS_NAME, text)
    })
}
