//! The products of a step differentiated for a chunk of samples: from the gradients by the sums to those by h and x.

use std::ops::Range;

use super::kept::GateGradients;
use super::{Chain, Operand, Sequences};
use crate::matmul::Panels;
use crate::recurrent::rows::{RowGroup, UsedRows};
use crate::recurrent::{DropoutMasks, Sizes};
use crate::simd::{BitOps, Isa, NumOps, SimdOp, load_first, run, store_first, without_tiny};
use crate::tile::{
    CONSECUTIVE, DenseRows, MAX_ROWS, MAX_VECTORS, Panel, Sums, multiply_row, multiply_vectors,
};

/// The gradients by the sums of a step, for the rows of a chunk that use it.
#[derive(Clone, Copy)]
pub(crate) struct StepBack<'a> {
    pub sequences: Sequences<'a>,
    pub kept: GateGradients,
    pub rows: UsedRows<'a>,
    /// One row after the other, `[rows, sums, H]`.
    pub d_sums: &'a [f32],
}

impl StepBack<'_> {
    /// Through the transposed U to the gradient by the units in `share` of h or r ⊙ h, `to` `[count, share]`, which is replaced or
    /// added to.
    pub fn to_h(self, operand: Operand, weights: &[f32], share: Range<usize>, to: &mut [f32], adds: bool) {
        let (units, stride) = (self.sequences.sizes.units, share.len());
        self.multiply(operand, weights, units, Target { to, columns: share, first: 0, stride, adds });
    }

    /// Through the transposed W to that by the input, which is zero where the step is not used.
    pub fn to_x(self, weights: &[f32], to: XRows) {
        let XRows { to, columns, first, stride } = to;
        for row in (0..self.rows.count).filter(|&row| !self.rows.contains(row)) {
            to[first + row * stride..][..columns.len()].fill(0.0);
        }
        let target = Target { to, columns, first, stride, adds: false };
        self.multiply(Operand::X, weights, self.sequences.sizes.features, target);
    }

    fn multiply(self, operand: Operand, weights: &[f32], n: usize, target: Target) {
        if self.rows.is_empty() {
            return;
        }
        let Self { sequences, kept, rows, d_sums } = self;
        run(GateProduct {
            sizes: sequences.sizes,
            rows,
            d_sums,
            sums: kept.layout.sums(),
            chains: kept.layout.chains(operand),
            weights,
            gates: kept.layout.gates,
            columns: Panels { n, lanes: kept.lanes },
            masks: sequences.masks(operand),
            target,
        });
    }
}

/// Where the gradients by some features of a step go.
pub(crate) struct XRows<'a> {
    pub to: &'a mut [f32],
    /// The features.
    pub columns: Range<usize>,
    /// Row r starts at `first + r · stride`.
    pub first: usize,
    pub stride: usize,
}

/// Where a gradient goes.
struct Target<'a> {
    to: &'a mut [f32],
    /// Which of the n columns go there; they start and end where panels do.
    columns: Range<usize>,
    /// Row r starts at `first + r · stride`.
    first: usize,
    stride: usize,
    /// Whether it is added to what is there.
    adds: bool,
}

/// The gradient by one of the operands of the products, for the rows that use the step.
///
/// ```text
/// d[row] = Σ over gates of  m_gate[row] ⊙ (d_sum of the gate[row] · weights_gateᵀ)
/// ```
struct GateProduct<'a> {
    sizes: Sizes,
    rows: UsedRows<'a>,
    /// The gradients by the sums of the rows, one row after the other, `[rows, sums, H]`.
    d_sums: &'a [f32],
    /// How many sums a row has.
    sums: usize,
    /// What of them goes through the weights.
    chains: &'static [Chain],
    /// The transposed weights, `[GH, n]` in panels, and G.
    weights: &'a [f32],
    gates: usize,
    columns: Panels,
    /// `m`, of width n.
    masks: DropoutMasks<'a, f32>,
    target: Target<'a>,
}

impl SimdOp for GateProduct<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(mut self, isa: I) {
        let per_gate = matches!(self.masks, DropoutMasks::PerGate(_)) && self.gates > 1;
        for &Chain { sum, gate, count } in self.chains {
            // One sum over the gates, or one for each gate if each has a mask of its own.
            let (num_parts, count) = if per_gate { (count, 1) } else { (1, count) };
            for part in 0..num_parts {
                self.add_chain(isa, Chain { sum: sum + part, gate: gate + part, count });
            }
        }
    }
}

