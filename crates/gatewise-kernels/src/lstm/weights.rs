//! The weights in the order in which the forward pass reads them.
//!
//! ```text
//! block of L units   0         1         …          zeros fill the last block
//! stored       [F + H][4][L] [F + H][4][L] …        for each k the four gates of the block, W above U
//! ```

use super::{Layer, Sizes};
use crate::parallel::for_each_chunk;
use crate::tile::{Blocks, MAX_ROWS, Panel, ShortBlocks};

/// How many samples times steps read the weights where they lie: packing them would cost more than it saves.
const MAX_ROW_STEPS_IN_PLACE: usize = 4;

/// The weights as the forward pass reads them.
#[derive(Clone, Copy)]
pub(super) enum Weights<'a> {
    /// In blocks of units.
    Packed(Packed<'a>),
    /// As the layer has them.
    InPlace,
}

/// The weights in blocks of units.
#[derive(Clone, Copy)]
pub(super) struct Packed<'a> {
    data: &'a [f32],
    features: usize,
    units: usize,
}

impl<'a> Weights<'a> {
    /// How many numbers of scratch the weights take.
    pub fn len(sizes: &Sizes, lanes: usize) -> usize {
        match sizes.batch * sizes.steps <= MAX_ROW_STEPS_IN_PLACE {
            true => 0,
            false => (sizes.features + sizes.units) * 4 * sizes.units.next_multiple_of(lanes),
        }
    }

    /// Packs the weights into `to`, unless it is empty.
    pub fn new(layer: &Layer<f32>, lanes: usize, to: &'a mut [f32]) -> Self {
        if to.is_empty() {
            return Self::InPlace;
        }
        let Sizes { features, units, .. } = layer.sizes;
        let block_len = (features + units) * 4 * lanes;
        for_each_chunk(to, block_len, |block, to| {
            let unit = block * lanes;
            let len = lanes.min(units - unit);
            let rows =
                layer.kernel.chunks_exact(4 * units).chain(layer.recurrent_kernel.chunks_exact(4 * units));
            for (row, to) in rows.zip(to.chunks_exact_mut(4 * lanes)) {
                for (gate, to) in to.chunks_exact_mut(lanes).enumerate() {
                    to[..len].copy_from_slice(&row[gate * units + unit..][..len]);
                    to[len..].fill(0.0);
                }
            }
        });
        Self::Packed(Packed { data: to, features, units })
    }
}

impl Weights<'_> {
    /// How many rows a tile may have.
    #[inline(always)]
    pub fn max_rows(&self) -> usize {
        match self {
            Self::Packed(_) => MAX_ROWS,
            Self::InPlace => 2,
        }
    }
}

impl<'a> Packed<'a> {
    /// The gates of the block of units from `unit`, of W and of U.
    #[inline(always)]
    pub fn block(&self, unit: usize, lanes: usize) -> [Panel<'a>; 2] {
        let rows = self.features + self.units;
        let block = &self.data[unit * 4 * rows..][..4 * lanes * rows];
        let (kernel, recurrent_kernel) = block.split_at(self.features * 4 * lanes);
        [Panel(kernel), Panel(recurrent_kernel)]
    }
}

/// The gates of the block of `lanes` units from `unit` where `weights` `[rows, 4H]` lie.
#[inline(always)]
pub(super) fn block_in_place(weights: &[f32], units: usize, unit: usize, lanes: usize) -> ShortBlocks<'_> {
    let starts = [unit, units + unit, 2 * units + unit, 3 * units + unit];
    let blocks = Blocks { data: weights, stride: 4 * units, starts };
    ShortBlocks { blocks, lens: [lanes.min(units - unit); 4] }
}
