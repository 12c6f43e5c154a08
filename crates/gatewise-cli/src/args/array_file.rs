//! `NAME=FILE` or `FILE`.

use std::convert::Infallible;
use std::path::{MAIN_SEPARATOR, PathBuf};
use std::str::FromStr;

/// A file with an array, and the input or output that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrayFile {
    /// The name of the input or output; without it the order counts.
    pub name: Option<String>,
    /// The file.
    pub path: PathBuf,
}

impl FromStr for ArrayFile {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let is_name = |name: &str| !name.is_empty() && !name.contains(['/', MAIN_SEPARATOR]);
        Ok(match text.split_once('=') {
            Some((name, path)) if is_name(name) => Self { name: Some(name.to_owned()), path: path.into() },
            _ => Self { name: None, path: text.into() },
        })
    }
}

#[cfg(test)]
mod tests;
