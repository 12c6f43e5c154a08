//! (1) differentiated for a chunk of samples at one step: from the gradients by z to those by h and x.

use crate::lstm::rows::{RowGroup, UsedRows};
use crate::lstm::{DropoutMasks, Sizes};
use crate::matmul::Panels;
use crate::simd::{BitOps, Isa, NumOps, SimdOp, load_first, store_first};
use crate::tile::{
    CONSECUTIVE, DenseRows, MAX_ROWS, MAX_VECTORS, Panel, Sums, multiply_four, multiply_one, multiply_row,
};

/// The gradient by one of the operands of (1), for the rows that use the step.
///
/// ```text
/// d[row] = Σ over gates of  m_gate[row] ⊙ (d_z_gate[row] · weights_gateᵀ)
/// ```
pub(super) struct GateProduct<'a> {
    pub sizes: Sizes,
    pub rows: UsedRows<'a>,
    /// The gradients by z of the rows, one after the other, `[rows, 4H]`.
    pub d_z: &'a [f32],
    /// The transposed weights, `[4H, n]` in panels.
    pub weights: &'a [f32],
    pub columns: Panels,
    /// `m`, of width n.
    pub masks: DropoutMasks<'a, f32>,
    /// Where the result goes: row r at `first + r · stride`.
    pub to: &'a mut [f32],
    pub first: usize,
    pub stride: usize,
}

impl SimdOp for GateProduct<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(mut self, isa: I) {
        // One chain over the four gates, or one for each gate if each has a mask of its own.
        let num_chains = if matches!(self.masks, DropoutMasks::PerGate(_)) { 4 } else { 1 };
        let rows = self.rows;
        for gate in 0..num_chains {
            let mut panels = self.columns.iter().peekable();
            while let Some(panel) = panels.next() {
                // A row alone has too few chains of additions in one panel.
                if rows.len() == 1
                    && panel.1 == MAX_VECTORS
                    && let Some(next) = panels.next_if(|next| next.1 == MAX_VECTORS)
                {
                    self.single_row(isa, gate, num_chains, [panel, next]);
                    continue;
                }
                for group in rows.groups(MAX_ROWS) {
                    let sums = self.sums(isa, gate, num_chains, &group, panel);
                    for (sums, &row) in sums[..group.rows].iter().zip(&group.index) {
                        self.finish(isa, gate, row, panel, sums);
                    }
                }
            }
        }
    }
}

impl GateProduct<'_> {
    /// The first number of z and the number of numbers that a chain runs over: all gates, or one.
    #[inline(always)]
    fn chain(&self, gate: usize, num_chains: usize) -> (usize, usize) {
        let len = 4 * self.sizes.units / num_chains;
        (gate * len, len)
    }

    /// The part of a panel that a chain runs over.
    #[inline(always)]
    fn right(&self, (first, len): (usize, usize), (column, vectors): (usize, usize)) -> Panel<'_> {
        let width = vectors * self.columns.lanes;
        Panel(&self.weights[column * 4 * self.sizes.units + first * width..][..len * width])
    }

    /// The products of some rows with the columns of a panel.
    #[inline(always)]
    fn sums<I: Isa>(
        &self,
        isa: I,
        gate: usize,
        num_chains: usize,
        group: &RowGroup,
        panel: (usize, usize),
    ) -> Sums<I::F32> {
        let mut sums = [[isa.f32().zero(); MAX_VECTORS]; MAX_ROWS];
        let stride = 4 * self.sizes.units;
        let (first, len) = self.chain(gate, num_chains);
        let left = DenseRows { data: &self.d_z[group.rank * stride + first..], stride, index: CONSECUTIVE };
        let segments = [(left, self.right((first, len), panel), len)];
        match panel.1 {
            1 => multiply_one::<I, MAX_ROWS>(isa, &mut sums, group.rows, segments),
            _ => multiply_four::<I, _, MAX_ROWS>(isa, &mut sums, group.rows, segments),
        }
        sums
    }

    /// The product of the only row with two wide panels.
    #[inline(always)]
    fn single_row<I: Isa>(&mut self, isa: I, gate: usize, num_chains: usize, panels: [(usize, usize); 2]) {
        let mut sums = [[isa.f32().zero(); MAX_VECTORS]; 2];
        let (first, len) = self.chain(gate, num_chains);
        let right = [self.right((first, len), panels[0]), self.right((first, len), panels[1])];
        multiply_row(isa, &mut sums, &self.d_z[first..][..len], right);
        let row = self.rows.iter().next().expect("there is one row");
        for (panel, sums) in panels.into_iter().zip(&sums) {
            self.finish(isa, gate, row, panel, sums);
        }
    }

    /// Writes the product of one gate (or of all) to the gradient of a row, or adds it.
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
            if gate > 0 {
                value = ops.add(load_first(ops, &to[at..]), value);
            }
            store_first(ops, value, &mut to[at..]);
        }
    }
}
