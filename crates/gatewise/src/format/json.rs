//! JSON texts from files, which become a tree in memory only if they are of a size that models have.

use serde_json::Value as Json;

use crate::error::{Error, Result};

/// Bytes of a text; the configuration of a model of a thousand layers has a few million.
pub const MOST_BYTES: u64 = 16 << 20;

/// Values in a text. Each takes some two hundred bytes in memory.
const MOST_VALUES: usize = 200_000;

/// Parses a text.
///
/// # Errors
/// If it is not JSON, is nested too deep, or too large.
pub fn parse(subject: &str, text: &[u8]) -> Result<Json> {
    // Every value but the first comes after one of these; those inside of texts are counted too.
    let values = text.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
    if text.len() as u64 > MOST_BYTES || values > MOST_VALUES {
        let text = format!(
            "expected JSON of at most {MOST_BYTES} bytes and {MOST_VALUES} values, got {} bytes and about {values}",
            text.len()
        );
        return Err(Error::format(subject, text));
    }
    serde_json::from_slice(text).map_err(|error| Error::format(subject, format!("not JSON: {error}")))
}

#[cfg(test)]
mod tests;
