//! What the forward pass keeps for the backward pass.
//!
//! One slice, cut into arrays whose step index is the time in the input (not the order of processing):
//!
//! ```text
//! gates       [B, T, 4H]   i, f, g, o after their activations
//! c           [B, T, H]    the cell state after the step
//! phi_c       [B, T, H]    φ(c)
//! previous_h  [B, T, H]    the hidden state before the step, without dropout
//! z           [B, T, 4H]   before the activations; only with a custom activation, which may need it
//! ```
//!
//! At skipped steps only `c` and `previous_h` have a meaning.

use super::Sizes;
use crate::Real;
use crate::activation::Activation;

/// How many numbers the forward pass keeps for the backward pass.
pub fn record_len<F: Real>(
    sizes: &Sizes,
    activation: &Activation<F>,
    recurrent_activation: &Activation<F>,
) -> usize {
    let custom = activation.is_custom() || recurrent_activation.is_custom();
    sizes.batch * sizes.steps * sizes.units * if custom { 11 } else { 7 }
}

/// The arrays of a record, to be read.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a, F> {
    pub gates: &'a [F],
    pub c: &'a [F],
    pub phi_c: &'a [F],
    pub previous_h: &'a [F],
    /// Empty without a custom activation.
    pub z: &'a [F],
}

impl<'a, F> Record<'a, F> {
    /// Cuts `record` into its arrays.
    pub fn new(record: &'a [F], sizes: &Sizes) -> Self {
        let n = sizes.batch * sizes.steps * sizes.units;
        let (gates, rest) = record.split_at(4 * n);
        let (c, rest) = rest.split_at(n);
        let (phi_c, rest) = rest.split_at(n);
        let (previous_h, z) = rest.split_at(n);
        Self { gates, c, phi_c, previous_h, z }
    }
}

/// The arrays of a record, to be written.
pub(crate) struct RecordMut<'a, F> {
    pub gates: &'a mut [F],
    pub c: &'a mut [F],
    pub phi_c: &'a mut [F],
    pub previous_h: &'a mut [F],
    /// Empty without a custom activation.
    pub z: &'a mut [F],
}

impl<'a, F> RecordMut<'a, F> {
    /// Cuts `record` into its arrays.
    pub fn new(record: &'a mut [F], sizes: &Sizes) -> Self {
        let n = sizes.batch * sizes.steps * sizes.units;
        let (gates, rest) = record.split_at_mut(4 * n);
        let (c, rest) = rest.split_at_mut(n);
        let (phi_c, rest) = rest.split_at_mut(n);
        let (previous_h, z) = rest.split_at_mut(n);
        Self { gates, c, phi_c, previous_h, z }
    }
}

impl<'a> RecordMut<'a, f32> {
    /// The record of the first `count` samples, and of the others.
    pub fn split_at(self, count: usize, sizes: &Sizes) -> (Self, Self) {
        let n = count * sizes.steps * sizes.units;
        let (gates, other_gates) = self.gates.split_at_mut(4 * n);
        let (c, other_c) = self.c.split_at_mut(n);
        let (phi_c, other_phi_c) = self.phi_c.split_at_mut(n);
        let (previous_h, other_previous_h) = self.previous_h.split_at_mut(n);
        let (z, other_z) = self.z.split_at_mut(if self.z.is_empty() { 0 } else { 4 * n });
        let others = Self {
            gates: other_gates,
            c: other_c,
            phi_c: other_phi_c,
            previous_h: other_previous_h,
            z: other_z,
        };
        (Self { gates, c, phi_c, previous_h, z }, others)
    }
}
