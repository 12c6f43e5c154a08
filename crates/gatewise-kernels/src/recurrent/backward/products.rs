//! The products of a step differentiated for a chunk of samples: from the gradients by the sums to those by h and x.

use super::Chain;
use crate::matmul::Panels;
use crate::recurrent::rows::{RowGroup, UsedRows};
use crate::recurrent::{DropoutMasks, Sizes};
use crate::simd::{BitOps, Isa, NumOps, SimdOp, load_first, store_first};
use crate::tile::{
    CONSECUTIVE, DenseRows, MAX_ROWS, MAX_VECTORS, Panel, Sums, multiply_row, multiply_vectors,
};

/// The gradient by one of the operands of the products, for the rows that use the step.
///
/// ```text
/// d[row] = Σ over gates of  m_gate[row] ⊙ (d_sum of the gate[row] · weights_gateᵀ)
/// ```
pub(crate) struct GateProduct<'a> {
    pub sizes: Sizes,
    pub rows: UsedRows<'a>,
    /// The gradients by the sums of the rows, one row after the other, `[rows, sums, H]`.
    pub d_z: &'a [f32],
    /// How many sums a row has.
    pub sums: usize,
    /// What of them goes through the weights.
    pub chains: &'static [Chain],
    /// The transposed weights, `[GH, n]` in panels, and G.
    pub weights: &'a [f32],
    pub gates: usize,
    pub columns: Panels,
    /// `m`, of width n.
    pub masks: DropoutMasks<'a, f32>,
    /// Where the result goes: row r at `first + r · stride`.
    pub to: &'a mut [f32],
    pub first: usize,
    pub stride: usize,
    /// Whether the result is added to what is there.
    pub adds: bool,
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
        let mut panels = self.columns.iter().peekable();
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
        self.adds = true;
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
        let left = DenseRows { data: &self.d_z[group.rank * stride + first..], stride, index: CONSECUTIVE };
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
            &self.d_z[chain.sum * units..][..chain.count * units],
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
        let to = &mut self.to[self.first + row * self.stride..][..n];
        for (v, &sum) in sums[..vectors].iter().enumerate() {
            let at = column + v * ops.len();
            let mut value = sum;
            if let Some(mask) = mask {
                value = ops.mul(sum, load_first(ops, &mask[at..]));
            }
            if self.adds {
                value = ops.add(load_first(ops, &to[at..]), value);
            }
            store_first(ops, value, &mut to[at..]);
        }
    }
}
