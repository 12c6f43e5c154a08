//! The units of a chunk that a thread computes.

use std::ops::Range;

use crate::lstm::Layer;
use crate::lstm::record::{ChunkRecord, KEPT};

/// Some units, and what is recorded of them: all, or the share of one of two threads.
pub(super) struct Part<'a> {
    pub share: Range<usize>,
    pub record: Option<&'a mut [f32]>,
    pub layout: ChunkRecord,
}

impl<'a> Part<'a> {
    /// A share of the units of `count` samples with its part of the record.
    pub fn new(layer: &Layer<f32>, count: usize, share: Range<usize>, record: Option<&'a mut [f32]>) -> Self {
        let layout = ChunkRecord::new(layer, count, &share);
        Self { share, record, layout }
    }

    /// Both shares, which the record has a part of each for.
    pub fn both(
        layer: &Layer<f32>,
        count: usize,
        [near, far]: [Range<usize>; 2],
        record: Option<&'a mut [f32]>,
    ) -> (Self, Self) {
        let near_len = KEPT * count * layer.sizes.steps * near.len();
        let (of_near, of_far) = record.map(|record| record.split_at_mut(near_len)).unzip();
        (Self::new(layer, count, near, of_near), Self::new(layer, count, far, of_far))
    }

    /// The same for a while.
    pub fn reborrow(&mut self) -> Part<'_> {
        Part { share: self.share.clone(), record: self.record.as_deref_mut(), layout: self.layout }
    }
}
