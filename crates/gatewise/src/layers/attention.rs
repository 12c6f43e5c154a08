//! Attention: sums of values, weighted by how well a query fits their keys.

mod additive;
mod dot;
mod mask;
mod multi_head;
mod weigh;

pub use additive::AdditiveAttention;
pub use dot::{Attention, ScoreMode};
pub use multi_head::MultiHeadAttention;
