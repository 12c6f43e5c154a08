//! (1) differentiated for a chunk of samples at one step: from the gradients by z to those by h and x.

use super::run::Call;
use crate::lstm::{DropoutMasks, Sizes};
use crate::matmul::Panels;
use crate::simd::{BitOps, Isa, NumOps, store_first};
use crate::tile::{DenseRows, MAX_ROWS, MAX_VECTORS, Panel, Sums, load_row, multiply, parts};

/// The gradient by one of the operands of (1).
///
/// ```text
/// d[row] = Σ over gates of  m_gate[row] ⊙ (d_z_gate[row] · weights_gateᵀ)
/// ```
pub(super) struct Side<'a> {
    /// The transposed weights, [4H, n] in panels.
    pub weights: &'a [f32],
    pub columns: Panels,
    /// `m`, of width n.
    pub masks: DropoutMasks<'a, f32>,
    /// Where the result goes: row r at `first + r · stride`.
    pub data: &'a mut [f32],
    pub first: usize,
    pub stride: usize,
    /// Whether rows whose step is not used keep what they hold; they become zero otherwise.
    pub keeps_unused: bool,
}

impl Side<'_> {
    /// Computes the gradients of `samples` (first, count) from `d_z` [count, 4H].
    #[inline(always)]
    pub fn run<I: Isa>(self, isa: I, call: &Call, samples: (usize, usize), time: usize, d_z: &[f32]) {
        let ops = isa.f32();
        let (first, count) = samples;
        let steps = call.layer.sizes.steps;
        for (column, vectors) in self.columns.iter() {
            for (row, rows) in parts(count, MAX_ROWS) {
                let rows_d_z = &d_z[row * 4 * call.layer.sizes.units..];
                let sums = self.sum_over_gates(isa, call, (first + row, rows), (column, vectors), rows_d_z);
                for (r, sums) in sums[..rows].iter().enumerate() {
                    let used = call.inputs.is_used(first + row + r, time, steps);
                    if !used && self.keeps_unused {
                        continue;
                    }
                    let start = self.first + (row + r) * self.stride;
                    let to = &mut self.data[start + column..start + self.columns.n];
                    for (to, &sum) in to.chunks_mut(ops.len()).zip(&sums[..vectors]) {
                        store_first(ops, if used { sum } else { ops.zero() }, to);
                    }
                }
            }
        }
    }

    /// One chain over the four gates, or one for each gate if each has a mask of its own.
    #[inline(always)]
    fn sum_over_gates<I: Isa>(
        &self,
        isa: I,
        call: &Call,
        (sample, rows): (usize, usize),
        (column, vectors): (usize, usize),
        d_z: &[f32],
    ) -> Sums<I::F32> {
        let ops = isa.f32();
        let Sizes { batch, units, .. } = call.layer.sizes;
        let num_chains = if matches!(self.masks, DropoutMasks::PerGate(_)) { 4 } else { 1 };
        let len = 4 * units / num_chains;
        let width = vectors * ops.len();
        let zero = [[ops.zero(); MAX_VECTORS]; MAX_ROWS];
        let mut total = zero;
        for gate in 0..num_chains {
            let left = DenseRows { data: &d_z[gate * len..], stride: 4 * units, len };
            let right = Panel(&self.weights[column * 4 * units + gate * len * width..][..len * width]);
            let mut sums = zero;
            multiply(isa, &mut sums, (rows, vectors), len, left, right);
            for (r, (sums, total)) in sums[..rows].iter().zip(&mut total).enumerate() {
                let Some(mask) = self.masks.row(gate, sample + r, batch, self.columns.n) else {
                    *total = *sums;
                    continue;
                };
                let mut factors = [ops.zero(); MAX_VECTORS];
                load_row(ops, &mask[column..], &mut factors);
                for (total, (&factor, &sum)) in total.iter_mut().zip(factors.iter().zip(sums)) {
                    *total = ops.mul_add(factor, sum, *total);
                }
            }
        }
        total
    }
}
