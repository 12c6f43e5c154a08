//! What all recurrent layers have in common: sizes, dropout, outputs, and how a batch is cut.

pub(crate) mod check;
pub(crate) mod chunks;
pub(crate) mod operand;

use crate::matmul::Panels;

pub use crate::lstm::{DropoutMasks, Output, OutputGradient, Sizes};

/// How the gradients by the gates' sums of all steps are kept: for each chunk of samples and each gate the [`Panels`] of
/// a right operand `[T · samples of the chunk, H]`, in the order of the record.
#[derive(Clone, Copy)]
pub(crate) struct GateGradients {
    pub sizes: Sizes,
    pub chunk_len: usize,
    pub lanes: usize,
}

impl GateGradients {
    pub fn columns(self) -> Panels {
        Panels { n: self.sizes.units, lanes: self.lanes }
    }

    /// How many numbers one gate of `count` samples takes.
    pub fn gate_len(self, count: usize) -> usize {
        count * self.sizes.steps * self.columns().padded()
    }
}

impl<F> Output<'_, F> {
    /// The outputs of the first `count` samples, and those of the others.
    pub(crate) fn split_at(self, count: usize, sizes: &Sizes) -> (Self, Self) {
        match self {
            Self::Last(y) => {
                let (upper, lower) = y.split_at_mut(count * sizes.units);
                (Self::Last(upper), Self::Last(lower))
            }
            Self::Sequence(y) => {
                let (upper, lower) = y.split_at_mut(count * sizes.steps * sizes.units);
                (Self::Sequence(upper), Self::Sequence(lower))
            }
        }
    }
}
