//! Loading: which format a file has, what is reported, how much memory a file may ask for.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Cursor;
use std::path::Path;

use serde_json::Value as Json;

use super::convert::Converter;
use super::h5::Tree;
use super::{json, keras, legacy, safetensors, weights};
use crate::error::{Error, Result};
use crate::layers::{self, Start};
use crate::model::Model;

/// The formats of model files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// `.keras`: architecture, weights, training; of Keras 3, and of Keras 2 from 2.12 on.
    Keras,
    /// `.weights.h5`: weights alone.
    WeightsH5,
    /// `.h5`, `.hdf5`: a whole model as Keras kept it before `.keras`, of Keras 1, 2 or 3.
    H5,
    /// `.safetensors`: weights, with the architecture in the metadata if the whole model was saved.
    Safetensors,
    /// `.json`: the architecture alone, as of Keras's `to_json`.
    Json,
}

/// The first that a name ends in counts.
const ENDINGS: [(&str, FileFormat); 6] = [
    (".keras", FileFormat::Keras),
    (".weights.h5", FileFormat::WeightsH5),
    (".h5", FileFormat::H5),
    (".hdf5", FileFormat::H5),
    (".safetensors", FileFormat::Safetensors),
    (".json", FileFormat::Json),
];

impl FileFormat {
    /// What the names of files of this format end in, such as `.keras`.
    pub fn ending(self) -> &'static str {
        ENDINGS.iter().find(|(_, format)| *format == self).map_or("", |(ending, _)| *ending)
    }

    /// The format that the name of a file ends in.
    ///
    /// ```
    /// use gatewise::format::FileFormat;
    ///
    /// assert_eq!(FileFormat::of("a/model.weights.h5")?, FileFormat::WeightsH5);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// If it is none of the known ones; the message lists them.
    pub fn of(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".weights.json") {
            let text = "weights in several files are not supported; save them in one `.weights.h5` file";
            return Err(Error::unsupported(path.display(), text));
        }
        let found = ENDINGS.iter().find(|(ending, _)| name.ends_with(ending));
        found.map(|(_, format)| *format).ok_or_else(|| {
            let known: Vec<&str> = ENDINGS.iter().map(|(ending, _)| *ending).collect();
            Error::argument(
                path.display(),
                format!("expected a path that ends in one of {}", known.join(", ")),
            )
        })
    }
}

/// How a file is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Keras's `compile` (default true): whether the model is compiled as it was when it was saved, with the state of
    /// its optimizer. A model that is only to predict needs none of that.
    pub compile: bool,
}

impl Default for Load {
    fn default() -> Self {
        Self { compile: true }
    }
}

/// A model from a file, with what there is to say about the file.
#[derive(Debug)]
pub struct Loaded {
    /// The model with its weights.
    pub model: Model,
    /// About the file.
    pub report: LoadReport,
}

/// What a file was and what was done to load it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadReport {
    /// The format of the file.
    pub format: FileFormat,
    /// The program that wrote it, such as `Keras 3.15.1`, if the file says so.
    pub writer: Option<String>,
    /// What was read in another form than it is kept here, in words, each once.
    pub conversions: Vec<String>,
    /// Whether the file has weights; a model without has fresh ones.
    pub has_weights: bool,
    /// Texts that [`Model::save_with`] was given.
    pub metadata: BTreeMap<String, String>,
}

impl LoadReport {
    pub(super) fn new(format: FileFormat) -> Self {
        Self { format, writer: None, conversions: Vec::new(), has_weights: true, metadata: BTreeMap::new() }
    }
}

