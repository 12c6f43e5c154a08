//! Layers that bring numbers to mean 0 and variance 1.

mod affine;
mod group;
mod layer;
mod rms;

pub use group::GroupNormalization;
pub use layer::LayerNormalization;
pub use rms::RmsNormalization;
