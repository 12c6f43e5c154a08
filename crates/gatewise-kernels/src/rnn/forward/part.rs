//! The units of a chunk that a thread computes.

use std::ops::Range;

use crate::rnn::Layer;
use crate::rnn::record::RecordLayout;

/// Some units, and what is recorded of them: all, or the share of one of two threads.
pub(super) struct Part<'a> {
    pub share: Range<usize>,
    /// Rows of the record, from the first of the chunk.
    pub record: Option<&'a mut [f32]>,
    pub layout: RecordLayout,
}

impl<'a> Part<'a> {
    /// A share of the units with its part of the record.
    pub fn new(layer: &Layer<f32>, share: Range<usize>, record: Option<&'a mut [f32]>) -> Self {
        let layout = layer.record_layout().of_share(&share);
        Self { share, record, layout }
    }

    /// Both shares, which the record of the whole batch has a part of each for.
    pub fn both(
        layer: &Layer<f32>,
        [near, far]: [Range<usize>; 2],
        record: Option<&'a mut [f32]>,
    ) -> (Self, Self) {
        let near_len = layer.record_layout().of_share(&near).len();
        let (of_near, of_far) = record.map(|record| record.split_at_mut(near_len)).unzip();
        (Self::new(layer, near, of_near), Self::new(layer, far, of_far))
    }

    /// The same for a while.
    pub fn reborrow(&mut self) -> Part<'_> {
        Part { share: self.share.clone(), record: self.record.as_deref_mut(), layout: self.layout }
    }
}
