//! (1) differentiated for a chunk of samples at one step: from the gradients by z to those by h and x.

use super::run::Call;
use crate::lstm::{DropoutMasks, Sizes};
use crate::matmul::{Block, Left, Panels, Right, Start, Target};
use crate::tile::DenseRows;

/// The gradient by one of the operands of (1).
///
/// ```text
/// d[row] = Σ over gates of  m_gate[row] ⊙ (d_z_gate[row] · weights_gateᵀ)
/// ```
pub(super) struct Side<'a> {
    /// The transposed weights, `[4H, n]` in panels.
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
    /// Computes the gradients of `count` samples from `d_z` `[count, 4H]`; `product` `[count, n]` is scratch.
    #[inline(always)]
    pub fn run(mut self, call: &Call, step: StepOfChunk, d_z: &[f32], product: &mut [f32]) {
        let units = call.layer.sizes.units;
        let Panels { n, .. } = self.columns;
        // One chain over the four gates, or one for each gate if each has a mask of its own.
        let num_chains = if matches!(self.masks, DropoutMasks::PerGate(_)) { 4 } else { 1 };
        let len = 4 * units / num_chains;
        for gate in 0..num_chains {
            let left = DenseRows { data: &d_z[gate * len..], stride: 4 * units };
            let right = Right::Packed { data: self.weights, all_k: 4 * units, first_k: gate * len };
            let block =
                Block { left: Left::Dense(left), right, columns: self.columns, len, start: Start::Zero };
            block.run(Target { data: product, stride: n, rows: step.count });
            for row in 0..step.count {
                self.add(call, step, gate, row, &product[row * n..][..n]);
            }
        }
    }

    /// Adds the product of one gate (or of all) to the gradient of a row.
    #[inline(always)]
    fn add(&mut self, call: &Call, step: StepOfChunk, gate: usize, row: usize, product: &[f32]) {
        let Sizes { batch, steps, .. } = call.layer.sizes;
        let sample = step.first + row;
        let to = &mut self.data[self.first + row * self.stride..][..self.columns.n];
        if !call.inputs.is_used(sample, step.time, steps) {
            if !self.keeps_unused {
                to.fill(0.0);
            }
            return;
        }
        let Some(mask) = self.masks.row(gate, sample, batch, self.columns.n) else {
            return to.copy_from_slice(product);
        };
        if gate == 0 {
            to.fill(0.0);
        }
        to.iter_mut().zip(product).zip(mask).for_each(|((to, product), mask)| *to += product * mask);
    }
}

/// A step of a chunk of samples.
#[derive(Clone, Copy)]
pub(super) struct StepOfChunk {
    /// The number of the first sample in the batch, and how many there are.
    pub first: usize,
    pub count: usize,
    /// The time of the step in the input.
    pub time: usize,
}