impl GateProduct<'_> {
    /// What goes through the columns of a chain.
    #[inline(always)]
    fn add_chain<I: Isa>(&mut self, isa: I, chain: Chain) {
        let rows = self.rows;
        let share = self.target.columns.clone();
        let mut panels = self.columns.iter().filter(|panel| share.contains(&panel.0)).peekable();
        while let Some(panel) = panels.next() {
            // A row alone has too few chains of additions in one panel.
            if rows.len() == 1
                && panel.1 == MAX_VECTORS
                && let Some(next) = panels.next_if(|next| next.1 == MAX_VECTORS)
            {
                self.single_row(isa, chain, [panel, next]);
                continue;
            }
            for group in rows.groups(isa, MAX_ROWS) {
                let sums = self.sums(isa, chain, &group, panel);
                for (sums, &row) in sums[..group.rows].iter().zip(&group.index) {
                    self.finish(isa, chain.gate, row, panel, sums);
                }
            }
        }
        self.target.adds = true;
    }

    /// The part of a panel that a chain runs over.
    #[inline(always)]
    fn right(&self, chain: Chain, (column, vectors): (usize, usize)) -> Panel<'_> {
        let (width, units) = (vectors * self.columns.lanes, self.sizes.units);
        let panel = &self.weights[column * self.gates * units..];
        Panel(&panel[chain.gate * units * width..][..chain.count * units * width])
    }

    /// The products of some rows with the columns of a panel.
    #[inline(always)]
    fn sums<I: Isa>(&self, isa: I, chain: Chain, group: &RowGroup, panel: (usize, usize)) -> Sums<I::F32> {
        let mut sums = [[isa.f32().zero(); MAX_VECTORS]; MAX_ROWS];
        let units = self.sizes.units;
        let (first, stride) = (chain.sum * units, self.sums * units);
        let left =
            DenseRows { data: &self.d_sums[group.rank * stride + first..], stride, index: CONSECUTIVE };
        let segments = [(left, self.right(chain, panel), chain.count * units)];
        multiply_vectors::<I, MAX_ROWS>(isa, &mut sums, group.rows, panel.1, segments);
        sums
    }

    /// The product of the only row with two wide panels.
    #[inline(always)]
    fn single_row<I: Isa>(&mut self, isa: I, chain: Chain, panels: [(usize, usize); 2]) {
        let mut sums = [[isa.f32().zero(); MAX_VECTORS]; 2];
        let right = [self.right(chain, panels[0]), self.right(chain, panels[1])];
        let units = self.sizes.units;
        multiply_row::<I, MAX_VECTORS>(
            isa,
            &mut sums,
            &self.d_sums[chain.sum * units..][..chain.count * units],
            right,
        );
        let row = self.rows.iter().next().expect("there is one row");
        for (panel, sums) in panels.into_iter().zip(&sums) {
            self.finish(isa, chain.gate, row, panel, sums);
        }
    }

    /// Writes the product of one gate, or of several, to the gradient of a row, or adds it.
    #[inline(always)]
    fn finish<I: Isa>(
        &mut self,
        isa: I,
        gate: usize,
        row: usize,
        (column, vectors): (usize, usize),
        sums: &[I::F32; MAX_VECTORS],
    ) {
        let ops = isa.f32();
        let n = self.columns.n;
        let sample = self.rows.first + row;
        let batch = self.sizes.batch;
        let mask = self.masks.row(gate, sample, batch, n);
        let Target { to, columns, first, stride, adds } = &mut self.target;
        let to = &mut to[*first + row * *stride..][..columns.len()];
        for (v, &sum) in sums[..vectors].iter().enumerate() {
            let mut value = sum;
            if let Some(mask) = mask {
                value = ops.mul(sum, load_first(ops, &mask[column + v * ops.len()..]));
            }
            let at = column - columns.start + v * ops.len();
            if *adds {
                value = ops.add(load_first(ops, &to[at..]), value);
            }
            store_first(ops, without_tiny(ops, value), &mut to[at..]);
        }
    }
}
