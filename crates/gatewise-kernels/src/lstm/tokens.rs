//! Sequences of tokens, each of which stands for a row of an embedding.
//!
//! For each row E of the embedding what comes before the product with h in (1), `b + E · W`, is the same at every step, so that
//! it is computed once. It is one chain of additions in the order of k as in the layer itself, so that the sums have the same
//! bits.
//!
//! ```text
//! row of the embedding   0                 1         …
//! table                  [blocks][4][L]    [4H in the same order] …    zeros fill the last block
//! ```

use super::weights::pack;
use crate::matmul::{Product, matmul, workspace_len};
use crate::simd::{Isa, lanes};
use crate::tile::{MAX_VECTORS, PanelNumber};

/// What the sums of a step start from for each row of an embedding.
#[derive(Clone, Debug)]
pub struct TokenTable {
    data: Vec<f32>,
    units: usize,
    lanes: usize,
}

/// What a layer is applied to instead of an embedding's rows.
#[derive(Clone, Copy, Debug)]
pub struct Tokens<'a> {
    /// The table of the embedding and the layer.
    pub table: &'a TokenTable,
    /// The numbers of rows of the embedding, `[B, T]`.
    pub tokens: &'a [f32],
}

impl TokenTable {
    /// From the rows of `embeddings` `[V, D]`, `kernel` `[D, 4H]` and `bias` `[4H]`, for the current instruction set.
    pub fn new(embeddings: &[f32], kernel: &[f32], bias: Option<&[f32]>, units: usize) -> Self {
        let (columns, lanes) = (4 * units, lanes());
        let features = kernel.len() / columns;
        let product = Product::new(embeddings.len().checked_div(features).unwrap_or(0), features, columns);
        let mut sums = vec![0.0; product.m * columns];
        let mut workspace = vec![0.0; workspace_len(&product)];
        matmul(&product, embeddings, kernel, bias, &mut sums, &mut workspace);
        let row_len = row_len(units, lanes);
        let mut data = vec![0.0; product.m * row_len];
        for (sums, to) in sums.chunks_exact(columns).zip(data.chunks_exact_mut(row_len)) {
            pack([sums, &[]], units, lanes, to);
        }
        Self { data, units, lanes }
    }

    /// Whether it was made for a layer of so many units and the current instruction set.
    pub(super) fn fits(&self, units: usize) -> bool {
        (self.units, self.lanes) == (units, lanes())
    }
}

impl Tokens<'_> {
    /// The four gates of the block of units from `unit` for the token with this number.
    #[inline(always)]
    pub(super) fn start<I: Isa>(&self, isa: I, token: usize, unit: usize) -> [I::F32; 4] {
        let table = self.table;
        let row = self.tokens[token] as usize * row_len(table.units, table.lanes);
        f32::vectors::<I, MAX_VECTORS>(isa, &table.data[row + 4 * unit..], 0)
    }
}

/// How many numbers a row of a table takes.
fn row_len(units: usize, lanes: usize) -> usize {
    4 * units.next_multiple_of(lanes)
}
