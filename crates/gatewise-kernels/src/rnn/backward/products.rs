//! The products of a step differentiated for a chunk of samples: from the gradients by the sums to those by h and x.

use super::run::Call;
use crate::matmul::{Block, Left, Panels, Right, Start, Target};
use crate::rnn::{CANDIDATE, DropoutMasks, INNER, Kind, Sizes};
use crate::tile::{CONSECUTIVE, DenseRows};

/// Blocks of columns of the weights whose sums lie side by side, so that their product is one chain.
#[derive(Clone, Copy)]
pub(super) struct Chain {
    /// The first sum.
    sum: usize,
    /// The first block of columns, which is also the number of its mask.
    gate: usize,
    /// How many there are.
    count: usize,
}

impl Chain {
    /// What x goes into.
    pub fn of_input(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Simple => &[Self { sum: 0, gate: 0, count: 1 }],
            Kind::ResetAfter | Kind::ResetBefore => &[Self { sum: 0, gate: 0, count: 3 }],
        }
    }

    /// What h goes into; r ⊙ h is no part of it.
    pub fn of_state(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Simple => &[Self { sum: 0, gate: 0, count: 1 }],
            Kind::ResetAfter => {
                &[Self { sum: 0, gate: 0, count: 2 }, Self { sum: INNER, gate: CANDIDATE, count: 1 }]
            }
            Kind::ResetBefore => &[Self { sum: 0, gate: 0, count: 2 }],
        }
    }

    /// What r ⊙ h goes into where the reset gate comes before the product.
    pub fn of_reset() -> &'static [Self] {
        &[Self { sum: CANDIDATE, gate: CANDIDATE, count: 1 }]
    }

    /// The blocks one by one.
    fn gates(self) -> impl Iterator<Item = Self> {
        (0..self.count).map(move |n| Self { sum: self.sum + n, gate: self.gate + n, count: 1 })
    }
}

/// The gradient by one of the operands of the products.
///
/// ```text
/// d[row] = Σ over gates of  m_gate[row] ⊙ (d_sum[row] · weights_gateᵀ)
/// ```
pub(super) struct Side<'a> {
    /// The transposed weights, `[GH, n]` in panels.
    pub weights: &'a [f32],
    pub columns: Panels,
    /// `m`, of width n.
    pub masks: DropoutMasks<'a, f32>,
    /// Where the result goes: row r at `first + r · stride`.
    pub data: &'a mut [f32],
    pub first: usize,
    pub stride: usize,
    /// Whether the result is added to what is there; rows whose step is not used become zero otherwise.
    pub adds: bool,
}

impl Side<'_> {
    /// Computes the gradients of the samples of a step from `d_sums` `[count, sums, H]`, which is zero for samples that do
    /// not use it; `product` `[count, n]` is scratch.
    pub fn run(
        mut self,
        call: &Call,
        step: StepOfChunk,
        chains: &[Chain],
        d_sums: &[f32],
        product: &mut [f32],
    ) {
        if !self.adds {
            for row in 0..step.count {
                self.data[self.first + row * self.stride..][..self.columns.n].fill(0.0);
            }
        }
        for &chain in chains {
            match self.masks {
                DropoutMasks::None => self.add_plain(call, step, chain, d_sums),
                DropoutMasks::Shared(_) => self.add_masked(call, step, chain, d_sums, product),
                DropoutMasks::PerGate(_) => {
                    chain.gates().for_each(|gate| self.add_masked(call, step, gate, d_sums, product));
                }
            }
        }
    }

    /// The product of a chain, whose sums go on from what is there.
    fn add_plain(&mut self, call: &Call, step: StepOfChunk, chain: Chain, d_sums: &[f32]) {
        let (stride, data) = (self.stride, &mut self.data[self.first..]);
        let target = Target { data, stride, rows: step.count };
        block(call, chain, self.weights, self.columns, d_sums, Start::Target).run(target);
    }

    fn add_masked(
        &mut self,
        call: &Call,
        step: StepOfChunk,
        chain: Chain,
        d_sums: &[f32],
        product: &mut [f32],
    ) {
        let (n, Sizes { batch, steps, .. }) = (self.columns.n, call.layer.sizes);
        let target = Target { data: &mut *product, stride: n, rows: step.count };
        block(call, chain, self.weights, self.columns, d_sums, Start::Zero).run(target);
        for row in 0..step.count {
            let sample = step.first + row;
            let mask = self.masks.row(chain.gate, sample, batch, n).expect("there are masks");
            if call.inputs.is_used(sample, step.time, steps) {
                let to = &mut self.data[self.first + row * self.stride..][..n];
                let product = &product[row * n..][..n];
                to.iter_mut().zip(product).zip(mask).for_each(|((to, product), mask)| *to += product * mask);
            }
        }
    }
}

/// The product of a chain of sums with the transposed weights.
fn block<'a>(
    call: &Call,
    chain: Chain,
    weights: &'a [f32],
    columns: Panels,
    d_sums: &'a [f32],
    start: Start<'a>,
) -> Block<'a> {
    let (kind, units) = (call.layer.kind, call.layer.sizes.units);
    let len = chain.count * units;
    let left =
        DenseRows { data: &d_sums[chain.sum * units..], stride: kind.sums() * units, index: CONSECUTIVE };
    let right = Right::Packed { data: weights, all_k: kind.gates() * units, first_k: chain.gate * units };
    Block { left: Left::Dense(left), right, columns, len, start }
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
