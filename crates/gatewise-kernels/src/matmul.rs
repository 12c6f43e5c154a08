//! Products of matrices whose bits depend on nothing but the numbers.

mod block;
mod columns;
mod panels;
pub mod reference;
mod task;
#[cfg(test)]
mod tests;

pub(crate) use block::{Block, Left, Right, Start, Target};
pub(crate) use panels::{Matrix, Panels};

use crate::simd::lanes;
use crate::tile::MAX_ROWS;
use columns::Columns;
use task::{LeftOperand, RightOperand, RowTask, rows_per_task};

/// The shape of a product `c = a · b`, with `c` `[m, n]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// Rows of `c`.
    pub m: usize,
    /// Length of the sum.
    pub k: usize,
    /// Columns of `c`.
    pub n: usize,
    /// `a` is stored as `[k, m]` instead of `[m, k]`.
    pub a_transposed: bool,
    /// `b` is stored as `[n, k]` instead of `[k, n]`.
    pub b_transposed: bool,
    /// The sums start from what `c` holds instead of from zero or the bias.
    pub accumulate: bool,
}

impl Product {
    /// The plain product of `a` `[m, k]` and `b` `[k, n]`.
    pub fn new(m: usize, k: usize, n: usize) -> Self {
        Self { m, k, n, a_transposed: false, b_transposed: false, accumulate: false }
    }

    fn check<F>(&self, a: &[F], b: &[F], bias: Option<&[F]>, c: &[F]) {
        let Self { m, k, n, .. } = *self;
        assert_eq!(a.len(), m * k, "matmul: `a` must hold m × k = {m} × {k} numbers");
        assert_eq!(b.len(), k * n, "matmul: `b` must hold k × n = {k} × {n} numbers");
        assert_eq!(c.len(), m * n, "matmul: `c` must hold m × n = {m} × {n} numbers");
        if let Some(bias) = bias {
            assert_eq!(bias.len(), n, "matmul: `bias` must hold n = {n} numbers");
            assert!(!self.accumulate, "matmul: sums start from `c` or from `bias`, not from both");
        }
    }
}

/// How many numbers of scratch [`matmul`] needs for a product of this shape.
pub fn workspace_len(product: &Product) -> usize {
    match reads_right_in_place(product) {
        true => 0,
        false => product.k * columns(product).padded(),
    }
}

/// Writes the product of `a` `[m, k]` and `b` `[k, n]` to `c` `[m, n]`, summed from `bias` `[n]`, `c` or zero.
///
/// Each element is one chain of fused multiply-adds over k in increasing order, so its bits are those of
/// [`reference::matmul`] wherever the CPU can fuse. `workspace` holds at least [`workspace_len`] numbers.
pub fn matmul(
    product: &Product,
    a: &[f32],
    b: &[f32],
    bias: Option<&[f32]>,
    c: &mut [f32],
    workspace: &mut [f32],
) {
    product.check(a, b, bias, c);
    assert!(workspace.len() >= workspace_len(product), "matmul: `workspace` is too short");
    let Product { m, k, n, .. } = *product;
    if m == 0 || n == 0 {
        return;
    }
    let start = match bias {
        Some(bias) => Start::Bias(bias),
        None if product.accumulate => Start::Target,
        None => Start::Zero,
    };
    let columns = columns(product);
    let left = match product.a_transposed {
        true => LeftOperand::Columns(Columns { data: a, m }),
        false => LeftOperand::Rows(a),
    };
    let right = if reads_right_in_place(product) {
        RightOperand::InPlace(b)
    } else {
        columns.pack(right_matrix(product, b), k, workspace);
        RightOperand::Packed(workspace)
    };
    let rows = RowTask { left, right, k, columns, start, first_row: 0, c, stride: n };
    rows.run_in_parts(rows_per_task(m, k * n));
}

/// The right operand of products in the order in which tiles read it, for many products with the same one.
#[derive(Clone, Debug)]
pub struct PackedRight {
    data: Vec<f32>,
    lanes: usize,
    k: usize,
    n: usize,
}

impl PackedRight {
    /// Packs `b` of a product of this shape, for the current instruction set.
    pub fn new(product: &Product, b: &[f32]) -> Self {
        let columns = columns(product);
        let mut data = vec![0.0; product.k * columns.padded()];
        columns.pack(right_matrix(product, b), product.k, &mut data);
        Self { data, lanes: columns.lanes, k: product.k, n: product.n }
    }
}

/// [`matmul`] of rows `a` `[m, k]` that are not transposed with an operand that was packed before. Gives the same bits.
pub fn matmul_packed(product: &Product, a: &[f32], b: &PackedRight, bias: Option<&[f32]>, c: &mut [f32]) {
    let Product { m, k, n, .. } = *product;
    let columns = columns(product);
    assert!(
        !product.a_transposed && !product.accumulate,
        "matmul: the product has options that packing lacks"
    );
    assert_eq!((k, n, columns.lanes), (b.k, b.n, b.lanes), "matmul: `b` is packed for another product");
    assert_eq!((a.len(), c.len()), (m * k, m * n), "matmul: `a` and `c` must hold m × k and m × n numbers");
    if m == 0 || n == 0 {
        return;
    }
    let start = bias.map_or(Start::Zero, Start::Bias);
    let (left, right) = (LeftOperand::Rows(a), RightOperand::Packed(&b.data));
    RowTask { left, right, k, columns, start, first_row: 0, c, stride: n }
        .run_in_parts(rows_per_task(m, k * n));
}

/// `b` of a product where it lies.
fn right_matrix<'a>(product: &Product, b: &'a [f32]) -> Matrix<'a> {
    let (row_stride, column_stride) = if product.b_transposed { (1, product.k) } else { (product.n, 1) };
    Matrix { data: b, row_stride, column_stride }
}

fn columns(product: &Product) -> Panels {
    Panels { n: product.n, lanes: lanes() }
}

/// Whether packing `b` would cost more than it saves: few rows read each of its numbers few times.
fn reads_right_in_place(product: &Product) -> bool {
    !product.a_transposed
        && !product.b_transposed
        && product.m <= MAX_ROWS
        && product.n.is_multiple_of(lanes())
}
