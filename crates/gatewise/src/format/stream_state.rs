//! The state of a stream in a `.safetensors` file.
//!
//! The metadata is `{"format": "gatewise stream state", "version": "1"}`; each state of a layer is a tensor
//! `[batch, …]` under its path, such as `lstm/h`. The state before the first step has no tensors and says
//! `"is_new": "true"`.

use std::collections::HashMap;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::safetensors::{array, check_extension, open, read_file};
use super::write_atomically;
use crate::error::{Error, Result};
use crate::model::StreamState;

const FORMAT: &str = "gatewise stream state";

const VERSION: &str = "1";

impl StreamState {
    /// Writes the state to a `.safetensors` file, which appears whole or not at all.
    ///
    /// ```
    /// use gatewise::StreamState;
    ///
    /// let path = std::env::temp_dir().join("gatewise-doc-state.safetensors");
    /// StreamState::new().save(&path)?;
    /// assert_eq!(StreamState::load(&path)?, StreamState::new());
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the path does not end in `.safetensors` or cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        check_extension(path)?;
        let failed = |error| Error::format(path.display(), error);
        let to_bytes = |(name, array): (&str, &ndarray::ArrayD<f32>)| {
            let bytes: Vec<u8> = array.iter().flat_map(|number| number.to_le_bytes()).collect();
            (name.to_owned(), array.shape().to_vec(), bytes)
        };
        let parts: Vec<_> = self.parts().map(to_bytes).collect();
        let mut views = Vec::new();
        for (name, shape, bytes) in &parts {
            views.push((name, TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(failed)?));
        }
        let texts = [
            ("format", FORMAT),
            ("version", VERSION),
            ("is_new", if self.is_new() { "true" } else { "false" }),
        ];
        let texts: HashMap<String, String> =
            texts.map(|(key, text)| (key.to_owned(), text.to_owned())).into();
        write_atomically(path, &safetensors::serialize(views, Some(texts)).map_err(failed)?)
    }

    /// Reads a state that [`save`](Self::save) wrote. Whether it fits a model shows at the next step.
    ///
    /// # Errors
    /// If the file cannot be read or is not such a file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        parse(&read_file(path)?).map_err(|error| Error::format(path.display(), error))
    }
}

fn parse(bytes: &[u8]) -> Result<StreamState> {
    let (tensors, texts) = open(bytes)?;
    let text = |key: &str| texts.get(key).map_or("", String::as_str);
    if (text("format"), text("version")) != (FORMAT, VERSION) {
        let got = format!("\"{}\" version \"{}\"", text("format"), text("version"));
        return Err(Error::format(
            "metadata",
            format!("expected \"{FORMAT}\" version \"{VERSION}\", got {got}"),
        ));
    }
    let mut parts = Vec::new();
    for (name, view) in tensors.tensors() {
        if view.dtype() != Dtype::F32 {
            return Err(Error::format(
                &name,
                format!("expected numbers of type F32, got {:?}", view.dtype()),
            ));
        }
        let numbers = array(&name, &view)?;
        parts.push((name, numbers));
    }
    match text("is_new") {
        "true" if parts.is_empty() => Ok(StreamState::new()),
        "false" => Ok(StreamState::of(parts)),
        other => {
            let text =
                format!("expected \"is_new\" to be \"false\", or \"true\" without tensors, got \"{other}\"");
            Err(Error::format("metadata", text))
        }
    }
}

#[cfg(test)]
mod tests;
