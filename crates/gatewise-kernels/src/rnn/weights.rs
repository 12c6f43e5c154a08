//! The weights in the order in which the forward pass reads them.
//!
//! ```text
//! Way::Gru     block of L units   0         1        …          zeros fill the last block
//!              stored             [k][3][L] [k][3][L] …         for each k the three gates of the block
//! otherwise    for each gate the Panels of its H columns
//! ```
//!
//! W comes first, then U. Where x is ids, rows of W are read where they lie: each is a few lines of the cache.

use super::{Layer, Sizes, Way, X};
use crate::matmul::{Matrix, Panels};
use crate::parallel::for_each_chunk;
use crate::simd::lanes;
use crate::tile::Panel;

/// How many samples times steps read the weights where they lie: packing them would cost more than it saves.
const MAX_ROW_STEPS_IN_PLACE: usize = 4;

/// The weights as the forward pass reads them.
#[derive(Clone, Copy)]
pub(super) enum Weights<'a> {
    /// In the order of vectors.
    Packed(Packed<'a>),
    /// As the layer has them.
    InPlace,
}

/// The weights in the order of vectors.
#[derive(Clone, Copy)]
pub(super) struct Packed<'a> {
    /// W and U.
    parts: [&'a [f32]; 2],
    packing: Packing,
}

/// The weights of a layer in the order in which the forward pass reads them, for many calls of
/// [`forward_packed`](super::forward_packed) with the same weights.
#[derive(Clone, Debug)]
pub struct PackedWeights {
    data: Vec<f32>,
    packing: Packing,
}

impl PackedWeights {
    /// Packs the weights of a layer for the current instruction set.
    pub fn new(layer: &Layer<f32>) -> Self {
        Self::with(Packing::new(layer, &layer.sizes, lanes()), layer)
    }

    /// The same of a layer on [ids](X::Ids), whose kernel is read where it lies.
    pub fn of_ids(layer: &Layer<f32>) -> Self {
        Self::with(Packing::new(layer, &X::<f32>::Ids(&[]).multiplied(&layer.sizes), lanes()), layer)
    }

    fn with(packing: Packing, layer: &Layer<f32>) -> Self {
        let (Sizes { features, units, .. }, columns) = (layer.sizes, packing.gates * packing.units);
        assert_eq!(layer.kernel.len(), features * columns, "rnn: `kernel` must hold F × GH numbers");
        let expected = units * columns;
        assert_eq!(
            layer.recurrent_kernel.len(),
            expected,
            "rnn: `recurrent_kernel` must hold H × GH numbers"
        );
        let mut data = vec![0.0; packing.len()];
        packing.pack(layer, &mut data);
        Self { data, packing }
    }

    /// The weights, which must have been packed for such a layer, these sizes and this instruction set.
    pub(super) fn weights(&self, layer: &Layer<f32>, x: X<f32>, lanes: usize) -> Weights<'_> {
        let needed = Packing::new(layer, &x.multiplied(&layer.sizes), lanes);
        assert_eq!(self.packing, needed, "rnn: the weights are packed for other sizes or instructions");
        Weights::Packed(needed.parts(&self.data))
    }
}

/// How the weights of a layer are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Packing {
    way: Way,
    gates: usize,
    features: usize,
    units: usize,
    lanes: usize,
}

impl Packing {
    /// For a layer of these sizes, as far as something is multiplied.
    fn new(layer: &Layer<f32>, &Sizes { features, units, .. }: &Sizes, lanes: usize) -> Self {
        let (way, gates) = (layer.way(), layer.kind.gates());
        Self { way, gates, features, units, lanes }
    }

    fn columns(self) -> Panels {
        Panels { n: self.units, lanes: self.lanes }
    }

    /// How many numbers `rows` rows of weights take.
    fn len_of(self, rows: usize) -> usize {
        rows * self.gates * self.columns().padded()
    }

    fn len(self) -> usize {
        self.len_of(self.features + self.units)
    }

