//! Rectifiers as layers, with Keras's names and arguments.

use super::name_of;
use crate::error::{Error, Result};
use crate::layers::Layer;

mod elu;
mod leaky_relu;
mod prelu;
mod relu;

pub use elu::ELU;
pub use leaky_relu::LeakyReLU;
pub use prelu::PReLU;
pub use relu::ReLU;

/// Checks an argument that Keras wants to be at least 0.
pub(super) fn check_at_least_zero(layer: &impl Layer, argument: &str, value: f32) -> Result<()> {
    if value >= 0.0 {
        return Ok(());
    }
    Err(Error::argument(name_of(layer), format!("`{argument}` must be at least 0, got {value}")))
}
