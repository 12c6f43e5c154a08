//! What validates during a training, and when.

use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::model::Arrays;

/// Data that only validates.
pub enum Validation<'a> {
    /// Arrays in memory.
    Arrays {
        /// The inputs.
        x: Arrays<'a>,
        /// The targets.
        y: Arrays<'a>,
        /// Weights `[samples]` or `[samples, time]`.
        sample_weight: Arrays<'a>,
    },
    /// Batches of a dataset, whose pass 0 is taken at each validation.
    Dataset(&'a mut dyn Dataset),
}

impl<'a, X: Into<Arrays<'a>>, Y: Into<Arrays<'a>>> From<(X, Y)> for Validation<'a> {
    fn from((x, y): (X, Y)) -> Self {
        Self::Arrays { x: x.into(), y: y.into(), sample_weight: Arrays::default() }
    }
}

impl<'a, X: Into<Arrays<'a>>, Y: Into<Arrays<'a>>, W: Into<Arrays<'a>>> From<(X, Y, W)> for Validation<'a> {
    fn from((x, y, sample_weight): (X, Y, W)) -> Self {
        Self::Arrays { x: x.into(), y: y.into(), sample_weight: sample_weight.into() }
    }
}

impl<'a, D: Dataset> From<&'a mut D> for Validation<'a> {
    fn from(dataset: &'a mut D) -> Self {
        Self::Dataset(dataset)
    }
}

/// After which epochs to validate; a number is every so many epochs, a list is epochs counted from 1, as in Keras.
///
/// ```
/// use gatewise::{Fit, ValidationFreq};
///
/// let every_second = Fit { epochs: 10, validation_freq: 2.into(), ..Fit::default() };
/// let some = Fit { epochs: 10, validation_freq: [1, 5, 10].into(), ..Fit::default() };
/// assert_eq!(some.validation_freq, ValidationFreq::Epochs(vec![1, 5, 10]));
/// # let _ = every_second;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValidationFreq {
    /// After every so many epochs, at least 1.
    Every(usize),
    /// After these epochs, counted from 1.
    Epochs(Vec<usize>),
}

impl ValidationFreq {
    /// Checks that every number is at least 1.
    pub(super) fn check(&self) -> Result<()> {
        let is_zero = match self {
            Self::Every(epochs) => *epochs == 0,
            Self::Epochs(epochs) => epochs.contains(&0),
        };
        match is_zero {
            true => Err(Error::argument("fit", "`validation_freq` must be at least 1, got 0")),
            false => Ok(()),
        }
    }

    /// Whether to validate after this epoch, counted from 0.
    pub(crate) fn is_due(&self, epoch: usize) -> bool {
        match self {
            Self::Every(epochs) => (epoch + 1).is_multiple_of(*epochs),
            Self::Epochs(epochs) => epochs.contains(&(epoch + 1)),
        }
    }
}

impl From<usize> for ValidationFreq {
    fn from(epochs: usize) -> Self {
        Self::Every(epochs)
    }
}

impl From<Vec<usize>> for ValidationFreq {
    fn from(epochs: Vec<usize>) -> Self {
        Self::Epochs(epochs)
    }
}

impl<const N: usize> From<[usize; N]> for ValidationFreq {
    fn from(epochs: [usize; N]) -> Self {
        Self::Epochs(epochs.into())
    }
}
