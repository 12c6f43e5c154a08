//! Weights that the decay leaves alone.

use super::OptimizerOptions;
use super::slot_table::Variable;
use crate::error::{Error, Result};

/// What a regular expression gives a meaning of its own.
const SPECIAL: &[char] = &['\\', '.', '^', '$', '*', '+', '?', '{', '}', '[', ']', '|', '(', ')'];

/// Which weights `weight_decay` leaves alone.
#[derive(Debug, Clone)]
pub(super) struct Exclusions {
    paths: Vec<String>,
    names: Vec<String>,
}

impl Exclusions {
    pub(super) fn new(options: &OptimizerOptions) -> Self {
        Self { paths: Vec::new(), names: options.exclude_from_weight_decay.clone() }
    }

    /// Weights of these paths, and those whose own name has one of these parts.
    ///
    /// # Errors
    /// If a part is a pattern.
    pub(super) fn of(class_name: &str, paths: &[&str], names: &[&str]) -> Result<Self> {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let exclusions = Self { paths: owned(paths), names: owned(names) };
        check_names(class_name, &exclusions.names)?;
        Ok(exclusions)
    }

    /// Checks that all paths are those of weights.
    ///
    /// # Errors
    /// If one is not, so that a slip of the pen does not decay what was to be spared.
    pub(super) fn check(&self, class_name: &str, variables: &[Variable]) -> Result<()> {
        match self.paths.iter().find(|path| !variables.iter().any(|variable| variable.name == **path)) {
            None => Ok(()),
            Some(path) => {
                let known: Vec<&str> = variables.iter().map(|variable| variable.name.as_str()).collect();
                let text = format!(
                    "`exclude_from_weight_decay`: there is no trainable weight {path:?}, the weights are: {}",
                    known.join(", ")
                );
                Err(Error::argument(class_name, text))
            }
        }
    }

    /// Whether the weight of this path, such as `lstm/lstm_cell/bias`, decays.
    pub(super) fn decays(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        !self.paths.iter().any(|excluded| excluded == path)
            && !self.names.iter().any(|part| name.contains(part.as_str()))
    }
}

/// Checks that parts of names are plain text; Keras takes them as regular expressions.
pub(super) fn check_names(class_name: &str, names: &[String]) -> Result<()> {
    check_parts(class_name, "exclude_from_weight_decay", names)
}

/// The same of another argument.
pub(super) fn check_parts(class_name: &str, argument: &str, parts: &[String]) -> Result<()> {
    match parts.iter().find(|part| part.contains(SPECIAL)) {
        None => Ok(()),
        Some(part) => {
            let text = format!("`{argument}`: expected parts of names, got the pattern {part:?}");
            Err(Error::unsupported(class_name, text))
        }
    }
}

#[cfg(test)]
mod tests;