/// Loads a model of any kind from a file of any format that holds one, and reports on the file.
///
/// Nothing in a file is run, no other file is opened, and a model is loaded whole or not at all: every weight must be
/// there, fit and be used.
///
/// ```no_run
/// let loaded = gatewise::format::load("model.keras", &Default::default())?;
/// println!("{:?}, {:?}", loaded.report.writer, loaded.report.conversions);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// If the file cannot be read or is damaged, something in it is not supported, or a weight is missing, left over or of
/// another shape or type; the message names it.
pub fn load(path: impl AsRef<Path>, load: &Load) -> Result<Loaded> {
    let path = path.as_ref();
    let format = FileFormat::of(path)?;
    let in_file = |error: Error| Error::format(path.display(), error);
    match format {
        FileFormat::Keras => {
            let (file, size) = open(path)?;
            keras::read(file, size, load).map_err(in_file)
        }
        FileFormat::H5 => legacy::read(read(path)?, load).map_err(in_file),
        _ => from_bytes(&read(path)?, format, load).map_err(in_file),
    }
}

/// The same from the bytes of a file.
///
/// # Errors
/// As for [`load`].
pub fn from_bytes(bytes: &[u8], format: FileFormat, load: &Load) -> Result<Loaded> {
    match format {
        FileFormat::Keras => keras::read(Cursor::new(bytes), bytes.len() as u64, load),
        FileFormat::H5 => legacy::read(bytes.to_vec(), load),
        FileFormat::Safetensors => safetensors::read_model(bytes),
        FileFormat::Json => {
            let config = json::parse("model", bytes)?;
            let version = config.get("keras_version").and_then(Json::as_str).unwrap_or("3");
            let mut converter = Converter::new(Some(version));
            let config = converter.model(config)?;
            let model =
                layers::within_budget(MOST_FRESH, Start::Initialized, || Model::from_envelope(&config))?;
            let conversions = converter.into_notes();
            let report = LoadReport { has_weights: false, conversions, ..LoadReport::new(format) };
            Ok(Loaded { model, report })
        }
        FileFormat::WeightsH5 => {
            let text = "the file has weights alone; make the model and give them to it by `load_weights`";
            Err(Error::argument("load", text))
        }
    }
}

/// The arrays of a file, for a model that is there already.
pub(super) fn weights_into(model: &Model, path: &Path) -> Result<()> {
    let format = FileFormat::of(path)?;
    model.network()?;
    let in_file = |error: Error| Error::format(path.display(), error);
    let replace = |file: Tree| match legacy::is_legacy(&file)? {
        true => legacy::read_weights(&file, model),
        false => weights::find(&file, &model.weight_tree())?.replace(),
    };
    match format {
        FileFormat::Keras => {
            let (file, size) = open(path)?;
            keras::read_tree(file, size).and_then(replace).map_err(in_file)
        }
        FileFormat::WeightsH5 | FileFormat::H5 => Tree::open(read(path)?).and_then(replace).map_err(in_file),
        FileFormat::Safetensors => safetensors::read_weights(model, &read(path)?).map_err(in_file),
        FileFormat::Json => Err(Error::argument(path.display(), "the file has no weights")),
    }
}

/// Compiles a model as its file says.
///
/// # Errors
/// If a part is unknown, with the remedy.
pub(super) fn compile(model: &mut Model, config: Json, converter: &mut Converter) -> Result<()> {
    let compiled = converter.compile_config(config).and_then(|config| model.compile_from_config(&config));
    compiled.map_err(|error| {
        let text = format!("{error}; load the model with `compile` off to do without its training");
        Error::format("compile_config", text)
    })
}

/// The file and its size.
fn open(path: &Path) -> Result<(File, u64)> {
    let open = || {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok((file, size))
    };
    open().map_err(|error| Error::io(path, &error))
}

/// The bytes of a file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| Error::io(path, &error))
}

/// Numbers that a model may have beyond those that a file of its size can hold: files may be packed.
const SPARE_NUMBERS: usize = 8 << 20;

/// Numbers of a model that comes from a file without weights.
const MOST_FRESH: usize = 1 << 28;

/// Makes a model whose weights are to come from a file of `bytes` bytes; they are zeros until then.
///
/// # Errors
/// Those of `make`, and if a weight is larger than the file could fill.
pub(super) fn budget<R>(bytes: u64, make: impl FnOnce() -> Result<R>) -> Result<R> {
    let numbers = usize::try_from(bytes / 4).unwrap_or(usize::MAX).saturating_add(SPARE_NUMBERS);
    layers::within_budget(numbers, Start::Zeros, make)
}
