//! What the project's pictures share: colours, keys of legends, axes and panels, drawn as SVG.

pub(crate) mod axis;
pub(crate) mod panel;
pub mod style;

use crate::error::{Error, Result};

/// What drawing with the library below gives.
pub(crate) type Drawn<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A picture from a function that draws it.
///
/// # Errors
/// If it cannot be drawn.
pub(crate) fn svg(draw: impl FnOnce(&mut String) -> Drawn) -> Result<String> {
    let mut svg = String::new();
    draw(&mut svg).map_err(|error| Error::data("picture", format!("it cannot be drawn: {error}")))?;
    Ok(svg)
}
