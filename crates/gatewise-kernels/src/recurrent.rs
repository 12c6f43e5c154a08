//! What all recurrent layers have in common: sizes, dropout, outputs, and how a batch is cut.

pub(crate) mod backward;
pub(crate) mod check;
pub(crate) mod chunks;
pub(crate) mod in_turn;
pub(crate) mod operand;
pub(crate) mod pair;
pub(crate) mod rows;
pub(crate) mod single_numbers;
pub(crate) mod x;

pub use crate::lstm::{DropoutMasks, Output, OutputGradient, Sizes};
pub use x::X;

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
