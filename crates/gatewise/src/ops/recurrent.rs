//! What the operations of all recurrent layers have in common: sequences as rows or ids, dropout, and the inputs that
//! their attributes announce.

use gatewise_kernels::recurrent::DropoutMasks;

use super::expect_shape;
use crate::error::Result;
use crate::shape::{Dim, Shape};

/// How many masks of dropout a recurrent layer gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum DropoutForm {
    /// None: no dropout.
    #[default]
    None,
    /// One for all gates, `[batch, width]`.
    Shared,
    /// One a gate, `[gates, batch, width]`.
    PerGate,
}

impl DropoutForm {
    /// Whether there are any masks.
    pub(super) fn is_there(self) -> bool {
        self != Self::None
    }

    /// The names and sizes of the axes of the masks of a layer of so many gates.
    pub(super) fn axes(self, gates: usize, batch: Dim, width: Dim) -> (&'static str, Vec<Dim>) {
        match self {
            Self::PerGate => ("gate, batch, width", vec![Some(gates), batch, width]),
            Self::Shared | Self::None => ("batch, width", vec![batch, width]),
        }
    }

    /// The masks as the kernels take them.
    pub(super) fn kernel<F>(self, masks: Option<&[F]>) -> DropoutMasks<'_, F> {
        match (self, masks) {
            (Self::PerGate, Some(masks)) => DropoutMasks::PerGate(masks),
            (Self::Shared, Some(masks)) => DropoutMasks::Shared(masks),
            _ => DropoutMasks::None,
        }
    }
}

/// Which optional inputs an operation has, by number.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OptionalInputs {
    pub bias: Option<usize>,
    pub mask: Option<usize>,
    pub dropout: Option<usize>,
    pub recurrent_dropout: Option<usize>,
    /// The number of inputs in all.
    pub count: usize,
}

impl OptionalInputs {
    /// Those of an operation that has so many other inputs before them: a bias, a mask, and the masks of both dropouts.
    pub fn after(
        first: usize,
        [bias, mask]: [bool; 2],
        [dropout, recurrent_dropout]: [DropoutForm; 2],
    ) -> Self {
        let mut count = first;
        let mut next = |is_there: bool| {
            count += usize::from(is_there);
            is_there.then_some(count - 1)
        };
        Self {
            bias: next(bias),
            mask: next(mask),
            dropout: next(dropout.is_there()),
            recurrent_dropout: next(recurrent_dropout.is_there()),
            count,
        }
    }
}

/// Checks the sequences of the layer `subject` and returns the number of their features, which ids have from the rows of
/// the kernel.
pub(super) fn features_of(subject: &str, takes_ids: bool, x: &Shape, kernel: &Shape) -> Result<Dim> {
    if takes_ids {
        expect_shape(subject, ("ids", "batch, time"), x, &[None, None])?;
        return Ok(kernel.dims().first().copied().flatten());
    }
    expect_shape(subject, ("inputs", "batch, time, features"), x, &[None, None, None])?;
    Ok(x.dim(2))
}
