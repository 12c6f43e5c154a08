//! The weights in the order in which the forward pass reads them.
//!
//! ```text
//! block of L units   0         1         …          zeros fill the last block
//! stored       [F + H][4][L] [F + H][4][L] …        for each k the four gates of the block, W above U
//! ```

use super::{Layer, Sizes};
use crate::parallel::for_each_chunk;
use crate::simd::lanes;
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

/// The weights of a layer in the order in which the forward pass reads them, for many calls of
/// [`forward_packed`](super::forward_packed) with the same weights.
#[derive(Clone, Debug)]
pub struct PackedWeights {
    data: Vec<f32>,
    lanes: usize,
    features: usize,
    units: usize,
}

impl PackedWeights {
    /// Packs `kernel` `[F, 4H]` and `recurrent_kernel` `[H, 4H]` for the current instruction set.
    pub fn new(kernel: &[f32], recurrent_kernel: &[f32], sizes: &Sizes) -> Self {
        let (lanes, Sizes { features, units, .. }) = (lanes(), *sizes);
        assert_eq!(kernel.len(), features * 4 * units, "lstm: `kernel` must hold F × 4H numbers");
        assert_eq!(
            recurrent_kernel.len(),
            units * 4 * units,
            "lstm: `recurrent_kernel` must hold H × 4H numbers"
        );
        let mut data = vec![0.0; packed_len(sizes, lanes)];
        pack([kernel, recurrent_kernel], units, lanes, &mut data);
        Self { data, lanes, features, units }
    }

    /// The weights, which must have been packed for these sizes and this instruction set.
    pub(super) fn weights(&self, sizes: &Sizes, lanes: usize) -> Weights<'_> {
        let packed_for = (self.features, self.units, self.lanes);
        let needed = (sizes.features, sizes.units, lanes);
        assert_eq!(packed_for, needed, "lstm: the weights are packed for other sizes or instructions");
        Weights::Packed(Packed { data: &self.data, features: self.features, units: self.units })
    }
}

/// How many numbers the packed weights are.
fn packed_len(sizes: &Sizes, lanes: usize) -> usize {
    (sizes.features + sizes.units) * 4 * sizes.units.next_multiple_of(lanes)
}

/// Packs W and U into `to`.
fn pack(weights: [&[f32]; 2], units: usize, lanes: usize, to: &mut [f32]) {
    let num_rows = (weights[0].len() + weights[1].len()) / (4 * units);
    for_each_chunk(to, num_rows * 4 * lanes, |block, to| {
        let unit = block * lanes;
        let len = lanes.min(units - unit);
        let rows = weights.iter().flat_map(|weights| weights.chunks_exact(4 * units));
        for (row, to) in rows.zip(to.chunks_exact_mut(4 * lanes)) {
            for (gate, to) in to.chunks_exact_mut(lanes).enumerate() {
                to[..len].copy_from_slice(&row[gate * units + unit..][..len]);
                to[len..].fill(0.0);
            }
        }
    });
}

impl<'a> Weights<'a> {
    /// How many numbers of scratch the weights take.
    pub fn len(sizes: &Sizes, lanes: usize) -> usize {
        match sizes.batch * sizes.steps <= MAX_ROW_STEPS_IN_PLACE {
            true => 0,
            false => packed_len(sizes, lanes),
        }
    }

    /// Packs the weights into `to`, unless it is empty.
    pub fn new(layer: &Layer<f32>, lanes: usize, to: &'a mut [f32]) -> Self {
        if to.is_empty() {
            return Self::InPlace;
        }
        pack([layer.kernel, layer.recurrent_kernel], layer.sizes.units, lanes, to);
        Self::Packed(Packed { data: to, features: layer.sizes.features, units: layer.sizes.units })
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
