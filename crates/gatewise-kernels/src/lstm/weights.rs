//! The weights in the order in which the forward pass reads them.
//!
//! ```text
//! block of L units   0         1         …          zeros fill the last block
//! stored       [F + H][4][L] [F + H][4][L] …        for each k the four gates of the block, W above U
//! bfloat16     [F + H][2][L] [F + H][2][L] …        pairs of i and f, and of g and o
//! ```

use super::{Layer, Sizes};
use crate::bfloat16::{Pair, pair};
use crate::parallel::for_each_chunk;
use crate::simd::lanes;
use crate::tile::{Blocks, MAX_ROWS, Panel, PanelNumber, ShortBlocks};

/// How many samples times steps read the weights where they lie: packing them would cost more than it saves.
const MAX_ROW_STEPS_IN_PLACE: usize = 4;

/// The weights as the forward pass reads them.
#[derive(Clone, Copy)]
pub(super) enum Weights<'a, N = f32> {
    /// In blocks of units.
    Packed(Packed<'a, N>),
    /// As the layer has them.
    InPlace,
}

/// The weights in blocks of units.
#[derive(Clone, Copy)]
pub(super) struct Packed<'a, N> {
    data: &'a [N],
    features: usize,
    units: usize,
}

/// The weights of a layer in the order in which the forward pass reads them, for many calls of
/// [`forward_packed`](super::forward_packed) with the same weights.
#[derive(Clone, Debug)]
pub struct PackedWeights {
    data: PackedData,
    lanes: usize,
    features: usize,
    units: usize,
}

/// What the weights are stored as.
#[derive(Clone, Debug)]
enum PackedData {
    Float32(Vec<f32>),
    /// Gates i and f in one vector, g and o in another.
    Bfloat16(Vec<Pair>),
}

/// [`PackedWeights`] in a call.
pub(super) enum AnyWeights<'a> {
    Float32(Weights<'a>),
    Bfloat16(Weights<'a, Pair>),
}

impl PackedWeights {
    /// Packs `kernel` `[F, 4H]` and `recurrent_kernel` `[H, 4H]` for the current instruction set.
    pub fn new(kernel: &[f32], recurrent_kernel: &[f32], sizes: &Sizes) -> Self {
        let data = PackedData::Float32(packed(kernel, recurrent_kernel, sizes));
        Self { data, lanes: lanes(), features: sizes.features, units: sizes.units }
    }

    /// The same in bfloat16, so that a step reads half of the bytes: the layer is then that whose weights are
    /// [rounded](crate::bfloat16::round), to the bit, as all sums remain `f32`.
    pub fn bfloat16(kernel: &[f32], recurrent_kernel: &[f32], sizes: &Sizes) -> Self {
        let lanes = lanes();
        let exact = packed(kernel, recurrent_kernel, sizes);
        let two_vectors = exact.chunks_exact(2 * lanes).map(|two| two.split_at(lanes));
        let pairs = two_vectors.flat_map(|(lower, upper)| lower.iter().zip(upper));
        let data = PackedData::Bfloat16(pairs.map(|(&lower, &upper)| pair(lower, upper)).collect());
        Self { data, lanes, features: sizes.features, units: sizes.units }
    }

    /// The weights, which must have been packed for these sizes and this instruction set.
    pub(super) fn weights(&self, sizes: &Sizes, lanes: usize) -> AnyWeights<'_> {
        let packed_for = (self.features, self.units, self.lanes);
        let needed = (sizes.features, sizes.units, lanes);
        assert_eq!(packed_for, needed, "lstm: the weights are packed for other sizes or instructions");
        let Self { features, units, .. } = *self;
        match &self.data {
            PackedData::Float32(data) => {
                AnyWeights::Float32(Weights::Packed(Packed { data, features, units }))
            }
            PackedData::Bfloat16(data) => {
                AnyWeights::Bfloat16(Weights::Packed(Packed { data, features, units }))
            }
        }
    }
}

/// W and U in blocks of units.
fn packed(kernel: &[f32], recurrent_kernel: &[f32], sizes: &Sizes) -> Vec<f32> {
    let Sizes { features, units, .. } = *sizes;
    assert_eq!(kernel.len(), features * 4 * units, "lstm: `kernel` must hold F × 4H numbers");
    assert_eq!(
        recurrent_kernel.len(),
        units * 4 * units,
        "lstm: `recurrent_kernel` must hold H × 4H numbers"
    );
    let mut data = vec![0.0; packed_len(sizes, lanes())];
    pack([kernel, recurrent_kernel], units, lanes(), &mut data);
    data
}

/// How many numbers the packed weights are.
fn packed_len(sizes: &Sizes, lanes: usize) -> usize {
    (sizes.features + sizes.units) * 4 * sizes.units.next_multiple_of(lanes)
}

/// Packs W and U into `to`.
pub(super) fn pack(weights: [&[f32]; 2], units: usize, lanes: usize, to: &mut [f32]) {
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

impl<N> Weights<'_, N> {
    /// How many rows a tile may have.
    #[inline(always)]
    pub fn max_rows(&self) -> usize {
        match self {
            Self::Packed(_) => MAX_ROWS,
            Self::InPlace => 2,
        }
    }
}

impl<'a, N: PanelNumber> Packed<'a, N> {
    /// The gates of the block of units from `unit`, of W and of U.
    #[inline(always)]
    pub fn block(&self, unit: usize, lanes: usize) -> [Panel<'a, N>; 2] {
        let (rows, gates) = (self.features + self.units, 4 / N::VECTORS);
        let block = &self.data[unit * gates * rows..][..gates * lanes * rows];
        let (kernel, recurrent_kernel) = block.split_at(self.features * gates * lanes);
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
