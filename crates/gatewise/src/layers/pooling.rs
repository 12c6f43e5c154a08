//! Layers that shorten sequences without weights.

mod global;
mod windowed;

pub use global::{GlobalAveragePooling1d, GlobalMaxPooling1d};
pub use windowed::{AveragePooling1d, MaxPooling1d};
