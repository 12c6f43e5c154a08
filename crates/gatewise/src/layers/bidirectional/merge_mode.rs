//! How the outputs of two directions are joined.

use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::layers::Tensor;

/// Keras's `merge_mode`: what becomes of the outputs y of the forward and z of the backward layer, each
/// `[batch, …, units]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MergeMode {
    /// y and z side by side, `[batch, …, 2·units]`.
    #[default]
    Concat,
    /// y + z
    Sum,
    /// y ⊙ z, element by element.
    Mul,
    /// (y + z) / 2
    Ave,
    /// Two outputs, y and z.
    None,
}

impl MergeMode {
    /// The modes that have a name in Keras, which [`MergeMode::None`] has not.
    pub const NAMED: [Self; 4] = [Self::Concat, Self::Sum, Self::Mul, Self::Ave];

    /// Keras's name.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Concat => Some("concat"),
            Self::Sum => Some("sum"),
            Self::Mul => Some("mul"),
            Self::Ave => Some("ave"),
            Self::None => None,
        }
    }

    /// Emits the outputs of the pair.
    pub(super) fn merge(self, b: &Builder, subject: &str, y: Tensor, z: Tensor) -> Result<Vec<Tensor>> {
        if self == Self::None {
            return Ok(vec![y, z]);
        }
        let (y_shape, z_shape) = (b.shape(y.value), b.shape(z.value));
        let rank = y_shape.rank();
        let compared = if self == Self::Concat { rank.saturating_sub(1) } else { rank };
        if z_shape.rank() != rank || y_shape.dims()[..compared] != z_shape.dims()[..compared] {
            let text = format!("expected both directions to return one shape, got {y_shape} and {z_shape}");
            return Err(Error::shape(subject, text));
        }
        let value = match self {
            Self::Concat => b.concatenate(&[y.value, z.value], compared)?,
            Self::Mul => b.mul(y.value, z.value)?,
            Self::Ave => b.scale(b.add(y.value, z.value)?, 0.5)?,
            Self::Sum | Self::None => b.add(y.value, z.value)?,
        };
        Ok(vec![y.with_value(value)])
    }
}
