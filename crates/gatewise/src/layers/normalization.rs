//! Layers that bring numbers to mean 0 and variance 1.

mod affine;
mod batch;
mod features;
mod group;
mod layer;
mod rms;

pub use batch::{BatchNormalization, RenormClipping};
pub use features::Normalization;
pub use group::GroupNormalization;
pub use layer::LayerNormalization;
pub use rms::RmsNormalization;
