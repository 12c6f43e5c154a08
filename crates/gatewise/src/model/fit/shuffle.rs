//! The order in which samples are trained on.

use std::ops::Range;

use crate::random::{self, RandomKey};

/// What is put into another order at each epoch. Keras's `True` is `Samples`, its `"batch"` is `Batch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shuffle {
    /// All samples.
    #[default]
    Samples,
    /// The samples inside of each batch; the batches hold the same samples at every epoch and come as they lie.
    Batch,
    /// Nothing: samples are taken as they lie.
    Off,
}

impl From<bool> for Shuffle {
    fn from(shuffle: bool) -> Self {
        if shuffle { Self::Samples } else { Self::Off }
    }
}

impl Shuffle {
    /// The order of `len` samples that are cut into batches, or nothing if they are taken as they lie.
    pub(in crate::model) fn order(
        self,
        len: usize,
        batches: impl Iterator<Item = (usize, usize)>,
        key: RandomKey,
    ) -> Option<Vec<usize>> {
        match self {
            Self::Samples => Some(random::permutation(len, key)),
            Self::Batch => {
                Some(batches.enumerate().flat_map(|(batch, at)| inside(at.0..at.1, batch, key)).collect())
            }
            Self::Off => None,
        }
    }
}

/// The samples of a batch in another order; every batch has random numbers of its own.
fn inside(samples: Range<usize>, batch: usize, key: RandomKey) -> impl Iterator<Item = usize> {
    let own = RandomKey { stream: key.stream + 1 + batch as u64, ..key };
    random::permutation(samples.len(), own).into_iter().map(move |place| samples.start + place)
}