    fn parts(self, data: &[f32]) -> Packed<'_> {
        Packed { parts: data.split_at(self.len_of(self.features)).into(), packing: self }
    }

    /// Packs W and U into `to`.
    fn pack(self, layer: &Layer<f32>, to: &mut [f32]) {
        let (kernel, recurrent_kernel) = to.split_at_mut(self.len_of(self.features));
        for (weights, to) in [(layer.kernel, kernel), (layer.recurrent_kernel, recurrent_kernel)] {
            match (to.is_empty(), self.way) {
                (true, _) => {}
                (false, Way::Gru) => self.pack_blocks(weights, to),
                (false, Way::Simple | Way::Rows) => self.pack_panels(weights, to),
            }
        }
    }

    fn pack_blocks(self, weights: &[f32], to: &mut [f32]) {
        let Self { gates, units, lanes, .. } = self;
        let num_rows = weights.len() / (gates * units);
        for_each_chunk(to, num_rows * gates * lanes, |block, to| {
            let unit = block * lanes;
            let len = lanes.min(units - unit);
            for (row, to) in weights.chunks_exact(gates * units).zip(to.chunks_exact_mut(gates * lanes)) {
                for (gate, to) in to.chunks_exact_mut(lanes).enumerate() {
                    to[..len].copy_from_slice(&row[gate * units + unit..][..len]);
                    to[len..].fill(0.0);
                }
            }
        });
    }

    fn pack_panels(self, weights: &[f32], to: &mut [f32]) {
        let width = self.gates * self.units;
        let num_rows = weights.len() / width;
        for (gate, to) in to.chunks_exact_mut(num_rows * self.columns().padded()).enumerate() {
            let block = Matrix { data: &weights[gate * self.units..], row_stride: width, column_stride: 1 };
            self.columns().pack(block, num_rows, to);
        }
    }
}

impl<'a> Weights<'a> {
    /// How many numbers of scratch the weights take.
    pub fn len(layer: &Layer<f32>, lanes: usize) -> usize {
        let row_steps = layer.sizes.batch * layer.sizes.steps;
        // Products of whole rows read panels.
        let in_place = row_steps <= MAX_ROW_STEPS_IN_PLACE && layer.way() != Way::Rows;
        if in_place { 0 } else { Packing::new(layer, &layer.sizes, lanes).len() }
    }

    /// Packs the weights into `to`, unless it is empty.
    pub fn new(layer: &Layer<f32>, x: X<f32>, lanes: usize, to: &'a mut [f32]) -> Self {
        if to.is_empty() {
            return Self::InPlace;
        }
        let packing = Packing::new(layer, &x.multiplied(&layer.sizes), lanes);
        let to = &mut to[..packing.len()];
        packing.pack(layer, to);
        Self::Packed(packing.parts(to))
    }
}

impl<'a> Packed<'a> {
    /// The three gates of the block of units from `unit`, of W and of U.
    #[inline(always)]
    pub fn block(&self, unit: usize) -> [Panel<'a>; 2] {
        let Packing { gates, features, units, lanes, .. } = self.packing;
        let [kernel, recurrent_kernel] = self.parts;
        let part = |data: &'a [f32], rows: usize| Panel(&data[unit * gates * rows..][..gates * lanes * rows]);
        [part(kernel, features), part(recurrent_kernel, units)]
    }

    /// `vectors` vectors of units from `unit` side by side, which are a panel, of W and of U of a layer with one gate.
    #[inline(always)]
    pub fn panel(&self, unit: usize, vectors: usize) -> [Panel<'a>; 2] {
        let Packing { features, units, lanes, .. } = self.packing;
        let [kernel, recurrent_kernel] = self.parts;
        let part = |data: &'a [f32], rows: usize| Panel(&data[unit * rows..][..vectors * lanes * rows]);
        [part(kernel, features), part(recurrent_kernel, units)]
    }

    /// The panels of a gate, of W and of U.
    pub fn gate(&self, gate: usize) -> [&'a [f32]; 2] {
        let (features, units, padded) =
            (self.packing.features, self.packing.units, self.packing.columns().padded());
        let [kernel, recurrent_kernel] = self.parts;
        let part = |data: &'a [f32], rows: usize| &data[gate * rows * padded..][..rows * padded];
        [part(kernel, features), part(recurrent_kernel, units)]
    }
}
