//! The units of a chunk that a thread computes in the forward pass.

use std::ops::Range;

/// Some units, and what is recorded of them: all, or the share of one of two threads. L says where it lies.
pub(crate) struct Part<'a, L> {
    pub share: Range<usize>,
    pub record: Option<&'a mut [f32]>,
    pub layout: L,
}

impl<'a, L: Copy> Part<'a, L> {
    /// All units as one part; or the shares of two, whose parts of the record are one after the other. `layout` is that of a share,
    /// and `len` how long its part is.
    pub fn of_chunk(
        units: usize,
        shares: Option<[Range<usize>; 2]>,
        record: Option<&'a mut [f32]>,
        layout: impl Fn(&Range<usize>) -> L,
        len: impl FnOnce(L) -> usize,
    ) -> (Self, Option<Self>) {
        let part = |share: Range<usize>, record| Self { layout: layout(&share), share, record };
        let Some([near, far]) = shares else { return (part(0..units, record), None) };
        let near_len = len(layout(&near));
        let (of_near, of_far) = record.map(|record| record.split_at_mut(near_len)).unzip();
        (part(near, of_near), Some(part(far, of_far)))
    }

    /// The same for a while.
    pub fn reborrow(&mut self) -> Part<'_, L> {
        Part { share: self.share.clone(), record: self.record.as_deref_mut(), layout: self.layout }
    }
}
